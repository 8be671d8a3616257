"""GET /v1/score/{retailer_id}/history: the last score of each month, under the rules of a score."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from altscore_score.limits.domain import CALLS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import LENDER, NOW, OTHER_LENDER, OTHER_RETAILER, PURPOSE, RETAILER, World

UNKNOWN = "ret_00000000000000aa"


async def history(world: World, retailer_id: str = RETAILER, lender_id: str = LENDER, **params: Any) -> httpx.Response:
    """One call."""
    path = f"/v1/score/{retailer_id}/history"
    return await world.lenders.get(path, params=params, headers=world.headers(lender_id))


async def scored(world: World, *instants: str, **change: Any) -> None:
    """Scores of the retailer, told apart by their instant."""
    for at in instants:
        digits = "".join(filter(str.isdigit, at))
        await world.computed(score_id=f"scr_{digits:0>32}", scored_at=at, **change)


def months(reply: httpx.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [item["month"] for item in reply.json()["history"]]


async def test_the_answer_is_exactly_the_contract(world: World) -> None:
    await scored(world, "2026-04-20T10:00:00Z", altscore=708)
    reply = await history(world)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json() == {
        "retailer_id": RETAILER,
        "history": [
            {"month": "2026-05", "altscore": 724, "risk_band": "B", "score_version": "altscore-xgb-v1-prod"},
            {"month": "2026-04", "altscore": 708, "risk_band": "B", "score_version": "altscore-xgb-v1-prod"},
        ],
    }
    assert reply.headers["x-ratelimit-remaining"] == "99"


async def test_a_month_is_told_by_its_last_score(world: World) -> None:
    await scored(world, "2026-04-30T10:00:00Z", altscore=650)
    await scored(world, "2026-04-02T10:00:00Z", "2026-04-30T09:59:59Z", altscore=600)
    assert [item["altscore"] for item in (await history(world)).json()["history"]] == [724, 650]


async def test_a_month_begins_at_midnight_in_india(world: World) -> None:
    await scored(world, "2026-03-31T18:29:59Z", "2026-03-31T18:30:00Z")
    assert months(await history(world)) == ["2026-05", "2026-04", "2026-03"]


async def test_a_month_without_a_score_is_absent(world: World) -> None:
    await scored(world, "2025-12-05T00:00:00Z", "2026-02-05T00:00:00Z")
    assert months(await history(world)) == ["2026-05", "2026-02", "2025-12"]


@pytest.mark.parametrize(("asked", "given_back"), [({}, 6), ({"months": 1}, 1), ({"months": 12}, 12)])
async def test_six_months_unless_asked_and_twelve_at_most(world: World, asked: dict[str, int], given_back: int) -> None:
    await scored(world, *(f"{2024 + n // 12}-{n % 12 + 1:02}-15T00:00:00Z" for n in range(28)))
    shown = months(await history(world, **asked))
    assert len(shown) == given_back
    assert shown == sorted(shown, reverse=True)


@given(hours=st.lists(st.integers(0, 24 * 500), unique=True, min_size=1, max_size=12), asked=st.integers(1, 12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_of_arrival_gives_the_same_snapshots(world: World, hours: list[int], asked: int) -> None:
    retailer = f"ret_{world.version + 1:016x}"
    await world.grant(retailer)
    last: dict[str, tuple[datetime, int]] = {}
    for altscore, hour in enumerate(hours, 300):
        at = NOW - timedelta(hours=hour)
        score_id = f"scr_{retailer[4:]}{altscore:016x}"
        await world.computed(retailer, score_id=score_id, scored_at=at.isoformat(), altscore=altscore)
        month = (at + timedelta(hours=5, minutes=30)).strftime("%Y-%m")
        last[month] = max(last.get(month, (at, altscore)), (at, altscore))
    expected = [(month, last[month][1]) for month in sorted(last, reverse=True)][:asked]
    reply = await history(world, retailer, months=asked)
    assert [(item["month"], item["altscore"]) for item in reply.json()["history"]] == expected


@pytest.mark.parametrize(
    ("params", "field"),
    [({"months": value}, "months") for value in ("0", "13", "-1", "06", "6.0", " 6", "six", "", "٦", "1e1", "9" * 5000)]
    + [({"months": ["3", "4"]}, "months"), ({"purpose": ["a", "a"]}, "purpose"), ({"purpose": "a b"}, "purpose")],
)
async def test_a_malformed_parameter_is_400_and_never_echoed(world: World, params: dict[str, Any], field: str) -> None:
    reply = await history(world, **params)
    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_REQUEST")
    assert [item["field"] for item in reply.json()["errors"]] == [field]
    assert len(reply.content) < 400


@pytest.mark.parametrize("retailer_id", ["ret_7F3A92C1D4E8B051", "ret_1", "27AAACZ0000A1Z9", "ret_7f3a92c1d4e8b051%0a"])
async def test_an_id_of_another_form_is_400(world: World, retailer_id: str) -> None:
    reply = await history(world, retailer_id)
    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_RETAILER_ID")


async def test_unknown_foreign_and_unconsented_are_the_refusal_that_a_score_has(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    await world.grant(OTHER_RETAILER, OTHER_LENDER)
    await world.computed(OTHER_RETAILER)
    await world.revoke()
    await world.later(2.1)
    cases = [
        await history(world, *case, **params)
        for case in ((UNKNOWN,), (OTHER_RETAILER,), (RETAILER,))
        for params in ({}, {"purpose": PURPOSE})
    ]
    cases.append(await world.score(UNKNOWN))
    assert {reply.status_code for reply in cases} == {403}
    assert len({reply.text.replace(reply.headers["x-request-id"], "") for reply in cases}) == 1
    kept = ("x-request-id", "date", "content-length")
    headers = [{n: v for n, v in reply.headers.items() if n not in kept and "ratelimit" not in n} for reply in cases]
    assert all(reply == headers[0] for reply in headers)


async def test_any_purpose_of_the_lender_opens_and_a_named_one_must_be_the_consents(world: World) -> None:
    world.neighbours.answers.clear()
    await world.grant(purpose="vehicle_loan")
    assert (await history(world)).status_code == 200
    assert (await history(world, purpose="vehicle_loan")).status_code == 200
    mismatch = await history(world, purpose=PURPOSE)
    assert (mismatch.status_code, mismatch.json()["code"]) == (403, "SCOPE_MISMATCH")


@pytest.mark.parametrize("params", [{}, {"purpose": PURPOSE}])
async def test_the_projection_alone_and_the_authority_alone_do_not_open(world: World, params: dict[str, str]) -> None:
    await world.computed(OTHER_RETAILER)
    await world.grant(OTHER_RETAILER, projected=False)
    assert (await history(world, OTHER_RETAILER, **params)).status_code in (403, 404)
    world.neighbours.answers.clear()
    assert (await history(world, **params)).status_code == 403


async def test_a_named_purpose_must_have_reached_the_projection(world: World) -> None:
    await world.grant(purpose="vehicle_loan", projected=False)
    assert (await history(world)).status_code == 200
    assert (await history(world, purpose="vehicle_loan")).status_code == 404


async def test_a_retailer_never_scored_is_404(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    reply = await history(world, OTHER_RETAILER)
    assert (reply.status_code, reply.json()["code"]) == (404, "RETAILER_NOT_SCORED")


async def test_history_outlives_the_score(world: World) -> None:
    await scored(world, "2025-01-05T00:00:00Z")
    world.clock.advance(seconds=30 * 86_400)
    await world.onboard(OTHER_LENDER)
    await world.grant(lender_id=OTHER_LENDER)
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 404
    assert months(await history(world, lender_id=OTHER_LENDER)) == ["2026-05", "2025-01"]


@pytest.mark.parametrize("code", ["DATA_INSUFFICIENT", "MANUAL_REVIEW_REQUIRED"])
async def test_a_newer_block_of_the_retailer_hides_history_as_it_hides_a_score(world: World, code: str) -> None:
    await world.blocked(code=code)
    reply = await history(world)
    assert (reply.status_code, reply.json()["code"]) == (422, code)


async def test_what_a_block_hid_stays_hidden_after_a_newer_score(world: World) -> None:
    await scored(world, "2026-03-05T00:00:00Z")
    await world.blocked(code="MANUAL_REVIEW_REQUIRED", at=datetime(2026, 4, 1, tzinfo=UTC))
    assert months(await history(world)) == ["2026-05"]


async def test_a_blocked_run_hides_no_history(world: World) -> None:
    await world.blocked(None, scope="run", code="MODEL_UNAVAILABLE")
    assert months(await history(world)) == ["2026-05"]


@pytest.mark.parametrize("column", ["seal", "sealed_record", "scored_at"])
async def test_a_record_with_an_invalid_signature_is_never_part_of_it(world: World, column: str) -> None:
    await scored(world, "2026-04-20T10:00:00Z")
    changes = {
        "seal": "seal = reverse(seal)",
        "sealed_record": "sealed_record = replace(sealed_record, '724', '824')",
        "scored_at": "scored_at = scored_at - interval '90 days'",
    }
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as connection:
        connection.execute(f"UPDATE sealed_score SET {changes[column]} WHERE scored_at < '2026-05-01'".encode())
    reply = await history(world)
    assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_history_spends_no_disclosure_but_counts_as_a_call(world: World) -> None:
    replies = [await history(world) for _ in range(5)]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["99", "98", "97", "96", "95"]
    assert [(await world.score()).status_code for _ in range(3)] == [200] * 3
    for _ in range(CALLS[0].limit - 8):
        assert (await history(world)).status_code == 200
    over = await history(world)
    assert (over.status_code, over.json()["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert int(over.headers["retry-after"]) >= 1


async def test_each_call_is_an_audit_entry_of_its_own_action(world: World) -> None:
    served, refused = await history(world), await history(world, UNKNOWN)
    entries = await world.audit("score_history_read")
    assert [(entry["subject"], entry["outcome"], entry["reason"]) for entry in entries] == [
        (RETAILER, "served", None),
        (UNKNOWN, "refused", "CONSENT_NOT_GRANTED"),
    ]
    ids = [entry["details"]["request_id"] for entry in entries]
    assert ids == [served.headers["x-request-id"], refused.headers["x-request-id"]]
    assert entries[0]["details"]["months"] == "1"


async def test_without_a_token_nothing_is_told(world: World) -> None:
    reply = await world.lenders.get(f"/v1/score/{RETAILER}/history")
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_MISSING")


async def test_a_gone_authority_is_503(world: World) -> None:
    world.neighbours.is_down = True
    assert (await history(world)).status_code == 503
