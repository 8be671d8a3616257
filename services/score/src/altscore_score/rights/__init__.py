"""What admin needs to answer a retailer's rights: every score that is held, and a score from corrected records."""
