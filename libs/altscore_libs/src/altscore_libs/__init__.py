"""Plumbing shared by every service: HTTP, events, database, keys, logs. Only identifiers.py knows the business."""
