"""Erased retailers: their phones and the bodies of their messages go."""
