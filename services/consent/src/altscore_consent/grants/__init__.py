"""Consents: what a retailer granted and withdrew, the signed records of it, and what proves them."""
