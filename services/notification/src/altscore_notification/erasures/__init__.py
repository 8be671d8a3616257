"""Erased retailers: their messages go, and none is queued again."""
