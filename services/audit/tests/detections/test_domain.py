"""Each rule of alerting: entries that meet it, and their neighbours that do not."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from altscore_audit.chain.domain import Link
from altscore_audit.detections.domain import LOOKBACK, RULES, Detection, Detector

MONDAY = datetime(2026, 5, 18, 5, 0, tzinfo=UTC)  # 10:30 in India
SUNDAY = datetime(2026, 5, 17, 5, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_numbers = count(1)


def entry(action: str, at: datetime = MONDAY, *, actor: str = "lender_a", **details: str) -> Link:
    return raw(action, json.dumps({"actor": actor, "details": details}), at)


def raw(action: str, payload: str, at: datetime = MONDAY) -> Link:
    seq = next(_numbers)
    chain = "failed_auth" if action == "failed_auth" else "general"
    return Link(
        chain=chain,
        seq=seq,
        event_id=UUID(int=seq),
        occurred_at=at,
        recorded_at=at,
        action=action,
        payload=payload,
        prev_hash=bytes(32),
        entry_hash=bytes(32),
    )


def met(links: Iterable[Link]) -> list[str]:
    detector = Detector()
    return [detection.rule for link in links for detection in detector.feed(link)]


def calls(number: int, start: datetime, *, within: timedelta, actor: str = "lender_a", **details: str) -> list[Link]:
    step = within / number
    return [entry("score_requested", start + step * index, actor=actor, **details) for index in range(number)]


HISTORY = [link for day in range(3) for link in calls(60, MONDAY + DAY * day, within=HOUR)]
LATER = MONDAY + 3 * DAY


def test_there_is_a_case_for_every_rule() -> None:
    assert {rule for rule, _, _ in CASES} | {"grievance_overdue"} == set(RULES)


CASES: list[tuple[str, Sequence[Link], Sequence[Link]]] = [
    ("consent_revoked", [entry("consent_revoked")], [entry("consent_granted")]),
    ("model_promoted", [entry("model_promoted")], [entry("model_promotion_proposed")]),
    ("admin_access", [entry("admin_data_access", actor="op_1")], [entry("admin_action", actor="op_1")]),
    (
        "failed_auth",
        [entry("failed_auth", MONDAY + 2 * MINUTE * i, actor="unknown", request_ip="10.0.0.1") for i in range(5)],
        [entry("failed_auth", MONDAY + 2.5 * MINUTE * i, actor="unknown", request_ip="10.0.0.1") for i in range(5)],
    ),
    (
        "failed_auth",
        [entry("failed_auth", actor="unknown", request_ip="10.0.0.1", number="5")],
        [entry("failed_auth", actor="unknown", request_ip=f"10.0.0.{i}") for i in range(9)],
    ),
    ("score_rate", calls(101, MONDAY, within=MINUTE), calls(100, MONDAY, within=MINUTE)),
    (
        "score_rate",
        calls(101, MONDAY, within=MINUTE),
        [*calls(60, MONDAY, within=MINUTE), *calls(60, MONDAY, within=MINUTE, actor="lender_b")],
    ),
    (
        "score_spike",
        [*HISTORY, *calls(200, LATER, within=HOUR)],
        [*HISTORY, *calls(199, LATER, within=HOUR)],
    ),
    (
        "score_spike",
        [*HISTORY, *calls(250, LATER, within=HOUR)],
        [*calls(150, MONDAY, within=HOUR), *HISTORY, *calls(250, LATER, within=HOUR)],  # 210 in an hour are usual
    ),
    (
        "new_network",
        [
            *calls(2, MONDAY, within=3 * DAY, request_ip="10.1.1.7"),
            entry("score_requested", LATER, request_ip="9.9.9.9"),
        ],
        [
            *calls(2, MONDAY, within=3 * DAY, request_ip="10.1.1.7"),
            entry("score_requested", LATER, request_ip="10.1.1.8"),
        ],
    ),
    (
        "unusual_hours",
        [entry("operator_signed_in", MONDAY + 12 * HOUR, actor="op_1")],  # 22:30 in India
        [entry("operator_signed_in", MONDAY + 11 * HOUR, actor="op_1")],
    ),
    (
        "unusual_hours",
        [entry("admin_action", SUNDAY, actor="op_1")],
        [entry("message_sent", SUNDAY, actor="op_1")],
    ),
]


@pytest.mark.parametrize(("rule", "meeting", "others"), CASES)
def test_a_rule_is_met_by_these_entries_and_not_by_those(
    rule: str, meeting: Sequence[Link], others: Sequence[Link]
) -> None:
    assert met(meeting).count(rule) == 1
    assert rule not in met(others)


def test_a_detection_names_the_entry_that_met_the_rule() -> None:
    links = calls(101, MONDAY, within=MINUTE)
    detector = Detector()
    detections = [detection for link in links for detection in detector.feed(link)]
    assert detections == [Detection(rule="score_rate", chain="general", seq=links[-1].seq, at=links[-1].occurred_at)]


def test_a_flood_is_reported_again_only_after_as_many_calls() -> None:
    assert met(calls(300, MONDAY, within=MINUTE)).count("score_rate") == 2


def test_a_person_is_reported_once_a_day_for_the_same_hours() -> None:
    nights = [entry("admin_action", SUNDAY + HOUR * hour, actor="op_1") for hour in range(3)]
    assert met([*nights, entry("admin_action", SUNDAY, actor="op_2")]).count("unusual_hours") == 2


def test_the_order_in_which_entries_of_a_burst_arrive_does_not_matter() -> None:
    burst = [entry("failed_auth", MONDAY + MINUTE * i, actor="u", source="10.0.0.1") for i in range(5)]
    assert met(burst) == met(reversed(burst)) == ["failed_auth"]


def grievance(action: str, at: datetime) -> Link:
    return entry(action, at, grievance_id="grv_1")


def test_a_grievance_is_overdue_after_seven_days_and_once() -> None:
    detector, filed = Detector(), grievance("grievance_filed", MONDAY)
    detector.feed(filed)
    assert detector.tick(MONDAY + 7 * DAY) == []
    due = Detection(rule="grievance_overdue", chain="general", seq=filed.seq, at=MONDAY + 7 * DAY)
    assert detector.tick(MONDAY + 7 * DAY + MINUTE) == [due]
    assert detector.tick(MONDAY + 7 * DAY + HOUR) == []


def test_a_grievance_that_was_resolved_is_never_overdue() -> None:
    detector = Detector()
    for link in (grievance("grievance_filed", MONDAY), grievance("grievance_resolved", MONDAY + DAY)):
        detector.feed(link)
    assert detector.tick(MONDAY + 8 * DAY) == []


def test_what_is_too_old_to_count_is_forgotten() -> None:
    detector = Detector()
    links = [*HISTORY, entry("failed_auth", request_ip="10.0.0.1"), entry("admin_action", SUNDAY, actor="op_1")]
    for link in links:
        detector.feed(link)
    detector.tick(LATER + LOOKBACK)
    state: dict[str, Any] = vars(detector)
    kept = [state[name] for name in ("_callers", "_grievances", "_unusual")]
    assert kept + [vars(state[name])["_times"] for name in ("_rate", "_failures")] == [{}] * 5


@pytest.mark.parametrize("payload", ["no json", "[]", '{"actor":7,"details":[]}', '{"details":{"number":"9e9"}}'])
def test_no_payload_stops_the_rules(payload: str) -> None:
    assert met([raw("failed_auth", payload), raw("score_requested", payload)]) == []
