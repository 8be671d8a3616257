"""The sandbox: every outcome by test credentials, from personas alone."""

import math
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
import yaml
from altscore_libs.testing import SCHEMAS
from altscore_score.retailers.domain import is_gstin
from altscore_score.sandbox.personas import Persona, load_personas

from ..world import GSTIN, LENDER, OTHER_LENDER, PURPOSE, RETAILER, World

TESTER = f"test_{OTHER_LENDER}"
PERSONAS = load_personas()
STATUS = {
    "CONSENT_NOT_GRANTED": 403,
    "DATA_INSUFFICIENT": 422,
    "MANUAL_REVIEW_REQUIRED": 422,
    "RATE_LIMIT_EXCEEDED": 429,
    "RETAILER_NOT_SCORED": 404,
    "SERVICE_UNAVAILABLE": 503,
}
LIVE_TABLES = ("sealed_score", "score_block", "consent_grant", "score_request")
LIVE_FUNCTIONS = ("score_for", "score_history_for")
EVERY = pytest.mark.parametrize("name", PERSONAS)


@pytest.fixture
async def tester(world: World) -> World:
    """The service with a lender's test credentials; whatever is live is out of reach, not merely unused."""
    created = await world.admin.put(f"/internal/admin/lenders/{OTHER_LENDER}", json={"name": "A lender"})
    assert created.status_code == 201, created.text
    credentials = {"client_id": created.json()["test_client_id"], "client_secret": created.json()["test_client_secret"]}
    assert credentials["client_id"] == TESTER
    got = await world.lenders.post("/v1/auth/token", json=credentials)
    assert got.status_code == 200, got.text
    world.tokens[TESTER] = got.json()["access_token"]
    world.neighbours.is_down = True
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as connection:
        for table in LIVE_TABLES:
            connection.execute(f"REVOKE ALL ON {table} FROM score".encode())
        for function in LIVE_FUNCTIONS:
            connection.execute(f"DROP FUNCTION {function}".encode())
    return world


async def score(world: World, retailer_id: str, client_id: str = TESTER, **more: object) -> httpx.Response:
    return await world.score(retailer_id, client_id, **more)


async def history(world: World, retailer_id: str, **params: str) -> httpx.Response:
    path = f"/v1/score/{retailer_id}/history"
    return await world.lenders.get(path, params=params, headers=world.headers(TESTER))


async def look_up(world: World, gstin: str) -> httpx.Response:
    return await world.lenders.post("/v1/retailers/lookup", json={"gst": gstin}, headers=world.headers(TESTER))


def purpose_of(persona: Persona) -> str:
    return persona.purposes[0]


@EVERY
async def test_a_persona_answers_what_it_stands_for_and_nothing_live_is_touched(tester: World, name: str) -> None:
    persona = PERSONAS[name]
    reply = await score(tester, persona.retailer_id, purpose=purpose_of(persona))
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
    is_low = expected.is_low_confidence_data or expected.is_outdated_by_run or expected.data_age_days > 14
    assert (body["low_confidence"], body["data_freshness_days"]) == (is_low, expected.data_age_days)
    assert body["request_id"] == reply.headers["x-request-id"]
    assert body["scored_at"] < "2026-05-20T08:00:00Z" < body["expires_at"]
    assert tester.neighbours.asked == 0


@EVERY
async def test_history_and_lookup_follow_the_persona(tester: World, name: str) -> None:
    persona = PERSONAS[name]
    shown, result = await history(tester, persona.retailer_id, months="12"), await look_up(tester, persona.gstin)
    if persona.error in ("CONSENT_NOT_GRANTED", "SERVICE_UNAVAILABLE"):
        assert {shown.status_code, result.status_code} == {STATUS[persona.error]}
        return
    assert result.json() == {"retailer_id": persona.retailer_id, "consent_active": True}
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
    assert [item["reason"] for item in flagged.json()["guardrails"]] == ["requested_limit_above_recommended"]
    assert fine.json()["guardrails"] == []


