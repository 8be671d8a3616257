"""Retailers' scores."""
