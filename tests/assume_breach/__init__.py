"""One component in an attacker's hands: its own secrets and database role, nothing else. Each test is a promise."""
