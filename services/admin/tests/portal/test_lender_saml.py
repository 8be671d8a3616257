"""Officers sign in by SAML at their own lender's provider, and no other answer opens a session."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import onelogin
import pytest
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.wiring import SignInAt, create_services
from altscore_libs.clock import FixedClock
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, Database, entered_files

from ..people import IDP_CERTIFICATE, IDP_KEY, OTHER_CERTIFICATE, OTHER_KEY, TIME, request_of, signed
from ..saml.test_precheck import XSLT
from ..saml.wrapping import VARIANTS, wrapped
from .conftest import CATALOGUE, KEYS, Owners, Portal
from .lenders import (
    ENTITY_ID,
    FIRST,
    OFFICER,
    ORIGIN,
    SECOND,
    acs,
    assertion,
    begin,
    configure,
    cookie,
    enrol,
    keep,
    post,
    sign_in,
)

PAST, FUTURE = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (-30, 30))
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def clock() -> FixedClock:
    """The machine's time: the SAML library takes no other."""
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
async def portal(database: Database, pool: asyncpg.Pool, owners: Owners, clock: FixedClock) -> Portal:
    """The portal with a lender whose one officer signs in by SAML."""
    outbox = Outbox(CATALOGUE, "portal", clock, mac_key=OUTBOX_KEY)
    at = SignInAt(ProviderClient(monotonic=lambda: 0.0), ORIGIN)
    services = create_services(pool, outbox=outbox, clock=clock, keys=KEYS, clients=owners.clients(), sign_in=at)
    world = Portal(services, pool=pool, database=database, clock=clock)
    await configure(world)
    await enrol(world)
    return world


async def refusal(portal: Portal, answer: httpx.Response) -> str:
    """That nobody was signed in, and what the audit knows of it."""
    assert (answer.status_code, answer.json()["code"]) == (401, "IDENTITY_NOT_PROVEN"), answer.text
    assert "set-cookie" not in answer.headers
    assert await portal.pool.fetchval("SELECT count(*) FROM session") == 0
    event = await portal.last_audited()
    assert (event["action"], event["outcome"], event["actor"]) == ("failed_auth", "refused", "unknown")
    assert event["subject"] == "/v1/lender/saml/{lender_id}/acs"
    return str(event["reason"])


async def test_the_request_names_the_lenders_own_acs_and_carries_no_relay_state(portal: Portal) -> None:
    async with portal.browser() as client:
        answer = await client.get(f"/v1/lender/saml/{FIRST}/login", params={"next": "/lender/alerts"})
    location = answer.headers["location"]
    assert location.startswith("https://lender-one.test/sso?SAMLRequest=")
    assert location.endswith("&RelayState=") or "RelayState" not in location
    _, xml = request_of(location)
    assert f'AssertionConsumerServiceURL="{acs(FIRST)}"' in xml
    assert f"{ORIGIN}/v1/lender/saml/{FIRST}/metadata</saml:Issuer>" in xml
    kept = answer.headers["set-cookie"]
    assert kept.startswith("__Host-altscore_lender_signing_in=")
    assert all(part in kept for part in ("Secure", "HttpOnly", "SameSite=none", "Path=/", "Max-Age=600"))


async def test_metadata_are_a_lenders_own_and_do_not_tell_who_exists(portal: Portal) -> None:
    async with portal.browser() as client:
        texts = [
            (await client.get(f"/v1/lender/saml/{lender_id}/metadata")).text for lender_id in (FIRST, "lender_unknown")
        ]
    for lender_id, text in zip((FIRST, "lender_unknown"), texts, strict=True):
        assert f'entityID="{ORIGIN}/v1/lender/saml/{lender_id}/metadata"' in text
        assert f'Location="{acs(lender_id)}"' in text
        assert 'AuthnRequestsSigned="false" WantAssertionsSigned="true"' in text


