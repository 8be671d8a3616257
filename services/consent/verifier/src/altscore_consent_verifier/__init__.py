"""Checks exported consent records with public keys alone."""
