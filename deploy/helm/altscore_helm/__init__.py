"""Checks of the Helm chart: pinned tools, rendering, schemas, policies; and the proof on a real cluster."""
