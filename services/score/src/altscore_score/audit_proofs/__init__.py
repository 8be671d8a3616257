"""Proofs that what a lender was told stands in the audit trail."""
