"""Checks of the Helm chart: pinned programs, rendering, schemas, kube-score."""
