"""What admin reads about a retailer is everything, for admin alone; a new score is asked for once per lender."""

import psycopg
import pytest
from altscore_libs.testing import api_client
from altscore_score.app import create_internal_app

from ..world import LENDER, OTHER_LENDER, OTHER_RETAILER, RETAILER, UNKNOWN_RETAILER, World

WHY = {"reference": "grv_" + "1" * 32}
PATH = f"/internal/admin/retailers/{RETAILER}"


async def test_every_score_and_block_is_shown_with_its_reasons_and_those_of_others_are_not(world: World) -> None:
    await world.computed()
    await world.computed(score_id="scr_" + "1" * 32)
    await world.computed(OTHER_RETAILER, score_id="scr_" + "2" * 32)
    await world.blocked(code="MANUAL_REVIEW_REQUIRED")
    held = (await world.admin.get(f"{PATH}/scores")).json()
    assert [score["is_verified"] for score in held["scores"]] == [True, True]
    assert {score["record"]["retailer_id"] for score in held["scores"]} == {RETAILER}
    assert held["scores"][0]["record"]["reason_codes"]
    assert len(held["blocks"]) == 1
    [audit] = await world.audit("retailer_scores_read")
    assert (audit["actor"], audit["subject"], audit["details"]["scores"]) == ("admin", RETAILER, "2")


async def test_a_score_whose_signature_fails_is_shown_as_such(world: World) -> None:
    await world.computed()
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("UPDATE sealed_score SET seal = repeat('0', 128)")
    [score] = (await world.admin.get(f"{PATH}/scores")).json()["scores"]
    assert score["is_verified"] is False


async def test_an_unknown_retailer_has_nothing(world: World) -> None:
    held = (await world.admin.get(f"/internal/admin/retailers/{UNKNOWN_RETAILER}/scores")).json()
    assert (held["scores"], held["blocks"]) == ([], [])


async def test_a_new_score_is_asked_for_once_for_every_lender_with_a_consent(world: World) -> None:
    await world.grant()
    await world.grant(lender_id=OTHER_LENDER)
    for _ in range(2):
        reply = await world.admin.post(f"{PATH}/rescoring", json=WHY)
        assert (reply.status_code, reply.json()) == (200, {"retailer_id": RETAILER, "lenders": 2})
    rows = await world.fetch_outbox("SELECT key FROM outbox WHERE name = 'score.requested'")
    assert [row["key"] for row in rows] == [RETAILER, RETAILER]


async def test_nobody_is_scored_anew_for_lenders_without_a_consent(world: World) -> None:
    reply = await world.admin.post(f"/internal/admin/retailers/{UNKNOWN_RETAILER}/rescoring", json=WHY)
    assert reply.json()["lenders"] == 0
    assert await world.fetch_outbox("SELECT key FROM outbox WHERE name = 'score.requested'") == []
    [audit] = await world.audit("rescoring_requested")
    assert audit["outcome"] == "no_consent"


@pytest.mark.parametrize("caller", [None, "consent", "portal", "distributor"])
async def test_admin_alone_may_ask(world: World, caller: str | None) -> None:
    async with api_client(create_internal_app(world.services), caller) as client:
        assert (await client.get(f"{PATH}/scores")).status_code == 403
        assert (await client.post(f"{PATH}/rescoring", json=WHY)).status_code == 403


async def test_what_is_no_retailers_id_is_refused(world: World) -> None:
    assert (await world.admin.get("/internal/admin/retailers/ret_x/scores")).status_code == 400
    assert (await world.admin.post(f"{PATH}/rescoring", json={**WHY, "lender_id": LENDER})).status_code == 400
