"""Which SLA applies, and its state."""

from datetime import timedelta

from altscore_admin.grievances.domain import sla_of

from ..conftest import NOW


def test_the_sla_that_applies_now_is_shown() -> None:
    row = {"status": "open", "ack_by": NOW, "resolution_by": NOW + timedelta(days=6), "resolved_at": None}
    assert sla_of(row, NOW).state == "on_time"
    assert sla_of(row, NOW + timedelta(seconds=1)).state == "acknowledgement_overdue"
    assert sla_of(row | {"status": "acknowledged"}, NOW + timedelta(days=1)).state == "on_time"
    assert sla_of(row, NOW + timedelta(days=7)).state == "resolution_overdue"
    assert sla_of(row | {"resolved_at": NOW + timedelta(days=7)}, NOW).state == "missed"
    assert sla_of(row | {"resolved_at": NOW + timedelta(days=6)}, NOW).state == "met"
    assert sla_of(row, NOW - timedelta(seconds=90)).seconds_left == 90
