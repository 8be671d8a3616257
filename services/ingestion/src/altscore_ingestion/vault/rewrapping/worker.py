"""Looks every hour for data keys that are to be wrapped anew."""

from altscore_libs.periodic import PeriodicWorker

from altscore_ingestion.vault.rewrapping.service import RewrappingService

INTERVAL_S = 3_600.0


def rewrapping_worker(service: RewrappingService) -> PeriodicWorker:
    """Works through everything that is due, batch by batch."""
    return PeriodicWorker("rewrapping", service.run_batch, interval_s=INTERVAL_S)
