"""A distributor's people read and do what is their own distributor's, and nothing else by any id."""

import json
from typing import Any

import httpx
import pytest
from altscore_admin.portal.app import create_app

from .conftest import BATCHES, NORTH, RETAILERS, SOUTH, Owners, Portal

OF_PEOPLE = {"/v1/portal/session", "/v1/portal/logout"}
OPEN = {
    "/v1/portal/otp",
    "/v1/portal/otp/verify",
    "/v1/portal/oidc/login",
    "/v1/portal/oidc/callback",
    "/v1/lender/oidc/login",
    "/v1/lender/oidc/callback",
    "/v1/lender/saml/{lender_id}/login",
    "/v1/lender/saml/{lender_id}/acs",
    "/v1/lender/saml/{lender_id}/metadata",
}


def operations() -> list[tuple[str, str]]:
    """Every method and path of the portal."""
    paths = create_app(None).openapi()["paths"]
    return sorted((method.upper(), path) for path, methods in paths.items() for method in methods)


READINGS = [path for method, path in operations() if method == "GET" and path.startswith("/v1/portal/")]
READINGS = [path for path in READINGS if path not in OF_PEOPLE | OPEN]


def test_the_readings_are_those_of_the_contract() -> None:
    names = {path.removeprefix("/v1/portal/") for path in READINGS}
    assert names == {"sync", "batches", "batches/{batch_id}", "quarantine", "retailers", "invites", "credentials"}


async def test_every_route_that_is_not_open_asks_who_is_there(portal: Portal) -> None:
    closed = [(method, path) for method, path in operations() if path not in OPEN]
    assert len(closed) >= 12
    async with portal.browser() as client:
        for method, path in closed:
            address = path.replace("{batch_id}", BATCHES[NORTH])
            body: dict[str, Any] = {"json": {"retailer_ids": [RETAILERS[NORTH]]}} if method == "POST" else {}
            answer = await client.request(method, address, **body)
            assert answer.status_code == 401, f"{method} {path}"
    assert (await portal.last_audited())["details"]["source"]


@pytest.mark.parametrize("path", READINGS)
async def test_a_reading_asks_for_the_sessions_distributor_and_shows_nothing_of_another(
    portal: Portal, owners: Owners, path: str
) -> None:
    async with portal.signed_in(NORTH) as client:
        answer = await client.get(path.replace("{batch_id}", BATCHES[NORTH]), params={"distributor_id": SOUTH})
    assert answer.status_code == 200, answer.text
    assert len(owners.asked) == 1
    assert f"/distributors/{NORTH}/" in owners.asked[0]
    assert not any(identifier in answer.text for identifier in (SOUTH, BATCHES[SOUTH], RETAILERS[SOUTH]))
    event = (await portal.audited())[-1]
    assert (event["action"], event["subject"], event["outcome"]) == ("portal_data_access", NORTH, "requested")


