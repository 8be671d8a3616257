"""A lender's identity provider counts once two operators agreed, and its officers come and go."""

import asyncio
from typing import Any

import pytest

from .conftest import NORTH, Portal

PROVIDER = "/organisations/lender/lender_one/identity-provider"
SECRET = "a-client-secret-of-the-lender"
BODY = {
    "organisation_name": "Lender One",
    "issuer": "https://idp.test",
    "client_id": "lender-client",
    "client_secret": SECRET,
}
PEOPLE = "/organisations/distributor/dist_north/people"


async def draft(portal: Portal, **changes: Any) -> dict[str, Any]:
    answer = await portal.ask("POST", f"{PROVIDER}/drafts", json=BODY | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def login_status(portal: Portal) -> int:
    async with portal.browser() as client:
        answer = await client.get("/v1/lender/oidc/login", params={"lender_id": "lender_one"})
        return answer.status_code


async def person(portal: Portal) -> str:
    return str((await portal.ask("GET", PEOPLE)).json()["items"][0]["person_id"])


async def test_a_draft_signs_nobody_in_and_is_shown_to_nobody(portal: Portal) -> None:
    await draft(portal)
    assert await login_status(portal) == 409
    assert (await portal.ask("GET", PROVIDER)).status_code == 404


async def test_an_activated_provider_is_shown_without_its_secret(portal: Portal) -> None:
    activated = await portal.ask("POST", f"{PROVIDER}/activate", json=await draft(portal))
    assert activated.json() == {"sessions_ended": 0}
    answer = await portal.ask("GET", PROVIDER)
    absent = dict.fromkeys(("entity_id", "sso_url", "email_attribute"))
    assert answer.json() == {
        **absent,
        "protocol": "oidc",
        "issuer": "https://idp.test",
        "client_id": "lender-client",
        "certificates_sha256": [],
        "updated_at": "2026-05-20T08:00:00Z",
    }
    assert SECRET.encode() not in bytes(
        await portal.pool.fetchval("SELECT client_secret_ciphertext FROM lender_identity_provider")
    )
    assert [event["outcome"] for event in await portal.audited()][-2:] == ["provider_proposed", "provider_changed"]
    assert SECRET not in str(await portal.audited())


@pytest.mark.parametrize(
    "change",
    [{"issuer": "https://other-idp.test"}, {"client_id": "another"}, {"draft_id": "idp_" + "0" * 32}],
)
async def test_a_draft_that_says_something_else_than_was_approved_is_not_used(
    portal: Portal, change: dict[str, str]
) -> None:
    stated = await draft(portal) | change
    assert (await portal.ask("POST", f"{PROVIDER}/activate", json=stated)).status_code == 404
    assert await portal.pool.fetchval("SELECT count(*) FROM lender_identity_provider") == 0


async def test_another_lenders_draft_is_not_used(portal: Portal) -> None:
    path = PROVIDER.replace("lender_one", "lender_two")
    assert (await portal.ask("POST", f"{path}/activate", json=await draft(portal))).status_code == 404


async def test_a_draft_of_yesterday_is_not_used(portal: Portal) -> None:
    stated = await draft(portal)
    portal.clock.advance(seconds=25 * 3600 + 1)
    assert (await portal.ask("POST", f"{PROVIDER}/activate", json=stated)).status_code == 404
    await draft(portal)
    assert await portal.pool.fetchval("SELECT count(*) FROM lender_identity_provider_draft") == 1


async def test_sixteen_activations_at_once_change_it_once(portal: Portal) -> None:
    stated = await draft(portal)
    calls = [portal.ask("POST", f"{PROVIDER}/activate", json=stated) for _ in range(16)]
    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {200}
    assert [event["outcome"] for event in await portal.audited()].count("provider_changed") == 1


async def test_a_new_provider_ends_sessions_and_binds_people_anew(portal: Portal) -> None:
    officer = {"kind": "lender", "organisation_id": "lender_one", "organisation_name": "Lender One"}
    answer = await portal.ask("POST", "/people", json=officer | {"email": "officer@lender.example"})
    person_id = answer.json()["person_id"]
    await portal.pool.execute("UPDATE person SET oidc_subject_digest = $2 WHERE person_id = $1", person_id, b"s" * 32)
    await portal.pool.execute(
        "INSERT INTO session (token_digest, person_id, sign_in, started_at, seen_at, expires_at)"
        " VALUES ($1, $2, 'oidc', now(), now(), now())",
        b"t" * 32,
        person_id,
    )
    activated = await portal.ask("POST", f"{PROVIDER}/activate", json=await draft(portal))
    assert activated.json() == {"sessions_ended": 1}
    row = await portal.pool.fetchrow("SELECT oidc_subject_digest FROM person WHERE person_id = $1", person_id)
    assert row["oidc_subject_digest"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "http://idp.test"},
        {"issuer": "https://idp.test?x=1"},
        {"client_secret": "short"},
        {"client_id": ""},
        {"organisation_name": "a\nb"},
        {"surplus": 1},
    ],
)
async def test_what_is_no_provider_is_refused_without_an_echo(portal: Portal, change: dict[str, Any]) -> None:
    answer = await portal.ask("POST", f"{PROVIDER}/drafts", json=BODY | change)
    assert (answer.status_code, SECRET in answer.text) == (400, False)


@pytest.mark.parametrize("everybody", [False, True])
async def test_sessions_end_and_the_person_may_sign_in_anew(portal: Portal, everybody: bool) -> None:
    path = "/organisations/distributor/dist_north"
    async with portal.signed_in(NORTH) as client:
        subject = path if everybody else f"{PEOPLE}/{await person(portal)}"
        answer = await portal.ask("POST", f"{subject}/end-sessions")
        assert answer.json() == {"sessions_ended": 1}
        assert (await client.get("/v1/portal/session")).status_code == 401
    assert "sessions_ended" in [event["outcome"] for event in await portal.audited()]
    async with portal.signed_in(NORTH):
        pass


async def test_a_removed_person_leaves_no_contacts_and_signs_in_no_more(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        person_id = await person(portal)
        answer = await portal.ask("POST", f"{PEOPLE}/{person_id}/remove")
        assert answer.json() == {"sessions_ended": 1}
        assert (await client.get("/v1/portal/session")).status_code == 401
    assert (await portal.ask("GET", PEOPLE)).json()["items"] == []
    assert (await portal.ask("POST", f"{PEOPLE}/{person_id}/remove")).status_code == 404
    assert [event["outcome"] for event in await portal.audited()].count("removed") == 1


@pytest.mark.parametrize("what", ["remove", "end-sessions"])
async def test_nobody_of_another_organisation_is_reached(portal: Portal, what: str) -> None:
    path = PEOPLE.replace("dist_north", "dist_south")
    assert (await portal.ask("POST", f"{path}/{await person(portal)}/{what}")).status_code == 404
    assert len((await portal.ask("GET", PEOPLE)).json()["items"]) == 1
