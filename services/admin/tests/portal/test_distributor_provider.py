"""A distributor with an identity provider of its own: its people sign in there and nowhere else."""

import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.wiring import SignInAt, create_services
from altscore_libs.clock import FixedClock
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, Database

from .conftest import CATALOGUE, EMAILS, KEYS, NORTH, SOUTH, Owners, Portal
from .identity_provider import CLIENT, ISSUER, LENDER_CLIENT, ORIGIN, IdentityProvider

PROVIDER = f"/organisations/distributor/{NORTH}/identity-provider"
SECRET = "a-client-secret-of-the-distributor"
BODY = {"organisation_name": "North Traders", "issuer": ISSUER, "client_id": LENDER_CLIENT, "client_secret": SECRET}
OWN = {"distributor_id": NORTH}


@pytest.fixture
def provider() -> IdentityProvider:
    return IdentityProvider()


@pytest.fixture(params=["codes", "shared provider"])
async def portal(
    *,
    request: pytest.FixtureRequest,
    database: Database,
    pool: asyncpg.Pool,
    owners: Owners,
    clock: FixedClock,
    provider: IdentityProvider,
) -> AsyncIterator[Portal]:
    """Two distributors' owners, where distributors sign in with codes or at a provider that they share."""
    outbox = Outbox(CATALOGUE, "portal", clock, mac_key=OUTBOX_KEY)
    client = ProviderClient(monotonic=time.monotonic, transport=provider.transport())
    sign_in = SignInAt(client, ORIGIN, CLIENT if request.param == "shared provider" else None)
    services = create_services(pool, outbox=outbox, clock=clock, keys=KEYS, clients=owners.clients(), sign_in=sign_in)
    world = Portal(services, pool=pool, database=database, clock=clock)
    for distributor in (NORTH, SOUTH):
        await world.enrol(distributor)
    yield world
    await client.close()


with_codes = pytest.mark.parametrize("portal", ["codes"], indirect=True)
with_shared_provider = pytest.mark.parametrize("portal", ["shared provider"], indirect=True)


async def configure(portal: Portal, **changes: Any) -> dict[str, Any]:
    """Has the distributor's people sign in at its own provider, as admin does once two operators agreed."""
    draft = await portal.ask("POST", f"{PROVIDER}/drafts", json=BODY | changes)
    assert (draft.status_code, SECRET in draft.text) == (201, False), draft.text
    answer = await portal.ask("POST", f"{PROVIDER}/activate", json=draft.json())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def sign_in(client: httpx.AsyncClient, provider: IdentityProvider, **query: str) -> httpx.Response:
    """A whole sign-in at an identity provider."""
    begun = await client.get("/v1/portal/oidc/login", params=query)
    assert begun.status_code == 302, begun.text
    return await client.get("/v1/portal/oidc/callback", params=provider.authorise(begun.headers["location"]))


async def test_people_sign_in_at_the_distributors_own_provider(portal: Portal, provider: IdentityProvider) -> None:
    await configure(portal)
    provider.email = EMAILS[NORTH]
    async with portal.browser() as client:
        assert (await sign_in(client, provider, **OWN)).headers["location"] == "/portal/"
        session = (await client.get("/v1/portal/session")).json()
    assert (session["organisation_id"], session["sign_in"]) == (NORTH, "oidc")
    shown = (await portal.ask("GET", PROVIDER)).json()
    assert (shown["issuer"], shown["client_id"]) == (ISSUER, LENDER_CLIENT)
    assert SECRET not in str(await portal.audited())


async def test_a_draft_signs_nobody_in(portal: Portal) -> None:
    await portal.ask("POST", f"{PROVIDER}/drafts", json=BODY)
    async with portal.browser() as client:
        answer = await client.get("/v1/portal/oidc/login", params=OWN)
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_IDENTITY_PROVIDER")
    assert (await portal.ask("GET", PROVIDER)).status_code == 404


async def test_it_signs_in_nobody_of_another_distributor(portal: Portal, provider: IdentityProvider) -> None:
    await configure(portal)
    provider.email = EMAILS[SOUTH]
    async with portal.browser() as client:
        answer = await sign_in(client, provider, **OWN)
    assert (answer.status_code, (await portal.last_audited())["reason"]) == (
        401,
        "nobody is enrolled with this address",
    )


@with_shared_provider
async def test_the_shared_provider_signs_in_nobody_of_a_distributor_with_its_own(
    portal: Portal, provider: IdentityProvider
) -> None:
    provider.email = EMAILS[NORTH]
    async with portal.browser() as client:
        assert (await sign_in(client, provider)).status_code == 303
    assert await configure(portal) == {"sessions_ended": 1}
    async with portal.browser() as client:
        answer = await sign_in(client, provider)
        assert (answer.status_code, answer.json()["code"]) == (401, "IDENTITY_NOT_PROVEN")
    assert (await portal.last_audited())["reason"] == "the organisation has an identity provider of its own"
    provider.email = EMAILS[SOUTH]
    async with portal.browser() as client:
        assert (await sign_in(client, provider)).status_code == 303


@with_codes
async def test_codes_open_nothing_for_them_and_nobody_can_tell_by_the_answer(portal: Portal) -> None:
    async with portal.browser() as client:
        before = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        await configure(portal)
        answer = await portal.verify(client, before)
        assert (answer.status_code, answer.json()["code"]) == (401, "CODES_REFUSED")
        after = await portal.start(client, EMAILS[NORTH])
        assert (await portal.verify(client, await portal.codes(after))).json()["code"] == "CODES_REFUSED"
    assert await portal.pool.fetchval("SELECT person_id FROM challenge WHERE challenge_id = $1", after) is None
    async with portal.signed_in(SOUTH):
        pass


async def test_a_distributor_has_no_saml_provider(portal: Portal) -> None:
    assert (await portal.ask("POST", f"{PROVIDER}/drafts/saml", json={})).status_code == 404
    with pytest.raises(asyncpg.CheckViolationError):
        await portal.pool.execute(
            "INSERT INTO distributor_identity_provider_draft (draft_id, organisation_id, organisation_name, created_at,"
            " protocol, entity_id, sso_url, certificates_pem)"
            " VALUES ('idp_' || repeat('1', 32), 'dist_north', 'North', now(), 'saml', 'urn:x', 'https://x', 'PEM')"
        )


async def test_a_lender_of_the_same_id_is_another_organisation(portal: Portal) -> None:
    stated = (await portal.ask("POST", f"{PROVIDER}/drafts", json=BODY)).json()
    other = PROVIDER.replace("/distributor/", "/lender/")
    assert (await portal.ask("POST", f"{other}/activate", json=stated)).status_code == 404
