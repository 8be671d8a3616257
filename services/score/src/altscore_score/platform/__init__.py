"""Machinery of the measured hot path."""
