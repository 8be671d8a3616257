"""Records that were set aside: the rules of today over them again, by order of operations."""
