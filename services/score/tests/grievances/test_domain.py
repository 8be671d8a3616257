"""The clock of the service level of a grievance."""

from datetime import timedelta

from altscore_score.grievances.domain import sla_clock

from ..world import NOW


def test_the_sla_clock_tells_overdue_and_missed() -> None:
    row = {"status": "open", "ack_by": NOW, "resolution_by": NOW + timedelta(days=6), "resolved_at": None}
    assert sla_clock(row, NOW)["state"] == "running"
    clock = sla_clock(row, NOW + timedelta(seconds=90))
    assert (clock["state"], clock["seconds_left"]) == ("overdue", -90)
    resolved_row = row | {"status": "resolved", "resolved_at": NOW + timedelta(days=7)}
    assert sla_clock(resolved_row, NOW)["state"] == "missed"
