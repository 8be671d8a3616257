"""The sandbox: every outcome by test credentials, from personas alone."""

from uuid import uuid4

import httpx
import psycopg
import pytest
from altscore_score.sandbox.personas import Persona, load_personas

from ..lenders_server import sandbox_credentials
from ..world import GSTIN, OTHER_LENDER, PURPOSE, RETAILER, UNKNOWN_RETAILER, World, without_request_id
from .expectations import STATUS, is_low

TESTER = f"test_{OTHER_LENDER}"
PERSONAS = load_personas()
LIVE_TABLES = ("sealed_score", "score_block", "consent_grant", "score_request")
LIVE_FUNCTIONS = ("score_for", "score_history_for")
EVERY = pytest.mark.parametrize("name", PERSONAS)


@pytest.fixture
async def tester(world: World) -> World:
    """The service with a lender's test credentials, which can reach nothing live."""
    credentials = await sandbox_credentials(world, OTHER_LENDER)
    assert credentials["client_id"] == TESTER
    sign_in = await world.sign_in(TESTER, credentials["client_secret"])
    assert sign_in.status_code == 200, sign_in.text
    world.tokens[TESTER] = sign_in.json()["access_token"]
    world.neighbours.is_down = True
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as connection:
        for table in LIVE_TABLES:
            connection.execute(f"REVOKE ALL ON {table} FROM score".encode())
        for function in LIVE_FUNCTIONS:
            connection.execute(f"DROP FUNCTION {function}".encode())
    return world


async def score(world: World, retailer_id: str, **more: object) -> httpx.Response:
    """POST /v1/score with the test token."""
    return await world.score(retailer_id, TESTER, **more)


async def history(world: World, retailer_id: str, **params: str) -> httpx.Response:
    """GET /v1/score/{retailer_id}/history with the test token."""
    path = f"/v1/score/{retailer_id}/history"
    return await world.lenders.get(path, params=params, headers=world.headers(TESTER))


async def look_up(world: World, gstin: str) -> httpx.Response:
    """POST /v1/retailers/lookup with the test token."""
    return await world.lenders.post("/v1/retailers/lookup", json={"gst": gstin}, headers=world.headers(TESTER))


@EVERY
async def test_a_persona_answers_what_it_stands_for_and_nothing_live_is_touched(tester: World, name: str) -> None:
    persona = PERSONAS[name]
    reply = await score(tester, persona.retailer_id, purpose=persona.purposes[0])
    if persona.error is not None:
        assert (reply.status_code, reply.json()["code"]) == (STATUS[persona.error], persona.error)
        assert persona.error not in ("RATE_LIMIT_EXCEEDED", "SERVICE_UNAVAILABLE") or reply.headers["retry-after"]
        return
    assert reply.status_code == 200, reply.text
    body, expected = reply.json(), persona.score
    assert expected is not None
    assert (body["altscore"], body["risk_band"]) == (expected.altscore, expected.risk_band)
    assert body["guardrails"] == [
        {"id": guardrail.id, "action": guardrail.action, "reason": guardrail.reason}
        for guardrail in expected.guardrails
    ]
    assert (body["low_confidence"], body["data_freshness_days"]) == (is_low(expected), expected.data_age_days)
    assert body["request_id"] == reply.headers["x-request-id"]
    assert body["scored_at"] < "2026-05-20T08:00:00Z" < body["expires_at"]
    assert tester.neighbours.asked == 0


@EVERY
async def test_history_and_lookup_follow_the_persona(tester: World, name: str) -> None:
    persona = PERSONAS[name]
    shown, lookup = await history(tester, persona.retailer_id, months="12"), await look_up(tester, persona.gstin)
    if persona.error in ("CONSENT_NOT_GRANTED", "SERVICE_UNAVAILABLE"):
        assert {shown.status_code, lookup.status_code} == {STATUS[persona.error]}
        return
    assert lookup.json() == {"retailer_id": persona.retailer_id, "consent_active": True}
    if persona.score is None:
        assert persona.error is not None
        assert (shown.status_code, shown.json()["code"]) == (STATUS[persona.error], persona.error)
        return
    months = shown.json()["history"]
    assert [month["altscore"] for month in months] == (
        [month.altscore for month in persona.score.history] or [persona.score.altscore]
    )
    assert len({month["month"] for month in months}) == len(months)


async def test_snapshots_are_consecutive_months(tester: World) -> None:
    months = (await history(tester, PERSONAS["band_c"].retailer_id)).json()["history"]
    assert [month["month"] for month in months] == ["2026-05", "2026-04", "2026-03", "2026-02"]
    newest = (await history(tester, PERSONAS["band_c"].retailer_id, months="1")).json()["history"]
    assert newest == months[:1]


async def test_another_purpose_is_a_scope_mismatch(tester: World) -> None:
    persona = PERSONAS["other_purpose"]
    replies = [
        await score(tester, persona.retailer_id, purpose=PURPOSE),
        await history(tester, persona.retailer_id, purpose=PURPOSE),
        await score(tester, PERSONAS["band_a"].retailer_id, purpose="vehicle_loan"),
    ]
    assert {(reply.status_code, reply.json()["code"]) for reply in replies} == {(403, "SCOPE_MISMATCH")}


