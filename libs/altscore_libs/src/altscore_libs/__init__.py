"""Plumbing shared by every service: web door, events, database, keys. It knows no word of the business."""
