"""Sessions: how long they live, what ends them, and that a request is the person's own."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from altscore_admin.portal.sessions.domain import LIFETIMES, Kind, Person, Session
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import COOKIE, NORTH, NOW, SOUTH, Portal


async def test_a_session_rests_for_twenty_minutes_and_no_longer(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        portal.clock.advance(seconds=19 * 60)
        assert (await client.get("/v1/portal/session")).status_code == 200
        portal.clock.advance(seconds=19 * 60)
        assert (await client.get("/v1/portal/session")).status_code == 200
        portal.clock.advance(seconds=20 * 60)
        answer = await client.get("/v1/portal/session")
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_IN_NEEDED")
    assert (await portal.last_audited())["reason"] == "session over or unknown"


async def test_a_session_that_is_used_ends_after_four_hours(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        for _ in range(15):
            portal.clock.advance(seconds=15 * 60)
            assert (await client.get("/v1/portal/session")).status_code == 200
        portal.clock.advance(seconds=15 * 60)
        assert (await client.get("/v1/portal/session")).status_code == 401


@settings(deadline=None, max_examples=100)
@given(kind=st.sampled_from(["distributor", "lender"]), seen=st.integers(0, 40_000), now=st.integers(0, 40_000))
def test_a_session_lives_within_both_bounds_and_only_there(kind: Kind, seen: int, now: int) -> None:
    whole, idle = LIFETIMES[kind]
    session = Session(
        person=Person("per_" + "0" * 32, kind, "x"),
        organisation_name="x",
        language="hi",
        sign_in="oidc",
        started_at=NOW,
        seen_at=NOW + timedelta(seconds=seen),
        expires_at=NOW + whole,
    )
    at: datetime = NOW + timedelta(seconds=now)
    assert session.is_alive(at) == (at < NOW + whole and at < session.seen_at + idle)


async def test_logout_ends_this_session_and_logout_everywhere_all_of_them(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as first, portal.signed_in(NORTH) as second, portal.signed_in(SOUTH) as other:
        assert (await first.post("/v1/portal/logout")).json() == {"sessions_ended": 1}
        assert (await second.get("/v1/portal/session")).status_code == 200
        async with portal.signed_in(NORTH) as third:
            assert (await third.post("/v1/portal/logout?everywhere=true")).json() == {"sessions_ended": 2}
        assert (await second.get("/v1/portal/session")).status_code == 401
        assert (await other.get("/v1/portal/session")).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": "é"}], ids=["none", "another", "no hex"]
)
async def test_an_unsafe_method_without_the_sessions_token_changes_nothing(
    portal: Portal, headers: dict[str, str]
) -> None:
    async with portal.signed_in(NORTH) as client:
        del client.headers["X-CSRF-Token"]
        raw = {name.encode(): value.encode() for name, value in headers.items()}
        answer = await client.post("/v1/portal/logout", headers=raw)
        assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_REFUSED")
        assert (await client.get("/v1/portal/session")).status_code == 200
    assert [event["reason"] for event in await portal.audited()].count("csrf") == 1


async def test_the_token_of_another_session_does_not_count(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client, portal.signed_in(SOUTH) as other:
        token = other.headers["X-CSRF-Token"]
        assert (await client.post("/v1/portal/logout", headers={"X-CSRF-Token": token})).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_page_of_another_site_is_refused_even_with_the_token(portal: Portal, site: str) -> None:
    async with portal.signed_in(NORTH) as client:
        answer = await client.post("/v1/portal/logout", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


async def test_a_distributors_session_opens_nothing_of_lenders(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        client.cookies.set("__Host-altscore_lender", client.cookies[COOKIE])
        assert (await client.get("/v1/lender/session")).status_code == 401


PERSON = "/organisations/distributor/dist_north/people/{person}"


@pytest.mark.parametrize("path", [PERSON, "/organisations/distributor/dist_north"])
async def test_suspension_ends_open_sessions_at_once_and_lets_nobody_sign_in(portal: Portal, path: str) -> None:
    person = await portal.pool.fetchval("SELECT person_id FROM person WHERE organisation_id = 'dist_north'")
    async with portal.signed_in(NORTH) as client, portal.signed_in(SOUTH) as other:
        codes = await portal.codes(await portal.start(client, "owner@north.example"))
        answer = await portal.ask("POST", path.format(person=person) + "/suspend")
        assert answer.json() == {"suspended": True, "sessions_ended": 1}
        assert (await client.get("/v1/portal/session")).status_code == 401
        assert (await portal.verify(client, codes)).status_code == 401
        assert (await other.get("/v1/portal/session")).status_code == 200
    await portal.ask("POST", path.format(person=person) + "/reactivate")
    async with portal.signed_in(NORTH) as client:
        assert (await client.get("/v1/portal/session")).status_code == 200


async def test_a_person_is_suspended_for_their_own_organisation_alone(portal: Portal) -> None:
    person = await portal.pool.fetchval("SELECT person_id FROM person WHERE organisation_id = 'dist_north'")
    answer = await portal.ask("POST", f"/organisations/distributor/dist_south/people/{person}/suspend")
    assert answer.status_code == 404
    assert await portal.pool.fetchval("SELECT count(*) FROM person WHERE suspended_at IS NOT NULL") == 0


async def test_a_sign_in_and_a_suspension_at_once_leave_no_session_that_works(portal: Portal) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, "owner@north.example"))
        await asyncio.gather(
            portal.verify(client, codes), portal.ask("POST", "/organisations/distributor/dist_north/suspend")
        )
        assert (await client.get("/v1/portal/session")).status_code == 401


async def test_enrolling_an_address_again_changes_that_person_and_ends_their_sessions(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        before = await portal.pool.fetchval("SELECT person_id FROM person WHERE organisation_id = 'dist_north'")
        assert await portal.enrol(NORTH, phone="9000000009") == before
        assert (await client.get("/v1/portal/session")).status_code == 401


async def test_an_address_of_another_organisation_is_refused(portal: Portal) -> None:
    body = {"kind": "distributor", "organisation_id": "dist_new", "organisation_name": "New"}
    answer = await portal.ask("POST", "/people", json=body | {"email": "owner@north.example", "phone": "9000000003"})
    assert (answer.status_code, answer.json()["code"]) == (409, "ENROLLED_ELSEWHERE")
    assert await portal.pool.fetchval("SELECT count(*) FROM organisation WHERE organisation_id = 'dist_new'") == 0


async def test_operators_see_masked_contacts_page_by_page(portal: Portal) -> None:
    await portal.enrol(NORTH, email="second@north.example", phone="9000000007")
    path = "/organisations/distributor/dist_north/people"
    first = (await portal.ask("GET", path, params={"limit": 1})).json()
    second = (await portal.ask("GET", path, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    shown = {(item["email"], item["phone"]) for page in (first, second) for item in page["items"]}
    assert shown == {("o***@north.example", "******0001"), ("s***@north.example", "******0007")}


@pytest.mark.parametrize("caller", [None, "portal", "ingestion", "score"])
async def test_admin_alone_decides_who_may_sign_in(portal: Portal, caller: str | None) -> None:
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/people", {"kind": "distributor"}),
        ("GET", "/organisations/distributor/dist_north/people", {}),
        ("POST", "/organisations/distributor/dist_north/suspend", {}),
        ("POST", "/organisations/distributor/dist_north/end-sessions", {}),
        ("POST", f"/organisations/distributor/dist_north/people/per_{'1' * 32}/remove", {}),
        ("POST", "/organisations/lender/lender_one/identity-provider/drafts", {}),
        ("POST", "/organisations/lender/lender_one/identity-provider/drafts/saml", {}),
        ("POST", "/organisations/lender/lender_one/identity-provider/activate", {}),
        ("GET", "/organisations/lender/lender_one/identity-provider", {}),
    ]
    for method, path, body in requests:
        options = {"json": body} if method != "GET" else {}
        assert (await portal.ask(method, path, caller=caller, **options)).status_code == 403, path
