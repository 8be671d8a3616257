"""Speed of the identity vault: `python -m bench.vault`."""
