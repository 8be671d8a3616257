"""From a GSTIN to a retailer id."""
