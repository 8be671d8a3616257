"""The scoring engine: computes signed, explained, capped scores. The `score` service serves them."""
