"""The score service: serves scores to lenders. `scoring` is the service that computes them."""
