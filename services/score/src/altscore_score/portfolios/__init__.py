"""What a lender's dashboard shows of all its retailers."""
