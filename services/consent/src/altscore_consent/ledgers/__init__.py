"""Ledgers: the row of a retailer that every change locks, which numbers the changes and holds the last NAHI."""
