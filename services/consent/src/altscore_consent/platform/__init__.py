"""Machinery of the check's hot path."""
