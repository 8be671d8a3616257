"""Sign-in at an identity provider: what proves a person, and every way in which an answer proves nobody."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.wiring import SignInAt, create_services
from altscore_libs.clock import FixedClock
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, Database
from starlette.responses import JSONResponse

from .conftest import CATALOGUE, COOKIE, EMAILS, KEYS, NORTH, NOW, Owners, Portal
from .identity_provider import CLIENT, ISSUER, LENDER_CLIENT, ORIGIN, OTHER_ISSUER, OTHER_KEY, IdentityProvider


@pytest.fixture
def provider() -> IdentityProvider:
    return IdentityProvider()


@pytest.fixture
async def portal(
    *, database: Database, pool: asyncpg.Pool, owners: Owners, clock: FixedClock, provider: IdentityProvider
) -> AsyncIterator[Portal]:
    """The portal of a deployment with an identity provider."""
    outbox = Outbox(CATALOGUE, "portal", clock, mac_key=OUTBOX_KEY)
    client = ProviderClient(monotonic=time.monotonic, transport=provider.transport())
    sign_in = SignInAt(client, ORIGIN, CLIENT)
    services = create_services(pool, outbox=outbox, clock=clock, keys=KEYS, clients=owners.clients(), sign_in=sign_in)
    world = Portal(services, pool=pool, database=database, clock=clock)
    await world.enrol(NORTH)
    yield world
    await client.close()


async def begin(client: httpx.AsyncClient, path: str = "/v1/portal/oidc/login", **query: str) -> str:
    """Where the browser is sent."""
    answer = await client.get(path, params=query)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def sign_in(client: httpx.AsyncClient, provider: IdentityProvider, **change: str | None) -> httpx.Response:
    """A whole sign-in; what the browser brings back may be changed, or with None left out."""
    answer = provider.authorise(await begin(client))
    query = {name: value for name, value in {**answer, **change}.items() if value is not None}
    return await client.get("/v1/portal/oidc/callback", params=query)


async def refusal(portal: Portal, answer: httpx.Response) -> str:
    """That a sign-in was refused, and what the audit knows of it."""
    assert (answer.status_code, answer.json()["code"]) == (401, "IDENTITY_NOT_PROVEN"), answer.text
    assert COOKIE not in answer.headers.get("set-cookie", "")
    assert await portal.pool.fetchval("SELECT count(*) FROM session") == 0
    event = await portal.last_audited()
    assert (event["action"], event["outcome"]) == ("failed_auth", "refused")
    return str(event["reason"])


async def test_a_person_whom_the_provider_vouches_for_is_signed_in(portal: Portal, provider: IdentityProvider) -> None:
    async with portal.browser() as client:
        answer = provider.authorise(await begin(client, next="/portal/batches?state=open"))
        done = await client.get("/v1/portal/oidc/callback", params=answer)
        assert (done.status_code, done.headers["location"]) == (303, "/portal/batches?state=open")
        session = (await client.get("/v1/portal/session")).json()
    assert (session["organisation_id"], session["sign_in"]) == (NORTH, "oidc")


async def test_where_a_provider_is_configured_nobody_signs_in_with_codes(portal: Portal) -> None:
    async with portal.browser() as client:
        answer = await client.post("/v1/portal/otp", json={"email": EMAILS[NORTH]})
    assert (answer.status_code, answer.json()["code"]) == (409, "SIGN_IN_AT_PROVIDER")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "x" * 43}, "state unknown, used or too old"),
        ({"iss": OTHER_ISSUER}, "answer of another issuer"),
        ({"iss": None}, "answer of another issuer"),
        ({"code": None}, "refused at the provider"),
        ({"error": "access_denied"}, "refused at the provider"),
        ({"code": "another"}, "refused by the provider"),
    ],
)
async def test_an_answer_that_is_not_of_this_sign_in_proves_nobody(
    portal: Portal, provider: IdentityProvider, change: dict[str, str | None], reason: str
) -> None:
    async with portal.browser() as client:
        assert await refusal(portal, await sign_in(client, provider, **change)) == reason


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": OTHER_ISSUER}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["portal", "another"]}, "audience"),
        ({"azp": "another"}, "audience"),
        ({"exp": int(NOW.timestamp()) - 31}, "expiry"),
        ({"exp": True}, "expiry"),
        ({"iat": int(NOW.timestamp()) + 31}, "issue"),
        ({"iat": int(NOW.timestamp()) - 601}, "issue"),
        ({"sub": ""}, "subject"),
        ({"email_verified": False}, "verified email"),
        ({"email_verified": "true"}, "verified email"),
        ({"email": None}, "verified email"),
    ],
)
async def test_a_token_with_one_wrong_claim_proves_nobody(
    portal: Portal, provider: IdentityProvider, claims: dict[str, Any], reason: str
) -> None:
    provider.claims = claims
    async with portal.browser() as client:
        assert await refusal(portal, await sign_in(client, provider)) == f"id token: {reason}"


@pytest.mark.parametrize("forgery", ["other key", "none", "public key as secret"])
async def test_a_token_that_the_provider_did_not_sign_proves_nobody(
    portal: Portal, provider: IdentityProvider, forgery: str
) -> None:
    if forgery == "other key":
        provider.key = OTHER_KEY
    else:
        header = {"none": {"alg": "none"}, "public key as secret": {"alg": "HS256", "kid": "key-1"}}[forgery]
        parts = (base64.urlsafe_b64encode(str(part).replace("'", '"').encode()).rstrip(b"=") for part in (header, {}))
        token = b".".join((*parts, b"c2ln" if forgery != "none" else b"")).decode()
        provider.token_answer = JSONResponse({"id_token": token})
    async with portal.browser() as client:
        assert await refusal(portal, await sign_in(client, provider)) == "id token: signature"


async def test_a_state_and_a_code_count_once(portal: Portal, provider: IdentityProvider) -> None:
    async with portal.browser() as client:
        query = provider.authorise(await begin(client))
        cookies = dict(client.cookies)
        first = await client.get("/v1/portal/oidc/callback", params=query)
        client.cookies.update(cookies)
        again = await client.get("/v1/portal/oidc/callback", params=query)
    assert (first.status_code, again.status_code, provider.exchanges) == (303, 401, 1)


async def test_sixteen_answers_at_once_open_one_session(portal: Portal, provider: IdentityProvider) -> None:
    async with portal.browser() as client:
        query = provider.authorise(await begin(client))
        calls = [client.get("/v1/portal/oidc/callback", params=query) for _ in range(16)]
        statuses = [answer.status_code for answer in await asyncio.gather(*calls)]
    assert (statuses.count(303), statuses.count(401), provider.exchanges) == (1, 15, 1)


async def test_an_answer_in_another_browser_signs_nobody_in(portal: Portal, provider: IdentityProvider) -> None:
    async with portal.browser() as attacker, portal.browser() as victim:
        query = provider.authorise(await begin(attacker))
        assert (
            await refusal(portal, await victim.get("/v1/portal/oidc/callback", params=query))
            == "state of another browser"
        )


@pytest.mark.parametrize(("kind", "home"), [("portal", "/portal/"), ("lender", "/lender/")])
async def test_a_browser_whose_sign_in_failed_sees_the_sign_in_and_no_json(
    portal: Portal, kind: str, home: str
) -> None:
    query = {"state": "s" * 43, "code": "c"}
    async with portal.browser() as client:
        for params in (query, {}):
            answer = await client.get(
                f"/v1/{kind}/oidc/callback", params=params, headers={"Accept": "text/html,application/xhtml+xml"}
            )
            assert (answer.status_code, answer.headers["location"]) == (303, f"{home}?sign_in=refused")
            assert "__Host-altscore" not in answer.headers.get("set-cookie", "")
        assert (await client.get(f"/v1/{kind}/oidc/callback", params=query)).json()["code"] == "IDENTITY_NOT_PROVEN"
    assert [event["action"] for event in await portal.audited()][-3:] == ["failed_auth"] * 3


async def test_a_browser_whose_provider_is_down_is_told_to_come_back(
    portal: Portal, provider: IdentityProvider
) -> None:
    async with portal.browser() as client:
        query = provider.authorise(await begin(client))
        provider.token_answer = JSONResponse({}, 503)
        answer = await client.get("/v1/portal/oidc/callback", params=query, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal/?sign_in=unavailable")


async def test_a_sign_in_that_takes_longer_than_ten_minutes_is_over(portal: Portal, provider: IdentityProvider) -> None:
    async with portal.browser() as client:
        query = provider.authorise(await begin(client))
        portal.clock.advance(seconds=600)
        answer = await client.get("/v1/portal/oidc/callback", params=query)
    assert await refusal(portal, answer) == "state unknown, used or too old"


async def test_nobody_is_enrolled_by_signing_in(portal: Portal, provider: IdentityProvider) -> None:
    provider.email = "no@body.example"
    async with portal.browser() as client:
        assert await refusal(portal, await sign_in(client, provider)) == "nobody is enrolled with this address"


async def test_an_address_that_another_subject_has_now_signs_nobody_in(
    portal: Portal, provider: IdentityProvider
) -> None:
    async with portal.browser() as client:
        assert (await sign_in(client, provider)).status_code == 303
        await portal.pool.execute("DELETE FROM session")
        provider.claims = {"sub": "subject-2"}
        client.cookies.clear()
        assert await refusal(portal, await sign_in(client, provider)) == "the address belongs to another subject now"


async def test_a_suspended_person_is_not_signed_in(portal: Portal, provider: IdentityProvider) -> None:
    await portal.ask("POST", "/organisations/distributor/dist_north/suspend")
    async with portal.browser() as client:
        assert await refusal(portal, await sign_in(client, provider)) == "suspended"


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": OTHER_ISSUER},
        {"token_endpoint": "http://idp.test/token"},
        {"jwks_uri": None},
        {"jwks_uri": "file:///x"},
        {"jwks_uri": "https://["},
    ],
)
async def test_a_provider_whose_document_is_not_its_own_is_not_used(
    portal: Portal, provider: IdentityProvider, discovery: dict[str, Any]
) -> None:
    provider.discovery = discovery
    async with portal.browser() as client:
        assert (await client.get("/v1/portal/oidc/login")).status_code == 401


async def test_a_provider_that_hangs_costs_a_bounded_time(
    portal: Portal, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altscore_admin.portal.oidc.providers.CALL_S", 0.2)
    provider.hangs = True
    async with portal.browser() as client:
        assert (await sign_in(client, provider)).status_code == 503


@pytest.mark.parametrize(
    "path",
    [
        "//evil.test",
        "https://evil.test",
        "/\\evil.test",
        "/portal/../x",
        "/portal//evil.test",
        "/admin/",
        "/portal/\r\nx: y",
    ],
)
async def test_a_sign_in_ends_on_a_page_of_ours_alone(portal: Portal, path: str) -> None:
    async with portal.browser() as client:
        answer = await client.get("/v1/portal/oidc/login", params={"next": path})
    assert (answer.status_code, "evil" in answer.text) == (400, False)


async def configure(portal: Portal, body: dict[str, Any]) -> None:
    """Has the lender's people sign in at this provider, as admin does once two operators agreed."""
    path = "/organisations/lender/lender_one/identity-provider"
    draft = await portal.ask("POST", f"{path}/drafts", json=body)
    assert (draft.status_code, "secret" in draft.text) == (201, False)
    answer = await portal.ask("POST", f"{path}/activate", json=draft.json())
    assert answer.status_code == 200, answer.text


