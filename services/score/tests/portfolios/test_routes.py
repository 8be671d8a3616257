"""GET /internal/portal/lenders/{lender_id}/…: a lender's portfolio, and nothing of anybody else's."""

import csv
import io
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_libs.db import transaction
from altscore_libs.testing import api_client
from altscore_score.app import create_internal_app
from altscore_score.portfolios.worker import MonthCounter

from ..world import LENDER, NOW, OTHER_LENDER, OTHER_RETAILER, PERSON, RETAILER, SIGNER, World

THIRD = "ret_ffffffffffffff01"


def path(rest: str, lender_id: str = LENDER) -> str:
    """A route of a lender's dashboard."""
    return f"/internal/portal/lenders/{lender_id}/{rest}"


async def read(portal: httpx.AsyncClient, rest: str, lender_id: str = LENDER, **query: str) -> Any:
    """The body of a good answer."""
    reply = await portal.get(path(rest, lender_id), params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.fixture
async def two_lenders(world: World) -> World:
    """Each lender with one retailer of its own and one that named both."""
    await world.onboard(OTHER_LENDER)
    await world.grant(OTHER_RETAILER, OTHER_LENDER)
    await world.computed(OTHER_RETAILER, altscore=511, risk_band="D", recommended_limit_inr=0)
    await world.grant(THIRD, LENDER)
    await world.grant(THIRD, OTHER_LENDER)
    await world.computed(THIRD, altscore=801, risk_band="A", recommended_limit_inr=50_000)
    return world


async def test_rows_are_the_lenders_own_by_retailer(two_lenders: World, portal: httpx.AsyncClient) -> None:
    mine, theirs = await read(portal, "retailers"), await read(portal, "retailers", OTHER_LENDER)
    assert [row["retailer_id"] for row in mine["items"]] == [RETAILER, THIRD]
    assert [row["retailer_id"] for row in theirs["items"]] == [OTHER_RETAILER, THIRD]
    assert mine["items"][0] == {
        "retailer_id": RETAILER,
        "state": "scored",
        "code": None,
        "score_id": "scr_" + RETAILER[4:].rjust(32, "0"),
        "altscore": 724,
        "risk_band": "B",
        "probability_of_default": 0.082,
        "recommended_limit_inr": 175000,
        "low_confidence": False,
        "scored_at": "2026-05-19T22:14:07Z",
        "expires_at": "2026-06-18T22:14:07Z",
        "purposes": ["working_capital_loan"],
        "consent_expires_at": "2099-01-01T00:00:00Z",
    }


async def test_no_route_names_another_lender_or_its_retailers(two_lenders: World, portal: httpx.AsyncClient) -> None:
    await MonthCounter(two_lenders.pool, SIGNER, two_lenders.clock).step()
    await two_lenders.revoke(OTHER_RETAILER, OTHER_LENDER)
    routes = ("portfolio", "portfolio/history", "retailers", "alerts", "download", "usage", "credentials")
    for route in (*routes, f"retailers/{OTHER_RETAILER}", f"retailers/{THIRD}"):
        reply = await portal.get(path(route))
        assert OTHER_RETAILER not in reply.text, route
        assert OTHER_LENDER not in reply.text, route
        assert reply.status_code == (403 if OTHER_RETAILER in route else 200), route
    months = (await read(portal, "portfolio/history"))["items"]
    assert [(month["standing"], month["retailers"]) for month in months] == [("A", 1), ("B", 1)]


async def test_the_standing_of_another_lenders_retailer_is_no_row(two_lenders: World) -> None:
    async with transaction(two_lenders.pool) as connection:
        assert await connection.fetch("SELECT * FROM retailer_standing") == []  # without a context
        await SIGNER.enter(connection, LENDER)
        rows = await connection.fetch("SELECT retailer_id FROM retailer_standing ORDER BY 1")
        assert [row["retailer_id"] for row in rows] == [RETAILER, THIRD]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE retailer_standing SET risk_band = 'A'")


async def test_a_portfolio_is_counted_by_band(two_lenders: World, portal: httpx.AsyncClient) -> None:
    counted = await read(portal, "portfolio")
    assert (counted["retailers"], counted["recommended_limit_inr"]) == (2, 225_000)
    assert counted["items"] == [
        {"standing": "A", "retailers": 1, "recommended_limit_inr": 50_000},
        {"standing": "B", "retailers": 1, "recommended_limit_inr": 175_000},
    ]
    await two_lenders.blocked(THIRD, code="DATA_INSUFFICIENT", at=NOW)
    counted = await read(portal, "portfolio")
    assert (counted["retailers"], counted["blocked"], counted["recommended_limit_inr"]) == (2, 1, 175_000)


async def test_a_band_chooses_the_rows_of_that_band(two_lenders: World, portal: httpx.AsyncClient) -> None:
    for band, expected in (("A", [THIRD]), ("B", [RETAILER]), ("D", [])):
        body = await read(portal, "retailers", band=band)
        assert [row["retailer_id"] for row in body["items"]] == expected
    await two_lenders.computed(
        THIRD, score_id="scr_" + "9" * 32, risk_band="D", scored_at="2026-05-20T01:00:00Z", altscore=500
    )
    assert [row["retailer_id"] for row in (await read(portal, "retailers", band="D"))["items"]] == [THIRD]


async def test_a_consent_that_ended_hides_its_row_at_once_and_leaves_an_alert(
    two_lenders: World, portal: httpx.AsyncClient
) -> None:
    await two_lenders.revoke(THIRD)
    assert [row["retailer_id"] for row in (await read(portal, "retailers"))["items"]] == [RETAILER]
    assert (await read(portal, "portfolio"))["retailers"] == 1
    assert [(a["kind"], a["retailer_id"]) for a in (await read(portal, "alerts"))["items"]] == [
        ("consent_ended", THIRD)
    ]
    assert len((await read(portal, "retailers", OTHER_LENDER))["items"]) == 2


async def test_a_consent_that_only_the_authority_knows_to_be_over_hides_its_row(
    two_lenders: World, portal: httpx.AsyncClient
) -> None:
    await read(portal, "retailers")
    two_lenders.neighbours.answers[THIRD, LENDER, "working_capital_loan"].update(consented=False, reason="revoked")
    await two_lenders.later(2.1)  # as long as serving uses an answer
    assert [row["retailer_id"] for row in (await read(portal, "retailers"))["items"]] == [RETAILER]
    reply = await portal.get(path("download"))
    assert THIRD not in reply.text


async def test_nobody_reads_while_consent_cannot_be_asked(world: World, portal: httpx.AsyncClient) -> None:
    world.neighbours.is_down = True
    for rest in ("retailers", "download"):
        reply = await portal.get(path(rest))
        assert (reply.status_code, "altscore" in reply.text) == (503, False)


async def test_alerts_name_what_got_worse(world: World, portal: httpx.AsyncClient) -> None:
    newer: dict[str, Any] = {"scored_at": "2026-05-20T01:00:00Z", "expires_at": "2026-06-19T01:00:00Z"}
    await world.computed(score_id="scr_" + "9" * 32, risk_band="C", probability_of_default="0.1500", **newer)
    kinds = [alert["kind"] for alert in (await read(portal, "alerts"))["items"]]
    assert sorted(kinds) == ["band_dropped", "pd_rose"]
    world.clock.advance(seconds=31 * 86_400)
    await world.later(0)
    assert [alert["kind"] for alert in (await read(portal, "alerts"))["items"]] == ["score_expired"]


async def test_a_download_holds_what_may_be_exported(two_lenders: World, portal: httpx.AsyncClient) -> None:
    part = await read(portal, "download")
    assert part["next_cursor"] is None
    header, *rows = csv.reader(io.StringIO(part["lines"]))
    assert header[:4] == ["retailer_id", "state", "altscore", "risk_band"]
    assert [row[:4] for row in rows] == [[RETAILER, "scored", "724", "B"], [THIRD, "scored", "801", "A"]]
    entries = await two_lenders.audit("portfolio_downloaded")
    assert [entry["details"]["retailer_ids"] for entry in entries] == [f"{RETAILER} {THIRD}"]


async def test_every_reading_is_audited_with_the_person(world: World, portal: httpx.AsyncClient) -> None:
    for rest in ("portfolio", "portfolio/history", "retailers", "alerts"):
        await read(portal, rest)
    entries = await world.audit("portfolio_read")
    assert [entry["details"]["kind"] for entry in entries] == ["counts", "months", "rows", "alerts"]
    assert {(entry["actor"], entry["details"]["person_id"]) for entry in entries} == {(LENDER, PERSON)}


async def test_a_suspended_lender_reads_nothing(world: World, portal: httpx.AsyncClient) -> None:
    order = {"order_id": "00000000-0000-4000-8000-000000000001", "by": "op_1", "reason": "drill"}
    assert (await world.admin.post(f"/internal/admin/lenders/{LENDER}/suspend", json=order)).status_code == 200
    for rest in ("portfolio", "portfolio/history", "retailers", "alerts", "download", f"retailers/{RETAILER}"):
        assert (await portal.get(path(rest))).status_code == 403


async def test_while_serving_is_switched_off_a_dashboard_shows_nothing(world: World, portal: httpx.AsyncClient) -> None:
    order = {"order_id": "00000000-0000-4000-8000-000000000002", "by": "op_1", "reason": "breach", "is_off": True}
    assert (await world.admin.post("/internal/admin/serving", json=order)).status_code == 200
    for rest in ("portfolio", "portfolio/history", "retailers", "alerts", "download", "usage", f"retailers/{RETAILER}"):
        assert (await portal.get(path(rest))).status_code == 503, rest


async def test_only_the_portal_may_call(world: World) -> None:
    for caller in ("admin", "consent", None):
        async with api_client(create_internal_app(world.services), caller) as client:
            assert (await client.get(path("portfolio"), params={"person_id": PERSON})).status_code == 403