async def test_an_officer_signs_in_for_eight_hours_and_signs_out(portal: Portal) -> None:
    async with portal.browser() as client:
        done = await sign_in(client)
        assert (done.status_code, done.headers["location"]) == (303, "/lender/")
        session = (await client.get("/v1/lender/session")).json()
        assert (session["organisation_id"], session["sign_in"]) == (FIRST, "saml")
        end = portal.clock.now() + timedelta(hours=8)
        idle_end = portal.clock.now() + timedelta(minutes=30)
        assert [session["expires_at"], session["idle_expires_at"]] == [end.strftime(TIME), idle_end.strftime(TIME)]
        event = await portal.last_audited()
        assert (event["action"], event["details"]["sign_in"]) == ("portal_signed_in", "saml")
        out = await client.post("/v1/lender/logout", headers={"X-CSRF-Token": session["csrf_token"]})
        assert (out.status_code, (await client.get("/v1/lender/session")).status_code) == (200, 401)
    assert OFFICER[FIRST] not in str(await portal.audited())


async def test_the_providers_earlier_end_of_the_session_holds(portal: Portal) -> None:
    end = (portal.clock.now() + timedelta(hours=1)).strftime(TIME)
    async with portal.browser() as client:
        assert (await sign_in(client, session_end=f' SessionNotOnOrAfter="{end}"')).status_code == 303
        assert (await client.get("/v1/lender/session")).json()["expires_at"] == end


@pytest.mark.parametrize("path", ["/lender/retailers?band=A", "/lender/"])
async def test_the_browser_comes_back_to_the_page_that_it_left_whatever_relay_state_says(
    portal: Portal, path: str
) -> None:
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client, next=path)))
        answer = await post(client, xml, RelayState="https://evil.test/")
    assert (answer.status_code, answer.headers["location"]) == (303, path)


@pytest.mark.parametrize("path", ["//evil.test", "https://evil.test", "/\\evil.test", "/v1/lender/session"])
async def test_a_sign_in_ends_on_a_page_of_ours_alone(portal: Portal, path: str) -> None:
    async with portal.browser() as client:
        answer = await client.get(f"/v1/lender/saml/{FIRST}/login", params={"next": path})
    assert (answer.status_code, "evil" in answer.text) == (400, False)


async def test_a_page_that_was_changed_in_the_cookie_belongs_to_no_request(portal: Portal) -> None:
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client)))
        state = cookie(client).rpartition(".")[0]
        changed = {"L2xlbmRlci9hbGVydHM": "other_request", "Ly9ldmlsLnRlc3Q": "no_request", "%": "no_request"}
        for page, reason in changed.items():  # /lender/alerts, //evil.test, nothing
            keep(client, f"{state}.{page}")
            assert await refusal(portal, await post(client, xml)) == f"saml: {reason}"


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": f"{ORIGIN}/v1/lender/saml/{SECOND}/metadata"},
        {"audience": f"{ORIGIN}/v1/admin/saml/metadata"},
        {"recipient": acs(SECOND)},
        {"destination": acs(SECOND)},
        {"issuer": ENTITY_ID[SECOND]},
        {"until": PAST.strftime(TIME)},
        {"since": FUTURE.strftime(TIME)},
        {"until": (datetime.now(UTC) + timedelta(hours=5)).strftime(TIME)},
        {"confirmed_id": "_" + "2" * 64},
        {"name": "nobody@lender-one.example"},
        {"name": "officer"},
        {"name": ""},
    ],
    ids=lambda changes: "-".join(f"{name}{len(value)}" for name, value in changes.items()),
)
async def test_an_assertion_that_says_something_else_opens_nothing(portal: Portal, changes: dict[str, Any]) -> None:
    async with portal.browser() as client:
        assert (await refusal(portal, await sign_in(client, **changes))).startswith("saml: ")
        assert (await client.get("/v1/lender/session")).status_code == 401
    assert "lender-one.example" not in str(await portal.audited())


async def test_a_response_that_is_unsigned_forged_wrapped_or_cut_opens_nothing(portal: Portal) -> None:
    async with portal.browser() as client:
        xml = assertion(await begin(client))
        kept, name = cookie(client), OFFICER[FIRST]
        right = signed(xml)
        forged = [xml, signed(xml, OTHER_KEY, OTHER_CERTIFICATE), right.replace(name, "boss@lender-one.example")]
        forged += [right.replace(f">{name}<", f">{name[:8]}<!-- -->{name[8:]}<"), right.replace("<ds:X509Data>", XSLT)]
        forged += [wrapped(variant, right) for variant in VARIANTS]
        for document in forged:
            keep(client, kept)
            await refusal(portal, await post(client, document))
        keep(client, kept)
        assert (await post(client, right)).status_code == 303  # what was refused used nothing up


