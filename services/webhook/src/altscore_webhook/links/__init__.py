"""Phones that no retailer is linked to yet: the vault is asked whose they are, and what nobody's is goes."""
