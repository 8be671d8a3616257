"""When a run freezes scoring, and what the engine signs of it."""

from datetime import UTC, datetime

import pytest
from altscore_scoring.freezes.domain import MeasuredRun, automatic_freeze_id, automatic_record, is_breach

RUN = MeasuredRun("run_7", "a" * 64, "altscore-xgb", psi=0.31)
AT = datetime(2026, 5, 19, 22, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(("psi", "freezes"), [(0.2001, True), (5.0, True), (0.2, False), (0.0, False), (None, False)])
def test_a_psi_above_a_fifth_freezes_and_what_was_not_measured_does_not(psi: float | None, freezes: bool) -> None:
    assert is_breach(psi) is freezes


def test_a_run_and_a_model_cause_the_same_freeze_however_often_they_are_seen() -> None:
    assert automatic_freeze_id(RUN) == automatic_freeze_id(RUN._replace(psi=0.4)) == "frz_run_7_aaaaaaaaaaaaaaaa"
    assert automatic_freeze_id(RUN._replace(run_id="run_8")) != automatic_freeze_id(RUN)
    assert automatic_freeze_id(RUN._replace(model_sha256="b" * 64)) != automatic_freeze_id(RUN)


def test_the_record_says_which_run_and_how_far_it_had_shifted() -> None:
    record = automatic_record(RUN, freeze_id="frz_1", at=AT)
    assert (record["decision_id"], record["kind"], record["reason"]) == ("frz_1", "freeze", "GR-6")
    assert (record["run_id"], record["psi"]) == ("run_7", "0.3100")
    assert record["approved_at"] == "2026-05-19T22:14:07.000000Z"
