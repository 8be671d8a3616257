"""A lender's own access: quotas and credentials."""
