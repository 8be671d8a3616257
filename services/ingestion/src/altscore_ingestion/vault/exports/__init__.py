"""What the vault holds of a retailer, for the person themselves (right of access)."""
