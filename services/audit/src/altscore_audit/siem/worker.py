"""The worker that sends entries to the SIEM as they are chained."""

from altscore_libs.periodic import PeriodicWorker

from altscore_audit.siem.service import SiemService

INTERVAL_S = 1.0


def siem_worker(service: SiemService) -> PeriodicWorker:
    """Sends until nothing is left and looks again after a second; after failures it waits up to half a minute."""
    return PeriodicWorker("siem", service.send_next, interval_s=INTERVAL_S)
