"""How good a score could be on the generator's ledgers, how good ours is, and which forged ledgers it notices."""
