"""Lenders' calls by day, for their dashboards (ADR 0073)."""
