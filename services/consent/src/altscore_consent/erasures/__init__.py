"""Erased retailers: what is ended for them, and that nothing begins again."""