async def test_a_proposal_above_the_recommendation_is_flagged(tester: World) -> None:
    persona = PERSONAS["small_limit"]
    flagged = await score(tester, persona.retailer_id, requested_limit_inr=40_001)
    fine = await score(tester, persona.retailer_id, requested_limit_inr=40_000)
    assert [guardrail["reason"] for guardrail in flagged.json()["guardrails"]] == ["requested_limit_above_recommended"]
    assert fine.json()["guardrails"] == []


async def test_a_live_retailer_is_nobody_to_test_credentials(tester: World) -> None:
    nobody = await score(tester, UNKNOWN_RETAILER)
    replies = [
        await score(tester, RETAILER),
        await history(tester, RETAILER),
        await look_up(tester, GSTIN),
        await score(tester, PERSONAS["no_consent"].retailer_id),
    ]
    assert nobody.json()["code"] == "CONSENT_NOT_GRANTED"
    for reply in replies:
        assert reply.status_code == 403
        assert without_request_id(reply) == without_request_id(nobody)


@EVERY
async def test_a_persona_is_nobody_to_live_credentials(world: World, name: str) -> None:
    reply = await world.score(PERSONAS[name].retailer_id)
    assert (reply.status_code, reply.json()["code"]) == (403, "CONSENT_NOT_GRANTED")
    lookup = await world.lenders.post(
        "/v1/retailers/lookup", json={"gst": PERSONAS[name].gstin}, headers=world.headers()
    )
    assert (lookup.status_code, lookup.json()["code"]) == (403, "CONSENT_NOT_GRANTED")


async def test_a_request_id_of_the_sandbox_is_a_key_as_in_live_calls(tester: World) -> None:
    key, persona = str(uuid4()), PERSONAS["band_b"].retailer_id
    first = await score(tester, persona, headers={"X-Request-ID": key, "Accept-Language": "hi"})
    again = await score(tester, persona, headers={"X-Request-ID": key, "Accept-Language": "hi"})
    conflict = await score(tester, persona, headers={"X-Request-ID": key}, requested_limit_inr=5)
    assert (first.status_code, again.content) == (200, first.content)
    assert first.headers["content-language"] == "hi"
    assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]
    assert (conflict.status_code, conflict.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_the_lenders_limits_hold_and_those_of_a_retailer_do_not(tester: World) -> None:
    persona = PERSONAS["band_a"].retailer_id
    assert [(await score(tester, persona)).status_code for _ in range(101)] == [200] * 100 + [429]
    live = await tester.lenders.get("/v1/score/ret_1/history", headers=tester.headers())
    assert live.headers["x-ratelimit-remaining"] == "99"  # the quota of live credentials is another one


def status_of(persona: Persona) -> int:
    """The status of a call for PURPOSE about a persona."""
    if PURPOSE not in persona.purposes:
        return 403
    return STATUS[persona.error] if persona.error else 200


async def test_a_batch_of_all_personas_is_answered_one_by_one(tester: World) -> None:
    body = {"retailer_ids": [persona.retailer_id for persona in PERSONAS.values()], "purpose": PURPOSE}
    reply = await tester.lenders.post("/v1/score/batch", json=body, headers=tester.headers(TESTER))
    assert {entry["retailer_id"]: entry["status"] for entry in reply.json()["results"]} == {
        persona.retailer_id: status_of(persona) for persona in PERSONAS.values()
    }


async def test_calls_of_the_sandbox_are_audited_under_the_test_client(tester: World) -> None:
    await score(tester, PERSONAS["band_a"].retailer_id)
    await score(tester, PERSONAS["not_scored"].retailer_id)
    (served,) = await tester.audit("score_requested")
    (refused,) = await tester.audit("score_refused")
    assert (served["actor"], served["outcome"]) == (TESTER, "sandbox")
    assert (refused["actor"], refused["reason"]) == (TESTER, "RETAILER_NOT_SCORED")


async def test_test_credentials_are_shown_once_and_are_no_live_ones(world: World) -> None:
    path = f"/internal/admin/lenders/{OTHER_LENDER}"
    first = (await world.admin.put(path, json={"name": "A lender"})).json()
    again = (await world.admin.put(path, json={"name": "A lender"})).json()
    assert first["client_secret"] != first["test_client_secret"]
    assert again == {"client_id": OTHER_LENDER, "test_client_id": TESTER}
    assert (await world.sign_in(OTHER_LENDER, first["test_client_secret"])).status_code == 401


async def test_a_test_token_is_not_the_live_lenders(tester: World) -> None:
    headers = {"Authorization": f"Bearer {tester.tokens[TESTER]}", "X-Client-ID": OTHER_LENDER}
    body = {"retailer_id": RETAILER, "purpose": PURPOSE}
    assert (await tester.lenders.post("/v1/score", json=body, headers=headers)).status_code == 401


async def test_operators_orders_reach_test_credentials_alone(tester: World) -> None:
    order = {"order_id": str(uuid4()), "by": "ops.first", "reason": "lender_request"}
    revocation = await tester.admin.post(f"/internal/admin/lenders/{TESTER}/revoke-tokens", json=order)
    assert revocation.status_code == 200, revocation.text
    assert (await score(tester, PERSONAS["band_a"].retailer_id)).status_code == 401
    statement = "SELECT tokens_valid_from FROM lender WHERE lender_id = $1"
    assert await tester.pool.fetchval(statement, OTHER_LENDER) is None
