"""Guardrails GR-1 to GR-6 (decisions 51, 71, 72, 75) and the constants they compare with."""
