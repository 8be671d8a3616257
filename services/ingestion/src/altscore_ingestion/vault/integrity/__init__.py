"""MACs over the vault's rows: what the database says of an identity counts only as far as the vault wrote it."""