async def test_a_batch_of_another_distributor_is_unknown_and_the_attempt_is_audited(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        answer = await client.get(f"/v1/portal/batches/{BATCHES[SOUTH]}")
        unknown = await client.get("/v1/portal/batches/bat_" + "9" * 32)
    assert answer.status_code == 404
    assert same(answer) == same(unknown)
    event = await portal.last_audited()
    assert (event["outcome"], event["subject"]) == ("refused", NORTH)


def same(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


@pytest.mark.parametrize(
    "query",
    ["batches?cursor=1.bat_x", "retailers?cursor=ret_x", "invites?cursor=-1", "batches?limit=0", "batches?limit=9999"],
)
async def test_a_cursor_of_another_form_is_refused_without_asking_anybody(
    portal: Portal, owners: Owners, query: str
) -> None:
    async with portal.signed_in(NORTH) as client:
        answer = await client.get(f"/v1/portal/{query}")
    assert answer.status_code == 400
    assert owners.asked == []


async def test_the_sync_status_tells_a_difference_of_one_paisa(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        sync = (await client.get("/v1/portal/sync")).json()
    [month] = sync["months"]
    assert (sync["verdict"], month["verdict"], month["difference_inr"]) == ("differs", "differs", "0.01")
    assert (month["erp"]["amount_inr"], month["bronze"]["amount_inr"]) == ("1250.50", "1250.49")


async def test_a_quarantined_record_comes_with_what_to_do_in_both_languages(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        detail = (await client.get(f"/v1/portal/batches/{BATCHES[NORTH]}")).json()
        waiting = (await client.get("/v1/portal/quarantine")).json()
    guidance = {"en": "Write the date as YYYY-MM-DD.", "hi": "तारीख YYYY-MM-DD के रूप में लिखें।"}
    assert detail["reasons"][0]["guidance"] == waiting["items"][0]["reasons"][0]["guidance"] == guidance


async def test_credentials_say_what_is_due_and_nothing_that_proves_them(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        held = (await client.get("/v1/portal/credentials")).json()
    assert [item["rotation_due"] for item in held["certificates"]] == [True]
    assert [(item["age_days"], item["rotation_due"]) for item in held["api_keys"]] == [(19, False)]
    assert "no field of the portal" not in json.dumps(held)


async def test_a_hanging_or_broken_neighbour_is_a_503(portal: Portal, owners: Owners) -> None:
    owners.is_down = True
    async with portal.signed_in(NORTH) as client:
        for path in READINGS:
            assert (await client.get(path.replace("{batch_id}", BATCHES[NORTH]))).status_code == 503


async def test_invites_go_to_own_retailers_alone_in_the_own_name(portal: Portal, owners: Owners) -> None:
    body = {"retailer_ids": [RETAILERS[NORTH], RETAILERS[SOUTH], RETAILERS[NORTH]], "language": "en"}
    async with portal.signed_in(NORTH) as client:
        first = (await client.post("/v1/portal/invites", json=body)).json()
        again = (await client.post("/v1/portal/invites", json=body)).json()
    nothing = {"already_open": 0, "unreachable": 0, "refused": 0, "unknown": 1}
    assert first == {**nothing, "invited": 1}
    assert again == {**nothing, "invited": 0, "already_open": 1}
    distributor, invite = owners.invites[0]
    assert distributor == NORTH
    assert invite == {
        "retailer_id": RETAILERS[NORTH],
        "contact_ref": "pcr_" + "0" * 32,
        "distributor_name": "North Traders",
        "lender_scope": ["lender_one"],
        "purpose": "credit_assessment",
        "language": "en",
    }
    events = [event for event in await portal.audited() if event["action"] == "portal_action"]
    assert [event["outcome"] for event in events] == ["requested", "ok"] * 2


async def test_without_lenders_named_by_operations_nobody_is_invited(portal: Portal, owners: Owners) -> None:
    await portal.pool.execute("UPDATE organisation SET lender_scope = '{}' WHERE organisation_id = $1", NORTH)
    async with portal.signed_in(NORTH) as client:
        answer = await client.post("/v1/portal/invites", json={"retailer_ids": [RETAILERS[NORTH]]})
    assert (answer.status_code, answer.json()["code"]) == (409, "INVITES_NOT_ENABLED")
    assert owners.invites == []


@pytest.mark.parametrize(
    "more",
    [{"distributor_id": SOUTH}, {"lender_scope": ["lender_two"]}, {"purpose": "marketing"}, {"contact_ref": "x"}],
)
async def test_an_invite_that_says_more_than_whom_and_in_which_language_is_refused(
    portal: Portal, owners: Owners, more: dict[str, Any]
) -> None:
    async with portal.signed_in(NORTH) as client:
        answer = await client.post("/v1/portal/invites", json={"retailer_ids": [RETAILERS[NORTH]], **more})
    assert answer.status_code == 400
    assert owners.invites == []
