"""The worker that signs months as segments and deletes what two persons decided to delete."""

from altscore_libs.periodic import PeriodicWorker

from altscore_audit.segments.service import SegmentService

INTERVAL_S = 60.0


def segment_worker(service: SegmentService) -> PeriodicWorker:
    """Works until nothing is left, and looks again after a minute."""
    return PeriodicWorker("segments", service.step, interval_s=INTERVAL_S)
