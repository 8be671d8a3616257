"""Many scores in one request."""
