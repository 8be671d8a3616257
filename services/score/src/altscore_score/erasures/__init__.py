"""Erased retailers: what goes with them, and that nothing of theirs comes back."""
