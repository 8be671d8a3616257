"""Phones of retailers: which of them are confirmed, whose they are, and where to write to."""
