"""Whether score grants access as it was ordered: lenders and orders of admin, of score and of the audit trail."""
