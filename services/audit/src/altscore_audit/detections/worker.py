"""The worker that applies the rules of alerting, behind the appending."""

from altscore_libs.periodic import PeriodicWorker

from altscore_audit.detections.service import DetectionService

INTERVAL_S = 10.0


def detection_worker(service: DetectionService) -> PeriodicWorker:
    """Reads until nothing is left, and looks again after ten seconds."""
    return PeriodicWorker("detections", service.read_next, interval_s=INTERVAL_S)
