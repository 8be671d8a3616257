"""What a lender's dashboard shows of its own access: quotas and credentials."""
