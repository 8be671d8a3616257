"""Erasure of a retailer on their approved request, and what keeps it erased."""
