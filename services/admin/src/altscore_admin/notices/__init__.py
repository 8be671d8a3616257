"""Notices to retailers: what notification is asked to send them in their language."""
