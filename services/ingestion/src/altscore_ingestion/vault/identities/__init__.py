"""Retailers and the ledgers that distributors keep about them."""
