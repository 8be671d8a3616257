"""Verifies every row of the vault once an hour."""

from altscore_libs.periodic import PeriodicWorker

from altscore_ingestion.vault.integrity.service import IntegrityService

INTERVAL_S = 3_600.0


def integrity_worker(service: IntegrityService) -> PeriodicWorker:
    """One sweep after the other."""
    return PeriodicWorker("integrity", service.sweep_once, interval_s=INTERVAL_S)
