"""The scoring engine: computes sealed, explained, capped scores. The `score` service serves them."""
