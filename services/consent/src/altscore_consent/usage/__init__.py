"""How often a lender used a consent, counted from the audit topic."""
