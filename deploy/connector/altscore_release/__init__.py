"""Releases of the connector: build, sign, keys."""
