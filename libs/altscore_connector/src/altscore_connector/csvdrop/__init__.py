"""Reads CSV files from a drop folder."""
