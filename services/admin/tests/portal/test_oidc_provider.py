"""Sign-in at a real OpenID Connect provider, a process that somebody else wrote and that can misbehave."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx
import pytest
from altscore_admin.portal.oidc.domain import Provider
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.wiring import SignInAt, create_services
from altscore_libs.clock import FixedClock
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, Database, self_signed, wait_until_listening
from altscore_libs.testing_postgres import free_port
from altscore_local.npm_packages import packages_of

from .conftest import CATALOGUE, EMAILS, KEYS, NORTH, Owners, Portal

SIMULATORS = Path(__file__).parents[4] / "tests/simulators"
ORIGIN = "https://altscore.test"
REDIRECT = f"{ORIGIN}/v1/portal/oidc/callback"
SECRET = "a-client-secret-of-the-portal"  # of this test alone
MAX_STEPS = 10


@dataclass
class Running:
    """A running provider."""

    issuer: str
    ca_file: Path

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_file))

    def order(self, **change: Any) -> None:
        """Who signs in next, and how it misbehaves."""
        with httpx.Client(verify=self.context, trust_env=False) as client:
            client.post(f"{self.issuer}/sim", json=change).raise_for_status()

    async def sign_in(self, address: str) -> dict[str, str]:
        """A person's browser at the provider: the parameters that it is sent back with."""
        async with httpx.AsyncClient(verify=self.context, trust_env=False) as browser:
            for _ in range(MAX_STEPS):
                answer = await browser.get(address)
                assert answer.status_code in (302, 303), answer.text
                address = str(httpx.URL(address).join(answer.headers["location"]))
                if address.startswith(REDIRECT):
                    return dict(parse_qsl(urlsplit(address).query))
        raise AssertionError("the provider never sent the browser back")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The provider as a process."""
    certificate, key = self_signed(tmp_path_factory.mktemp("oidc"))
    port = free_port()
    options = {"port": str(port), "tls-cert": str(certificate), "tls-key": str(key)}
    options |= {"client-id": "portal", "client-secret": SECRET, "redirect-uri": REDIRECT}
    named = [part for name, value in options.items() for part in (f"--{name}", value)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators_oidc", *named],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SIMULATORS), "NODE_PATH": str(packages_of("oidc"))},
    )
    try:
        wait_until_listening([port])
        yield Running(f"https://127.0.0.1:{port}", certificate)
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def idp(running: Running) -> Running:
    """The provider, which keeps the protocol until it is told otherwise."""
    login = {"sub": "subject-1", "email": EMAILS[NORTH], "email_verified": True}
    running.order(mode=None, login=login)
    return running


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC))


@pytest.fixture
async def portal(
    *, database: Database, pool: asyncpg.Pool, owners: Owners, clock: FixedClock, idp: Running
) -> AsyncIterator[Portal]:
    """The portal of a deployment with that provider."""
    outbox = Outbox(CATALOGUE, "portal", clock, mac_key=OUTBOX_KEY)
    client = ProviderClient(ca_file=idp.ca_file, monotonic=time.monotonic)
    at = SignInAt(client, ORIGIN, Provider(idp.issuer, "portal", SECRET))
    services = create_services(pool, outbox=outbox, clock=clock, keys=KEYS, clients=owners.clients(), sign_in=at)
    world = Portal(services, pool=pool, database=database, clock=clock)
    await world.enrol(NORTH)
    yield world
    await client.close()


async def whole(client: httpx.AsyncClient, idp: Running) -> httpx.Response:
    """A whole sign-in."""
    begun = await client.get("/v1/portal/oidc/login")
    assert begun.status_code == 302, begun.text
    return await client.get("/v1/portal/oidc/callback", params=await idp.sign_in(begun.headers["location"]))


async def test_a_person_signs_in_with_a_real_provider(portal: Portal, idp: Running) -> None:
    async with portal.browser() as client:
        answer = await whole(client, idp)
        assert (answer.status_code, answer.headers["location"]) == (303, "/portal/")
        assert (await client.get("/v1/portal/session")).json()["organisation_id"] == NORTH


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("other_nonce", "id token: nonce"),
        ("no_nonce", "id token: nonce"),
        ("other_state", "state unknown, used or too old"),
        ("other_iss", "answer of another issuer"),
        ("no_iss", "answer of another issuer"),
        ("deny", "refused at the provider"),
    ],
)
async def test_a_provider_that_misbehaves_signs_nobody_in(portal: Portal, idp: Running, mode: str, reason: str) -> None:
    idp.order(mode=mode)
    async with portal.browser() as client:
        answer = await whole(client, idp)
    assert (answer.status_code, answer.json()["code"]) == (401, "IDENTITY_NOT_PROVEN")
    assert (await portal.last_audited())["reason"] == reason
    assert await portal.pool.fetchval("SELECT count(*) FROM session") == 0


async def test_a_code_of_one_sign_in_is_not_taken_in_another(portal: Portal, idp: Running) -> None:
    async with portal.browser() as first, portal.browser() as second:
        begun = [(await client.get("/v1/portal/oidc/login")).headers["location"] for client in (first, second)]
        stolen, own = [await idp.sign_in(address) for address in begun]
        answer = await second.get("/v1/portal/oidc/callback", params=own | {"code": stolen["code"]})
    assert answer.status_code == 401  # PKCE: the code belongs to the first one's challenge
    assert (await portal.last_audited())["reason"] == "refused by the provider"


async def test_an_address_that_the_provider_has_not_verified_signs_nobody_in(portal: Portal, idp: Running) -> None:
    idp.order(login={"sub": "subject-1", "email": EMAILS[NORTH], "email_verified": False})
    async with portal.browser() as client:
        assert (await whole(client, idp)).status_code == 401
