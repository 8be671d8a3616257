"""Manifests that batches owe the lake (ADR 0038)."""