async def test_what_the_form_refuses_reaches_no_signature_code(portal: Portal) -> None:
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client))).replace("<ds:Transforms>", f"<ds:Transforms>{XSLT}")
        with entered_files(Path(next(iter(onelogin.__path__)))) as entered:
            assert await refusal(portal, await post(client, xml)) == "saml: namespace"
    assert [name for name in entered if "response" in name or "xml" in name] == []
    assert entered, "the lender's provider was never read: the rule would hold over nothing"


async def test_a_response_and_a_request_count_once(portal: Portal) -> None:
    async with portal.browser() as client:
        request_id = await begin(client)
        kept = cookie(client)
        first, second = signed(assertion(request_id)), signed(assertion(request_id, session_end=" "))
        statuses = []
        for xml in (first, first, second):
            keep(client, kept)
            statuses.append((await post(client, xml)).status_code)
        assert statuses == [303, 401, 401]
    reasons = [event["reason"] for event in await portal.audited() if event["action"] == "failed_auth"]
    assert reasons == ["saml: replayed"] * 2


async def test_of_four_at_once_one_signs_in(portal: Portal) -> None:
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client)))
        answers = await asyncio.gather(*(post(client, xml) for _ in range(4)))
    assert [answer.status_code for answer in answers].count(303) == 1
    assert await portal.pool.fetchval("SELECT count(*) FROM session") == 1


async def test_an_answer_in_another_browser_or_of_no_browser_signs_nobody_in(portal: Portal) -> None:
    async with portal.browser() as attacker, portal.browser() as victim:
        xml = signed(assertion(await begin(attacker)))
        assert await refusal(portal, await post(victim, xml)) == "saml: no_request"
        await begin(victim)
        assert await refusal(portal, await post(victim, xml)) == "saml: other_request"


async def test_a_sign_in_that_takes_longer_than_ten_minutes_is_over(portal: Portal) -> None:
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client)))
        portal.clock.advance(seconds=600)
        assert await refusal(portal, await post(client, xml)) == "saml: no_request"


@pytest.mark.parametrize("key", ["its own", "the same as the other lender's"])
async def test_a_lenders_provider_never_opens_another_lender(portal: Portal, key: str) -> None:
    """Not even where both share a provider: request, ACS and audience are the lender's own."""
    own = (OTHER_KEY, OTHER_CERTIFICATE) if key == "its own" else (IDP_KEY, IDP_CERTIFICATE)
    shared = {} if key == "its own" else {"entity_id": ENTITY_ID[FIRST]}
    await configure(portal, SECOND, certificates_pem=own[1], **shared)
    await enrol(portal, SECOND)
    issuer = shared.get("entity_id", ENTITY_ID[SECOND])
    async with portal.browser() as client:
        # Of lender two, as it is right there, brought to lender one.
        right = signed(assertion(await begin(client, SECOND), SECOND, issuer=issuer), *own)
        kept = cookie(client)
        assert await refusal(portal, await post(client, right, FIRST)) == "saml: other_request"
        # Lender two's provider says all that lender one's would say, to a request of lender one.
        forged = signed(assertion(await begin(client, FIRST), FIRST, issuer=issuer), *own)
        if key == "its own":
            assert (await refusal(portal, await post(client, forged, FIRST))).startswith("saml: library_")
        # An officer of lender one is none of lender two.
        keep(client, kept)
        other = signed(assertion(await begin(client, SECOND), SECOND, issuer=issuer, name=OFFICER[FIRST]), *own)
        assert await refusal(portal, await post(client, other, SECOND)) == "saml: nobody_enrolled"
        keep(client, kept)
        assert (await post(client, right, SECOND)).status_code == 303
        assert (await client.get("/v1/lender/session")).json()["organisation_id"] == SECOND


async def test_an_operators_assertion_opens_no_lender(portal: Portal) -> None:
    async with portal.browser() as client:
        request_id = await begin(client)
        xml = assertion(request_id, destination=f"{ORIGIN}/v1/admin/saml/acs", recipient=f"{ORIGIN}/v1/admin/saml/acs")
        assert await refusal(portal, await post(client, signed(xml))) == "saml: destination"


