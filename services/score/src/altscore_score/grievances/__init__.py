"""Complaints about a score."""
