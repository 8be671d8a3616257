"""Operators sign in at the one identity provider that the settings name."""
