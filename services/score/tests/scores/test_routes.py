"""POST /v1/score: the contract of API §03 and the order of its refusals."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest

from ..world import LENDER, NOW, OTHER_LENDER, OTHER_RETAILER, PURPOSE, RETAILER, World


def without_ids(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "request_id"}


async def test_the_answer_is_exactly_the_contract(world: World) -> None:
    reply = await world.score()
    assert reply.status_code == 200
    assert reply.json() == {
        "retailer_id": RETAILER,
        "score_id": "scr_" + RETAILER[4:].rjust(32, "0"),
        "altscore": 724,
        "risk_band": "B",
        "probability_of_default": 0.082,
        "recommended_limit_inr": 175000,
        "reason_codes": [
            {"code": "LOW_PAYMENT_DELAY", "direction": "positive", "rank": 1,
             "label_en": "Timely payments", "label_hi": "समय पर भुगतान"},
            {"code": "CONSISTENT_ORDER_FREQ", "direction": "positive", "rank": 2,
             "label_en": "Regular order pattern", "label_hi": "नियमित ऑर्डर"},
            {"code": "GROWING_BASKET_SIZE", "direction": "positive", "rank": 3,
             "label_en": "Growing business", "label_hi": "बढ़ता कारोबार"},
            {"code": "HIGH_RETURN_RATE", "direction": "negative", "rank": 4,
             "label_en": "High return rate", "label_hi": "उच्च वापसी दर"},
            {"code": "ORDER_GAP_DETECTED", "direction": "negative", "rank": 5,
             "label_en": "Order gap detected", "label_hi": "ऑर्डर में अंतराल"},
        ],
        "guardrails": [{"id": "GR-4", "action": "capped", "reason": "gmv_ceiling"}],
        "data_freshness_days": 3,
        "low_confidence": False,
        "score_version": "altscore-xgb-v1-prod",
        "scored_at": "2026-05-19T22:14:07Z",
        "expires_at": "2026-06-18T22:14:07Z",
        "request_id": reply.headers["x-request-id"],
    }  # fmt: skip
    assert reply.headers["content-language"] == "en"
    assert reply.headers["x-ratelimit-limit"] == "100"
    assert reply.headers["x-ratelimit-remaining"] == "99"
    assert reply.headers["strict-transport-security"]


async def test_hindi_leads_when_asked_for(world: World) -> None:
    reply = await world.score(headers={"Accept-Language": "hi-IN,en;q=0.5"})
    assert reply.headers["content-language"] == "hi"
    assert list(reply.json()["reason_codes"][0]) == ["code", "direction", "rank", "label_hi", "label_en"]


async def test_the_cached_score_gives_the_same_answer_as_the_stored_one(world: World) -> None:
    stored, cached = await world.score(), await world.score()
    assert without_ids(stored.json()) == without_ids(cached.json())
    assert [item["details"]["source"] for item in await world.audit("score_requested")] == ["store", "cache"]


async def test_unknown_foreign_and_unconsented_retailers_are_refused_alike(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    await world.grant(OTHER_RETAILER, OTHER_LENDER)
    unconsented = "ret_00000000000000aa"
    await world.computed(unconsented)
    refusals = [
        await world.score("ret_ffffffffffffffff"),
        await world.score(OTHER_RETAILER),
        await world.score(unconsented),
        await world.score(RETAILER, OTHER_LENDER),
    ]
    assert {refusal.status_code for refusal in refusals} == {403}
    bodies = {refusal.text.replace(refusal.headers["x-request-id"], "") for refusal in refusals}
    assert len(bodies) == 1
    assert '"code":"CONSENT_NOT_GRANTED"' in bodies.pop()
    assert len({tuple(name for name in refusal.headers) for refusal in refusals}) == 1


async def test_another_purpose_is_named_only_to_a_lender_that_is_named(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    named = await world.score(purpose="vehicle_loan")
    unauthenticated = await world.score(lender_id=OTHER_LENDER, purpose="vehicle_loan")
    assert (named.status_code, named.json()["code"]) == (403, "SCOPE_MISMATCH")
    assert (unauthenticated.status_code, unauthenticated.json()["code"]) == (403, "CONSENT_NOT_GRANTED")


async def test_a_consented_retailer_without_score_is_404_and_asks_the_engine_once(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    replies = [await world.score(OTHER_RETAILER) for _ in range(4)]
    assert {(reply.status_code, reply.json()["code"]) for reply in replies} == {(404, "RETAILER_NOT_SCORED")}
    assert replies[0].headers["retry-after"] == "60"
    assert await world.pool.fetchval("SELECT count(*) FROM outbox WHERE name = 'score.requested'") == 1


async def test_an_expired_score_is_no_score(world: World) -> None:
    world.clock.advance(seconds=30 * 86_400)
    await world.onboard(OTHER_LENDER)
    await world.grant(lender_id=OTHER_LENDER)
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 404


@pytest.mark.parametrize("code", ["DATA_INSUFFICIENT", "MANUAL_REVIEW_REQUIRED"])
async def test_a_newer_block_of_the_retailer_hides_the_score_even_when_cached(world: World, code: str) -> None:
    assert (await world.score()).status_code == 200
    await world.blocked(code=code)
    reply = await world.score()
    assert (reply.status_code, reply.json()["code"]) == (422, code)


async def test_a_block_older_than_the_score_hides_nothing(world: World) -> None:
    await world.blocked(code="DATA_INSUFFICIENT", at=NOW - timedelta(days=2))
    assert (await world.score()).status_code == 200


@pytest.mark.parametrize("retailer_id", [None, RETAILER])
async def test_a_blocked_run_leaves_the_previous_score_with_low_confidence(
    world: World, retailer_id: str | None
) -> None:
    assert (await world.score()).json()["low_confidence"] is False
    await world.blocked(retailer_id, scope="run", code="MODEL_UNAVAILABLE")
    reply = await world.score()
    assert (reply.status_code, reply.json()["low_confidence"]) == (200, True)


@pytest.mark.parametrize(("days", "is_low"), [(14, False), (15, True)])
async def test_old_data_is_low_confidence_from_the_fifteenth_day(world: World, days: int, is_low: bool) -> None:
    as_of = (date(2026, 5, 20) - timedelta(days=days)).isoformat()
    await world.computed(score_id="scr_new", data_as_of_on=as_of, scored_at="2026-05-20T01:00:00Z")
    body = (await world.score()).json()
    assert (body["data_freshness_days"], body["low_confidence"]) == (days, is_low)


async def test_a_proposal_above_the_recommendation_is_flagged(world: World) -> None:
    flagged = (await world.score(requested_limit_inr=175_001)).json()["guardrails"]
    fine = (await world.score(requested_limit_inr=175_000)).json()["guardrails"]
    assert flagged[1] == {"id": "GR-4", "action": "flagged", "reason": "requested_limit_above_recommended"}
    assert len(fine) == 1


async def test_a_replay_gives_the_same_bytes_and_spends_nothing(world: World) -> None:
    key = str(uuid4())
    first = await world.score(headers={"X-Request-ID": key})
    world.clock.advance(seconds=3600 * 0.9)
    replays = [await world.score(headers={"X-Request-ID": key}) for _ in range(5)]
    assert {item.content for item in replays} == {first.content}
    assert {item.headers["x-ratelimit-remaining"] for item in (first, *replays)} == {"99"}
    assert first.headers["x-request-id"] == key
    outcomes = [item["outcome"] for item in await world.audit("score_requested")]
    assert outcomes == ["served"] + ["replayed"] * 5


async def test_the_same_request_id_with_another_body_conflicts(world: World) -> None:
    key = str(uuid4())
    await world.score(headers={"X-Request-ID": key})
    other = await world.score(headers={"X-Request-ID": key}, requested_limit_inr=5)
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_a_request_id_belongs_to_one_lender(world: World) -> None:
    key = str(uuid4())
    await world.score(headers={"X-Request-ID": key})
    await world.onboard(OTHER_LENDER)
    await world.grant(lender_id=OTHER_LENDER)
    other = await world.score(lender_id=OTHER_LENDER, headers={"X-Request-ID": key}, requested_limit_inr=5)
    assert other.status_code == 200


async def test_a_replay_rechecks_consent_first(world: World) -> None:
    key = str(uuid4())
    await world.score(headers={"X-Request-ID": key})
    await world.revoke()
    await world.later(2.1)
    assert (await world.score(headers={"X-Request-ID": key})).status_code == 403


async def test_simultaneous_calls_with_one_request_id_are_one_disclosure(world: World) -> None:
    key = str(uuid4())
    replies = await asyncio.gather(*(world.score(headers={"X-Request-ID": key}) for _ in range(3)))
    assert len({item.content for item in replies}) == 1
    outcomes = sorted(item["outcome"] for item in await world.audit("score_requested"))
    assert outcomes == ["replayed", "replayed", "served"]
    assert (await world.score()).headers["x-ratelimit-remaining"] == "98"


async def test_the_fourth_disclosure_of_a_retailer_is_429_with_the_time_to_wait(world: World) -> None:
    assert [(await world.score()).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = await world.score()
    assert 86_390 <= int(refused.headers["retry-after"]) <= 86_401


async def test_a_refused_disclosure_spends_none(world: World) -> None:
    await world.blocked(code="DATA_INSUFFICIENT")
    assert {(await world.score()).status_code for _ in range(5)} == {422}
    await world.computed(score_id="scr_new", scored_at="2026-05-21T00:00:00Z")
    assert (await world.score()).status_code == 200


async def test_the_101st_call_of_a_minute_is_429_and_says_when(world: World) -> None:
    replies = [await world.score(f"ret_{number:016x}") for number in range(101)]
    assert [reply.status_code for reply in replies] == [403] * 100 + [429]
    last = replies[-1]
    assert last.json()["code"] == "RATE_LIMIT_EXCEEDED"
    assert last.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(last.headers["retry-after"]) <= 61


async def test_a_replay_is_answered_when_the_quota_is_spent(world: World) -> None:
    key = str(uuid4())
    first = await world.score(headers={"X-Request-ID": key})
    for number in range(100):
        await world.score(f"ret_{number:016x}")
    assert (await world.score()).status_code == 429
    assert (await world.score(headers={"X-Request-ID": key})).content == first.content


async def test_every_call_is_audited_with_who_whom_and_how(world: World) -> None:
    served = await world.score()
    refused = await world.score(OTHER_RETAILER)
    entry = (await world.audit("score_requested"))[-1]
    assert (entry["actor"], entry["subject"], entry["outcome"]) == (LENDER, RETAILER, "served")
    assert entry["details"]["request_id"] == served.headers["x-request-id"]
    assert entry["details"]["response_band"] == "B"
    assert entry["details"]["purpose"] == PURPOSE
    denial = (await world.audit("score_refused"))[-1]
    assert (denial["reason"], denial["details"]["request_id"]) == (
        "CONSENT_NOT_GRANTED",
        refused.headers["x-request-id"],
    )
