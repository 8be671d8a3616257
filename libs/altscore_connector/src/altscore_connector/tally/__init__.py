"""Reads Tally Prime over its XML port."""
