"""GET /internal/portal/lenders/{lender_id}/retailers/{retailer_id}: a disclosure under the rules of POST /v1/score."""

from typing import Any

import httpx
import psycopg

from ..world import (
    LENDER,
    NOW,
    OTHER_LENDER,
    OTHER_RETAILER,
    PERSON,
    RETAILER,
    UNKNOWN_RETAILER,
    World,
    without_request_id,
)

NEWER = "2026-05-20T01:00:00Z"


async def view(portal: httpx.AsyncClient, retailer_id: str = RETAILER, lender_id: str = LENDER) -> httpx.Response:
    """One view of a retailer."""
    return await portal.get(f"/internal/portal/lenders/{lender_id}/retailers/{retailer_id}")


def without_id(score: dict[str, Any]) -> dict[str, Any]:
    """A score without the id of the call that brought it."""
    return {name: value for name, value in score.items() if name != "request_id"}


async def test_a_view_shows_what_a_call_for_the_score_answers(world: World, portal: httpx.AsyncClient) -> None:
    body = (await view(portal)).json()
    assert without_id(body["score"]) == without_id((await world.score()).json())
    assert [month["month"] for month in body["history"]] == ["2026-05"]
    assert (body["code"], body["purpose"]) == (None, "working_capital_loan")


async def test_unknown_and_foreign_retailers_are_refused_alike(world: World, portal: httpx.AsyncClient) -> None:
    await world.onboard(OTHER_LENDER)
    await world.grant(OTHER_RETAILER, OTHER_LENDER)
    await world.computed(OTHER_RETAILER)
    replies = [await view(portal, retailer) for retailer in (OTHER_RETAILER, UNKNOWN_RETAILER)]
    replies.append(await view(portal, RETAILER, OTHER_LENDER))
    assert {reply.status_code for reply in replies} == {403}
    assert len({without_request_id(reply) for reply in replies}) == 1
    assert len(await world.audit("score_refused")) == 3


async def test_the_same_score_spends_one_disclosure_however_often_it_is_opened(
    world: World, portal: httpx.AsyncClient
) -> None:
    views = [(await view(portal)).json()["is_repeated"] for _ in range(5)]
    assert views == [False, True, True, True, True]
    assert [(await world.score()).status_code for _ in range(3)] == [200, 200, 429]
    entries = await world.audit("score_requested")
    assert [entry["outcome"] for entry in entries] == ["served", *["replayed"] * 4, "served", "served"]
    assert {entry["details"].get("person_id") for entry in entries[:5]} == {PERSON}
    assert {(entry["actor"], entry["subject"]) for entry in entries} == {(LENDER, RETAILER)}


async def test_spent_disclosures_refuse_a_score_that_was_not_opened_yet(
    world: World, portal: httpx.AsyncClient
) -> None:
    for _ in range(3):
        await world.score()
    body = (await view(portal)).json()
    assert (body["score"], body["code"], body["history"]) == (None, "RATE_LIMIT_EXCEEDED", [])
    assert 86_000 < body["retry_after_s"] <= 86_401


async def test_a_newer_score_is_another_view(world: World, portal: httpx.AsyncClient) -> None:
    await view(portal)
    await world.computed(score_id="scr_" + "9" * 32, scored_at=NEWER, altscore=801)
    body = (await view(portal)).json()
    assert (body["score"]["altscore"], body["is_repeated"]) == (801, False)


async def test_a_revoked_consent_hides_the_score_and_its_months_at_once(
    world: World, portal: httpx.AsyncClient
) -> None:
    await view(portal)
    await world.revoke()
    refused = await view(portal)
    assert (refused.status_code, "724" in refused.text, "2026-05" in refused.text) == (403, False, False)


async def test_a_newer_block_hides_the_score_and_its_months(world: World, portal: httpx.AsyncClient) -> None:
    await view(portal)
    await world.blocked(code="MANUAL_REVIEW_REQUIRED", at=NOW)
    body = (await view(portal)).json()
    assert (body["score"], body["code"], body["history"]) == (None, "MANUAL_REVIEW_REQUIRED", [])


async def test_a_record_that_was_changed_is_not_shown(world: World, portal: httpx.AsyncClient) -> None:
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as connection:
        connection.execute("UPDATE sealed_score SET sealed_record = replace(sealed_record, '724', '899')")
    assert (await view(portal)).status_code == 503
    rows = (await portal.get(f"/internal/portal/lenders/{LENDER}/retailers")).json()["items"]
    assert [(row["state"], row["altscore"]) for row in rows] == [("unverified", None)]