@asynccontextmanager
async def lender(portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, and a lender with an officer and the provider's other client."""
    body = {
        "organisation_name": "Lender One",
        "issuer": ISSUER,
        "client_id": LENDER_CLIENT,
        "client_secret": "a-client-secret-of-the-lender",
    }
    await configure(portal, body)
    officer = {"kind": "lender", "organisation_id": "lender_one", "organisation_name": "Lender One"}
    await portal.ask("POST", "/people", json=officer | {"email": "officer@lender.example"})
    async with portal.browser() as client:
        yield client


async def test_a_lenders_officer_signs_in_at_the_lenders_own_provider(
    portal: Portal, provider: IdentityProvider
) -> None:
    provider.email = "officer@lender.example"
    async with lender(portal) as client:
        query = provider.authorise(await begin(client, "/v1/lender/oidc/login", lender_id="lender_one"))
        done = await client.get("/v1/lender/oidc/callback", params=query)
        assert (done.status_code, done.headers["location"]) == (303, "/lender/")
        session = (await client.get("/v1/lender/session")).json()
        assert (session["organisation_id"], session["expires_at"]) == ("lender_one", "2026-05-20T16:00:00Z")
        assert (await client.get("/v1/portal/sync")).status_code == 401


async def test_an_answer_for_one_kind_of_people_is_not_taken_for_the_other(
    portal: Portal, provider: IdentityProvider
) -> None:
    async with lender(portal) as client:
        query = provider.authorise(await begin(client, "/v1/lender/oidc/login", lender_id="lender_one"))
        assert await refusal(portal, await client.get("/v1/portal/oidc/callback", params=query)) != ""


async def test_a_lender_without_a_provider_has_no_sign_in(portal: Portal) -> None:
    async with portal.browser() as client:
        for query in ({}, {"lender_id": "lender_unknown"}):
            answer = await client.get("/v1/lender/oidc/login", params=query)
            assert (answer.status_code, answer.json()["code"]) == (409, "NO_IDENTITY_PROVIDER")
