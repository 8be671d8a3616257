"""Limits of lenders' calls."""
