"""Erasures of retailers: the notice of 48 hours, two persons, the vault's certificate, what each store reports."""
