"""The worker that makes the threat report of every week that is over."""

from altscore_libs.periodic import PeriodicWorker

from altscore_audit.threat_reports.service import WeeklyReports

INTERVAL_S = 3_600.0


def threat_report_worker(reports: WeeklyReports) -> PeriodicWorker:
    """Makes what is due, a week at a turn, and looks again after an hour."""
    return PeriodicWorker("threat_reports", reports.make_next, interval_s=INTERVAL_S)
