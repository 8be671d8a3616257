"""Measurements of the running stack; never part of the tests."""
