"""People who sign in by the identity provider and their keys."""

from ..people import clock, people

__all__ = ["clock", "people"]
