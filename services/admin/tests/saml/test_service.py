"""Whoever did not ask, asked elsewhere, or shows another's, old, forged or used response signs in nowhere."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import onelogin
import pytest
from altscore_admin.saml import domain
from altscore_libs.testing import entered_files
from hypothesis import given, settings
from hypothesis import strategies as st

from ..people import OTHER_CERTIFICATE, OTHER_KEY, TIME, People, response_xml, signed
from .test_precheck import XSLT
from .wrapping import VARIANTS, wrapped

PAST, FUTURE = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (-30, 30))


async def test_the_request_is_signed_and_names_our_acs(people: People) -> None:
    person = await people.person("asha")
    answer = await person.client.get("/v1/admin/saml/login")
    assert answer.headers["location"].startswith("https://idp.test/sso?SAMLRequest=")
    assert "&Signature=" in answer.headers["location"]
    assert "SameSite=none" in answer.headers["set-cookie"]
    metadata = (await person.client.get("/v1/admin/saml/metadata")).text
    assert 'AuthnRequestsSigned="true" WantAssertionsSigned="true"' in metadata
    assert "https://altscore.test/v1/admin/saml/acs" in metadata


async def test_a_response_signs_in_once(people: People) -> None:
    person = await people.person("asha")
    xml = signed(response_xml(await person.ask(), "asha"))
    state = person.client.cookies["__Host-altscore_signing_in"]
    headers = {"Cookie": f"__Host-altscore_signing_in={state}"}
    person.client.cookies.clear()
    answers = []
    for _ in range(3):
        person.client.cookies.clear()
        person.client.headers.update(headers)
        answers.append((await person.respond(xml)).status_code)
    assert answers == [303, 400, 400]
    assert set(await people.refusals()) == {"saml: replayed"}


async def test_a_browser_whose_sign_in_failed_sees_the_sign_in_and_no_json(people: People) -> None:
    person = await people.person("asha")
    xml = signed(response_xml(await person.ask(), "asha"))
    person.client.cookies.clear()
    assert (await person.respond(xml)).json()["status"] == 400
    person.client.headers["Accept"] = "text/html,application/xhtml+xml"
    answer = await person.respond(xml)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?sign_in=refused")
    assert "set-cookie" not in answer.headers


async def test_of_four_at_once_one_signs_in(people: People) -> None:
    person = await people.person("asha")
    xml = signed(response_xml(await person.ask(), "asha"))
    answers = await asyncio.gather(*(person.respond(xml) for _ in range(4)))
    assert [answer.status_code for answer in answers].count(303) == 1


async def test_a_second_assertion_for_the_same_request_signs_nobody_in(people: People) -> None:
    person = await people.person("asha")
    request_id = await person.ask()
    state = person.client.cookies["__Host-altscore_signing_in"]
    assert (await person.respond(signed(response_xml(request_id, "asha")))).status_code == 303
    person.client.cookies.set("__Host-altscore_signing_in", state, domain="altscore.test")
    assert (await person.respond(signed(response_xml(request_id, "banu")))).status_code == 400


async def test_another_browsers_response_is_refused(people: People) -> None:
    asha, banu = await people.person("asha"), await people.person("banu")
    request_id = await asha.ask()
    await banu.ask()
    answer = await banu.respond(signed(response_xml(request_id, "asha")))
    assert (answer.status_code, answer.json()["code"]) == (400, "SAML_RESPONSE_REFUSED")
    nobody = await people.person("nobody")
    assert (await nobody.respond(signed(response_xml(request_id, "asha")))).status_code == 400
    assert await people.refusals() == ["saml: other_request", "saml: no_request"]


async def test_a_request_is_over_after_ten_minutes(people: People) -> None:
    person = await people.person("asha")
    request_id = await person.ask()
    people.clock.advance(seconds=600)
    assert (await person.respond(signed(response_xml(request_id, "asha")))).status_code == 400
    assert await people.refusals() == ["saml: no_request"]


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "https://other.test/metadata"},
        {"recipient": "https://other.test/acs"},
        {"recipient": "https://altscore.test/v1/admin/saml/acs/longer"},
        {"destination": "https://other.test/acs"},
        {"destination": "https://altscore.test/v1/admin/saml/acs/longer"},
        {"issuer": "https://other.test/idp"},
        {"until": PAST.strftime(TIME)},
        {"since": FUTURE.strftime(TIME)},
        {"until": (datetime.now(UTC) + timedelta(hours=5)).strftime(TIME)},
        {"confirmed_id": "_" + "2" * 64},
        {"name": "asha@example.com"},
        {"name": "9800000001"},
        {"name": "Asha"},
        {"name": ""},
    ],
    ids=lambda changes: "-".join(changes) + str(len(str(changes))),
)
async def test_an_assertion_that_says_something_else_is_refused_and_audited(
    people: People, changes: dict[str, Any]
) -> None:
    person = await people.person("asha")
    name = changes.pop("name", "asha")
    answer = await person.respond(signed(response_xml(await person.ask(), name, **changes)))
    assert (answer.status_code, answer.json()["code"]) == (400, "SAML_RESPONSE_REFUSED")
    assert len(await people.refusals()) == 1
    assert (await person.client.get("/v1/admin/session")).status_code == 401
    assert "example.com" not in await people.operations.whole_database()
    assert "9800000001" not in await people.operations.whole_database()


async def test_a_response_that_is_unsigned_forged_or_changed_is_refused(people: People) -> None:
    person = await people.person("asha")
    request_id = await person.ask()
    state = person.client.cookies["__Host-altscore_signing_in"]
    xml = response_xml(request_id, "asha")
    forged = [xml, signed(xml, OTHER_KEY, OTHER_CERTIFICATE), signed(xml).replace(">asha<", ">banu<")]
    forged += [
        signed(xml).replace("altscore-super", "altscore-ml"),
        signed(xml).replace("<ds:SignatureValue>", "<ds:SignatureValue>A"),
    ]
    forged += [wrapped(variant, signed(xml)) for variant in VARIANTS]
    for document in forged:
        person.client.cookies.set("__Host-altscore_signing_in", state, domain="altscore.test")
        assert (await person.respond(document)).status_code == 400
    assert len(await people.refusals()) == len(forged)
    person.client.cookies.set("__Host-altscore_signing_in", state, domain="altscore.test")
    assert (await person.respond(signed(xml))).status_code == 303  # what was refused used nothing up


async def test_an_xslt_bomb_reaches_no_signature_code(people: People) -> None:
    person = await people.person("asha")
    xml = signed(response_xml(await person.ask(), "asha")).replace("<ds:Transforms>", f"<ds:Transforms>{XSLT}")
    with entered_files(Path(next(iter(onelogin.__path__)))) as entered:
        assert (await person.respond(xml)).status_code == 400
    assert entered == set()


async def test_roles_come_from_the_configured_attribute_alone(people: People) -> None:
    person = await people.person("asha", "altscore-ml", "super_admin", "SUPER_ADMIN", "other")
    await person.sign_in()
    assert (await person.client.get("/v1/admin/session")).json()["roles"] == ["ml_engineer"]


async def test_a_person_without_a_role_is_403_and_audited(people: People) -> None:
    person = await people.person("asha")
    answer = await person.respond(signed(response_xml(await person.ask(), "asha", roles=("super_admin",))))
    assert (answer.status_code, answer.json()["code"]) == (403, "NO_ROLE")
    assert await people.refusals() == ["saml: no_role"]


async def test_the_providers_end_of_the_session_is_kept(people: People) -> None:
    person = await people.person("asha")
    end = (datetime.now(UTC) + timedelta(hours=1)).strftime(TIME)
    xml = response_xml(await person.ask(), "asha", session_end=f' SessionNotOnOrAfter="{end}"')
    assert (await person.respond(signed(xml))).status_code == 303
    assert (await person.client.get("/v1/admin/session")).json()["session_expires_at"] == end


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ("/grievances?state=open", "/grievances?state=open"),
        ("https://evil.test/", "/"),
        ("//evil.test/", "/"),
        ("/\\evil.test", "/"),
        ("/%0d%0aSet-Cookie:x", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
async def test_afterwards_the_browser_goes_to_a_path_of_ours(people: People, sent: str, location: str) -> None:
    person = await people.person("asha")
    xml = signed(response_xml(await person.ask(sent), "asha"))
    assert (await person.respond(xml, relay_state=sent)).headers["location"] == location


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"SAMLResponse=a&SAMLResponse=b"),
        ("application/x-www-form-urlencoded", b"RelayState=/"),
        ("application/x-www-form-urlencoded", b"\xff=1"),
        ("application/x-www-form-urlencoded", b"SAMLResponse=" + b"A" * 140_000),
    ],
)
async def test_a_body_that_is_no_such_form_is_a_4xx_of_its_own(people: People, kind: str, body: bytes) -> None:
    person = await people.person("asha")
    await person.ask()
    answer = await person.client.post("/v1/admin/saml/acs", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 413, 415)


@settings(deadline=None, max_examples=30)
@given(st.text(max_size=80))
def test_only_a_state_of_ours_is_live(text: str) -> None:
    now = datetime(2026, 5, 20, tzinfo=UTC)
    assert not domain.is_live_state(text, now)
    state = domain.new_request(now).state
    assert domain.is_live_state(state, now + timedelta(seconds=599))
    assert not domain.is_live_state(state, now + timedelta(seconds=600))
    assert not domain.is_live_state(state + text, now) or text == ""