@pytest.mark.parametrize("same", [True, False])
async def test_a_provider_that_was_replaced_meanwhile_signs_nobody_in(portal: Portal, same: bool) -> None:
    """Even when the new one says exactly what the former one said: its sessions were ended for a reason."""
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client)))
        await configure(portal, **({} if same else {"certificates_pem": OTHER_CERTIFICATE}))
        assert await refusal(portal, await post(client, xml)) == "saml: other_request"
        assert (await sign_in(client)).status_code == (303 if same else 401)


async def test_a_lender_that_changed_to_oidc_meanwhile_signs_nobody_in_by_saml(portal: Portal) -> None:
    path = f"/organisations/lender/{FIRST}/identity-provider"
    client_of = {"issuer": "https://idp.test", "client_id": "client", "client_secret": "a-client-secret-of-the-lender"}
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client)))
        draft = await portal.ask("POST", f"{path}/drafts", json=client_of | {"organisation_name": "Lender One"})
        assert (await portal.ask("POST", f"{path}/activate", json=draft.json())).status_code == 200
        assert await refusal(portal, await post(client, xml)) == "saml: no_provider"
        login = await client.get(f"/v1/lender/saml/{FIRST}/login")
        assert (login.status_code, login.json()["code"]) == (409, "NO_IDENTITY_PROVIDER")


async def test_the_sign_in_by_oidc_says_that_this_lender_signs_in_by_saml(portal: Portal) -> None:
    async with portal.browser() as client:
        answer = await client.get("/v1/lender/oidc/login", params={"lender_id": FIRST})
    assert (answer.status_code, answer.json()["code"]) == (409, "SIGN_IN_BY_SAML")


@pytest.mark.parametrize("everybody", [False, True])
async def test_a_suspended_officer_is_not_signed_in(portal: Portal, everybody: bool) -> None:
    people = (await portal.ask("GET", f"/organisations/lender/{FIRST}/people")).json()["items"]
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client)))
        subject = "" if everybody else f"/people/{people[0]['person_id']}"
        assert (await portal.ask("POST", f"/organisations/lender/{FIRST}{subject}/suspend")).status_code == 200
        reason = await refusal(portal, await post(client, xml))
    assert reason == ("saml: no_provider" if everybody else "saml: suspended")


async def test_the_address_may_stand_in_a_named_attribute_and_is_bound_to_its_subject(portal: Portal) -> None:
    await configure(portal, email_attribute="roles")
    address = OFFICER[FIRST]
    async with portal.browser() as client:
        for roles in ((), (address, address), ("officer",)):
            assert await refusal(portal, await sign_in(client, roles=roles, name=address)) == "saml: address"
        assert (await sign_in(client, roles=(address,), name="subject-1")).status_code == 303
        await portal.pool.execute("DELETE FROM session")
        client.cookies.clear()
        answer = await sign_in(client, roles=(address,), name="subject-2")
        assert await refusal(portal, answer) == "saml: another_subject"


async def test_a_browser_whose_sign_in_failed_sees_the_sign_in_and_no_json(portal: Portal) -> None:
    async with portal.browser() as client:
        xml = signed(assertion(await begin(client), until=PAST.strftime(TIME)))
        client.headers.update(BROWSER)
        answer = await post(client, xml)
    assert (answer.status_code, answer.headers["location"]) == (303, "/lender/?sign_in=refused")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/x-www-form-urlencoded", b"", 400),
        ("application/x-www-form-urlencoded", b"SAMLResponse=a&SAMLResponse=b", 400),
        ("application/x-www-form-urlencoded", b"SAMLResponse=" + b"A" * 140_000, 413),
    ],
)
async def test_a_body_that_is_no_such_form_is_a_4xx_of_its_own(
    portal: Portal, kind: str, body: bytes, status: int
) -> None:
    async with portal.browser() as client:
        answer = await client.post(f"/v1/lender/saml/{FIRST}/acs", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status


async def test_what_is_no_lender_id_is_no_lender(portal: Portal) -> None:
    changes: dict[str, Any] = {"next": "/lender/"}
    async with portal.browser() as client:
        for name in ("LENDER_ONE", "test_lender_one", "dist_north", "lender_one.evil"):
            assert (await client.get(f"/v1/lender/saml/{name}/login", params=changes)).status_code == 400
        assert (await client.get("/v1/lender/saml/lender_unknown/login")).status_code == 409
