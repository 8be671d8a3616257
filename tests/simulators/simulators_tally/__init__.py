"""A process that answers like TallyPrime's XML server: captured companies beside one generated ledger."""
