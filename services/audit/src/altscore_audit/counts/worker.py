"""The worker that counts entries into their days, behind the appending."""

from altscore_libs.periodic import PeriodicWorker

from altscore_audit.counts.service import CountService

INTERVAL_S = 10.0


def daily_count_worker(service: CountService) -> PeriodicWorker:
    """Counts until nothing is left, and looks again after ten seconds."""
    return PeriodicWorker("daily_counts", service.count_days, interval_s=INTERVAL_S)
