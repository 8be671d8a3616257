"""Callers that the vault refuses: audited one by one up to a bound, then by their number."""
