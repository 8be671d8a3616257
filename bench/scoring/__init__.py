"""Scoring at size: a whole run of a generated portfolio, and one retailer on demand."""