async def test_a_live_retailer_is_nobody_to_test_credentials(tester: World) -> None:
    nobody = await score(tester, "ret_00000000000000aa")
    replies = [
        await score(tester, RETAILER),
        await history(tester, RETAILER),
        await look_up(tester, GSTIN),
        await score(tester, PERSONAS["no_consent"].retailer_id),
    ]
    assert nobody.json()["code"] == "CONSENT_NOT_GRANTED"
    for reply in replies:
        assert reply.status_code == 403
        assert reply.text.replace(reply.headers["x-request-id"], "") == nobody.text.replace(
            nobody.headers["x-request-id"], ""
        )


@EVERY
async def test_a_persona_is_nobody_to_live_credentials(world: World, name: str) -> None:
    reply = await world.score(PERSONAS[name].retailer_id)
    assert (reply.status_code, reply.json()["code"]) == (403, "CONSENT_NOT_GRANTED")
    result = await world.lenders.post(
        "/v1/retailers/lookup", json={"gst": PERSONAS[name].gstin}, headers=world.headers()
    )
    assert (result.status_code, result.json()["code"]) == (403, "CONSENT_NOT_GRANTED")


async def test_idempotency_is_the_live_one(tester: World) -> None:
    key, persona = str(uuid4()), PERSONAS["band_b"].retailer_id
    first = await score(tester, persona, headers={"X-Request-ID": key, "Accept-Language": "hi"})
    again = await score(tester, persona, headers={"X-Request-ID": key, "Accept-Language": "hi"})
    other = await score(tester, persona, headers={"X-Request-ID": key}, requested_limit_inr=5)
    assert (first.status_code, again.content) == (200, first.content)
    assert first.headers["content-language"] == "hi"
    assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_the_lenders_limits_hold_and_those_of_a_retailer_do_not(tester: World) -> None:
    persona = PERSONAS["band_a"].retailer_id
    assert [(await score(tester, persona)).status_code for _ in range(101)] == [200] * 100 + [429]
    assert tester.tokens[LENDER]  # the live lender's own quota is another one


async def test_a_batch_of_all_personas_is_answered_one_by_one(tester: World) -> None:
    body = {"retailer_ids": [item.retailer_id for item in PERSONAS.values()], "purpose": PURPOSE}
    reply = await tester.lenders.post("/v1/score/batch", json=body, headers=tester.headers(TESTER))
    result = {item["retailer_id"]: item["status"] for item in reply.json()["results"]}
    expected = {
        item.retailer_id: 403 if PURPOSE not in item.purposes else STATUS[item.error] if item.error else 200
        for item in PERSONAS.values()
    }
    assert result == expected


async def test_calls_of_the_sandbox_are_audited_under_the_test_client(tester: World) -> None:
    await score(tester, PERSONAS["band_a"].retailer_id)
    await score(tester, PERSONAS["not_scored"].retailer_id)
    assert [(item["actor"], item["outcome"]) for item in await tester.audit("score_requested")] == [(TESTER, "sandbox")]
    assert [(item["actor"], item["reason"]) for item in await tester.audit("score_refused")] == [
        (TESTER, "RETAILER_NOT_SCORED")
    ]


async def test_test_credentials_are_shown_once_and_are_no_live_ones(world: World) -> None:
    path = f"/internal/admin/lenders/{OTHER_LENDER}"
    first = (await world.admin.put(path, json={"name": "A lender"})).json()
    again = (await world.admin.put(path, json={"name": "A lender"})).json()
    assert first["client_secret"] != first["test_client_secret"]
    assert again == {"client_id": OTHER_LENDER, "test_client_id": TESTER}
    crossed = {"client_id": OTHER_LENDER, "client_secret": first["test_client_secret"]}
    assert (await world.lenders.post("/v1/auth/token", json=crossed)).status_code == 401


async def test_a_test_token_is_not_the_live_lenders(tester: World) -> None:
    headers = {"Authorization": f"Bearer {tester.tokens[TESTER]}", "X-Client-ID": OTHER_LENDER}
    body = {"retailer_id": RETAILER, "purpose": PURPOSE}
    assert (await tester.lenders.post("/v1/score", json=body, headers=headers)).status_code == 401


