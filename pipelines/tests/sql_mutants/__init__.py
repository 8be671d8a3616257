"""Changes of the SQL that makes features and labels, one place at a time, and whether any tested ledger notices."""
