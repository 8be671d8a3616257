"""One retailer's score, as a person at a lender sees it: a disclosure like any other."""
