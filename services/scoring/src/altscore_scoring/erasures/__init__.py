"""Erased retailers: what goes with them, and that no run scores them again."""
