"""A SAML session permits nothing alone; an admin token lasts fifteen minutes, and each one is a touch of the key."""

import asyncio
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from simulators_security_key.authenticator import Otherwise

from ..people import People

SESSION, TOKEN = "__Host-altscore_operator", "__Host-altscore_operator_token"


async def test_signed_in_by_saml_and_key_an_operator_works(people: People) -> None:
    person = await people.person("asha", "altscore-ops")
    answer = await person.sign_in()
    cookie = SimpleCookie(answer.headers.get_list("set-cookie")[1])[SESSION]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "lax", "/")
    assert (await person.client.get("/v1/admin/overview")).json()["code"] == "ADMIN_TOKEN_REQUIRED"
    assert (await person.register(await people.invited("asha"))).status_code == 201
    token = await person.touch()
    cookie = SimpleCookie(token.headers["set-cookie"])[TOKEN]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "strict", "/")
    assert (await person.client.get("/v1/admin/overview")).status_code == 200
    session = (await person.client.get("/v1/admin/session")).json()
    assert (session["operator_id"], session["roles"], session["sign_in"]) == ("asha", ["engineering_ops"], "token")
    assert "onboard" in session["permissions"]
    assert "promote" not in session["permissions"]


async def test_a_token_ends_after_fifteen_minutes_and_a_session_after_four_hours(people: People) -> None:
    person = await people.at_work("asha")
    people.clock.advance(seconds=15 * 60 - 1)
    assert (await person.client.get("/v1/admin/overview")).status_code == 200
    people.clock.advance(seconds=1)
    assert (await person.client.get("/v1/admin/overview")).json()["code"] == "ADMIN_TOKEN_REQUIRED"
    people.clock.advance(seconds=4 * 3600 - 15 * 60 - 1)
    assert (await person.touch()).status_code == 201
    assert (await person.client.get("/v1/admin/overview")).status_code == 200
    people.clock.advance(seconds=1)
    assert (await person.client.get("/v1/admin/overview")).json()["code"] == "UNAUTHORIZED"


async def test_no_token_outlives_its_session(people: People) -> None:
    person = await people.at_work("asha")
    people.clock.advance(seconds=4 * 3600 - 60)
    answer = await person.touch()
    session = (await person.client.get("/v1/admin/session")).json()
    assert answer.json()["token_expires_at"] == session["session_expires_at"]


async def test_logging_out_everywhere_ends_every_session_and_its_tokens(people: People) -> None:
    person = await people.at_work("asha")
    other = await people.person("asha")
    await other.sign_in()
    assert (await other.post("/v1/admin/session/logout", {"everywhere": True})).status_code == 204
    assert (await person.client.get("/v1/admin/session")).status_code == 401
    assert (await person.client.get("/v1/admin/overview")).status_code == 401


async def test_logging_out_ends_this_session_alone(people: People) -> None:
    person = await people.at_work("asha")
    other = await people.person("asha")
    await other.sign_in()
    assert (await other.post("/v1/admin/session/logout", {})).status_code == 204
    assert (await other.client.get("/v1/admin/session")).status_code == 401
    assert (await person.client.get("/v1/admin/overview")).status_code == 200


async def test_a_post_with_the_cookies_alone_is_refused_and_audited(people: People) -> None:
    person = await people.at_work("asha")
    for headers in ({}, {"X-CSRF-Token": "0" * 64}):
        answer = await person.client.post("/v1/admin/session/logout", json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_TOKEN_REFUSED")
    assert ("admin_action", "asha", "refused") in await people.operations.audited()


async def test_a_token_of_one_session_is_none_of_another(people: People) -> None:
    asha, banu = await people.at_work("asha"), await people.person("banu")
    await banu.sign_in()
    stolen = asha.client.cookies[TOKEN]
    banu.client.cookies.set(TOKEN, stolen, domain="altscore.test")
    assert (await banu.client.get("/v1/admin/overview")).json()["code"] == "ADMIN_TOKEN_REQUIRED"


async def test_neither_cookie_is_in_the_database(people: People) -> None:
    person = await people.at_work("asha")
    text = await people.operations.whole_database()
    assert person.client.cookies[SESSION] not in text
    assert person.client.cookies[TOKEN] not in text


async def test_cookies_that_ended_lock_no_address(people: People) -> None:
    person = await people.at_work("asha")
    people.clock.advance(seconds=5 * 3600)
    statuses = {(await person.client.get("/v1/admin/overview")).status_code for _ in range(7)}
    assert statuses == {401}


async def test_a_touch_answers_one_challenge_once(people: People) -> None:
    person = await people.at_work("asha")
    challenge = (await person.post("/v1/admin/session/challenge")).json()
    body = {"challenge_id": challenge["challenge_id"], "credential": person.key.get(challenge["options"])}
    answers = await asyncio.gather(*(person.post("/v1/admin/session/token", body) for _ in range(4)))
    assert [answer.status_code for answer in answers].count(201) == 1


async def test_a_challenge_is_over_after_five_minutes(people: People) -> None:
    person = await people.at_work("asha")
    challenge = (await person.post("/v1/admin/session/challenge")).json()
    body = {"challenge_id": challenge["challenge_id"], "credential": person.key.get(challenge["options"])}
    people.clock.advance(seconds=timedelta(minutes=5).total_seconds())
    assert (await person.post("/v1/admin/session/token", body)).status_code == 403


@pytest.mark.parametrize("field", ["operator_id", "roles", "expires_at"])
async def test_a_body_cannot_name_the_operator_the_roles_or_the_end(people: People, field: str) -> None:
    person = await people.at_work("asha")
    assert (await person.touch(Otherwise(), **{field: "super_admin"})).status_code == 400