def test_there_is_a_persona_for_each_outcome() -> None:
    errors = {persona.error for persona in PERSONAS.values() if persona.error}
    assert errors == set(STATUS)
    scores = [persona.score for persona in PERSONAS.values() if persona.score is not None]
    assert {persona.risk_band for persona in scores} == set("ABCD")
    shown = {(guard.id, guard.action) for persona in scores for guard in persona.guardrails}
    assert shown == {("GR-1", "flagged"), ("GR-4", "capped"), ("GR-5", "flagged"), ("GR-6", "flagged")}
    assert {"gr_2_review", "gr_3_review", "gr_5_blocked"} <= PERSONAS.keys()
    assert any(persona.is_low_confidence_data for persona in scores)
    assert any(persona.data_age_days > 14 for persona in scores)
    assert any(persona.is_outdated_by_run for persona in scores)


def test_personas_are_told_apart_and_clearly_of_the_sandbox() -> None:
    assert len({persona.retailer_id for persona in PERSONAS.values()}) == len(PERSONAS)
    assert len({persona.gstin for persona in PERSONAS.values()}) == len(PERSONAS)
    assert all(is_gstin(persona.gstin) for persona in PERSONAS.values())


BANDS = (("A", Decimal("0.05")), ("B", Decimal("0.12")), ("C", Decimal("0.25")), ("D", Decimal(2)))


def band_of(pd: Decimal) -> str:
    return next(band for band, below in BANDS if pd < below)


@pytest.mark.parametrize("name", [name for name, persona in PERSONAS.items() if persona.score is not None])
def test_a_persona_says_what_a_real_score_could_say(name: str) -> None:
    score = PERSONAS[name].score
    assert score is not None
    pd = Decimal(score.probability_of_default)
    scale = 550 + 50 / math.log(2) * math.log((1 - float(pd)) / float(pd))
    assert score.altscore == min(900, max(300, round(scale)))  # decision 53
    assert score.risk_band == band_of(pd)
    assert score.recommended_limit_inr % 1000 == 0
    assert (score.recommended_limit_inr == 0) == (score.risk_band == "D")
    assert (50 <= Decimal(score.completeness) < 70) == score.is_low_confidence_data
    for month in score.history:
        assert month.risk_band == band_of(Decimal(1 / (1 + 2 ** ((month.altscore - 550) / 50))))
    assert not score.history or (score.history[0].altscore, score.history[0].risk_band) == (
        score.altscore,
        score.risk_band,
    )
    taxonomy = yaml.safe_load((SCHEMAS / "reference" / "reason_codes.yml").read_text(encoding="utf-8"))
    assert {taxonomy[code]["direction"] for code in score.positive} == {"positive"}
    assert {taxonomy[code]["direction"] for code in score.negative} == {"negative"}


PAGE = Path(__file__).parents[4] / "docs" / "lenders" / "sandbox.md"


def row_of(name: str, persona: Persona) -> str:
    """A persona as the lenders' page tells of it."""
    if persona.error is not None:
        answer = f"{STATUS[persona.error]} `{persona.error}`"
    else:
        assert persona.score is not None
        low = ", low confidence" if is_low(persona) else ""
        answer = f"200, {persona.score.altscore}, band {persona.score.risk_band}{low}"
    return f"| `{name}` | `{persona.retailer_id}` | `{persona.gstin}` | {persona.shows} | {answer} |"


def is_low(persona: Persona) -> bool:
    score = persona.score
    assert score is not None
    return score.is_low_confidence_data or score.is_outdated_by_run or score.data_age_days > 14


def test_the_lenders_page_tells_what_the_data_file_says() -> None:
    told = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "| `ret_" in line]
    assert told == [row_of(*pair) for pair in PERSONAS.items()]


async def test_operators_orders_reach_test_credentials_alone(tester: World) -> None:
    order = {"order_id": str(uuid4()), "by": "ops.first", "reason": "lender_request"}
    done = await tester.admin.post(f"/internal/admin/lenders/{TESTER}/revoke-tokens", json=order)
    assert done.status_code == 200, done.text
    assert (await score(tester, PERSONAS["band_a"].retailer_id)).status_code == 401
    row = "SELECT tokens_valid_from FROM lender WHERE lender_id = $1"
    assert await tester.pool.fetchval(row, OTHER_LENDER) is None
