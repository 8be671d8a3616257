"""Where a lender's people sign in, as operators say it."""
