"""A real Kubernetes of one node on this machine, and the proof that the chart works on it."""
