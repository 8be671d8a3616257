"""Exports of everything that is held of a retailer, for their request of access."""
