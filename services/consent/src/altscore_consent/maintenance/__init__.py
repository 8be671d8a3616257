"""What an operator runs over the whole database."""
