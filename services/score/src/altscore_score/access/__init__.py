"""Lenders' access: who calls, what operators order, what is revoked."""
