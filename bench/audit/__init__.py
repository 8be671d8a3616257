"""The audit chain: how fast it takes entries with the tree, and how fast a verifier reads them."""
