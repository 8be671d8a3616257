"""The worker that exports days that are over."""

from altscore_libs.periodic import PeriodicWorker

from altscore_audit.exports.service import ExportService

INTERVAL_S = 600.0


def export_worker(service: ExportService) -> PeriodicWorker:
    """Exports until nothing is left, and looks again after ten minutes."""
    return PeriodicWorker("exports", service.export_next, interval_s=INTERVAL_S)
