"""Mutation testing of guardrails, taxonomy and limits (ADR 0041): `make mutants`."""
