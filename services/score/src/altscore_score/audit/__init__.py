"""Audit entries of this service."""
