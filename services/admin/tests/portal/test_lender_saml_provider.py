"""Officers at a real SAML identity provider, a process that somebody else wrote and that can misbehave."""

import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.saml.domain import SIGNING_IN
from altscore_admin.portal.wiring import SignInAt, create_services
from altscore_libs.clock import FixedClock
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, Database, self_signed, wait_until_listening
from altscore_libs.testing_postgres import free_port
from altscore_local.layout import Layout
from altscore_local.npm_packages import packages_of
from altscore_local.sign_in import IDP, files

from .conftest import CATALOGUE, KEYS, Owners, Portal
from .lenders import FIRST, OFFICER, ORIGIN, SECOND, acs, configure, enrol

SIMULATORS = Path(__file__).parents[4] / "tests/simulators"
FIELDS = (r'action="([^"]+)"', r'name="SAMLResponse" value="([^"]+)"', r'name="RelayState" value="([^"]*)"')
FORM = re.compile(".*".join(FIELDS), re.DOTALL)
MISBEHAVIOURS = {
    "unsigned": "signature_place",
    "twice": "id_twice",
    "wrapped": "assertions",
    "comment": "declaration",
    "doctype": "declaration",
    "xslt": "namespace",
    "other_request": "other_request",
    "other_recipient": "recipient",
    "other_audience": "audience",
    "expired": "library_",
    "other_key": "library_",
    "other_issuer": "library_",
}


@dataclass
class Running:
    """The provider of lender one, as a process."""

    origin: str
    ca_file: Path
    certificate: str

    def browser(self) -> httpx.AsyncClient:
        """A browser at the provider."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        return httpx.AsyncClient(base_url=self.origin, verify=context, trust_env=False)

    async def order(self, mode: str | None) -> None:
        """How it misbehaves; None: not at all."""
        async with self.browser() as browser:
            (await browser.post("/sim/faults", json={"mode": mode})).raise_for_status()

    async def sign_in(self, location: str) -> tuple[str, str]:
        """The officer signs in there: where their browser posts what."""
        async with self.browser() as browser:
            page = (await browser.get(f"/sso?{urlsplit(location).query}&login_as=officer")).text
        match = FORM.search(page)
        assert match is not None, page
        assert match[3] == ""
        return match[1], match[2]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("saml")
    folder, port = files(Layout(root=root)), free_port()
    certificate, key = self_signed(root)
    users = root / "users.json"
    users.write_text(f'{{"officer": {{"roles": ["credit"], "email": "{OFFICER[FIRST]}"}}}}', encoding="utf-8")
    paths = {"tls-cert": certificate, "tls-key": key, "users": users}
    paths |= {"cert": folder / "idp.crt", "key": folder / "idp.key"}
    paths |= {"other-cert": folder / "idp-other.crt", "other-key": folder / "idp-other.key"}
    named = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators_saml", "--port", str(port), "--issuer", IDP, "--acs", acs(FIRST), *named],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SIMULATORS), "NODE_PATH": str(packages_of("saml"))},
    )
    try:
        wait_until_listening([port])
        yield Running(f"https://127.0.0.1:{port}", certificate, (folder / "idp.crt").read_text(encoding="ascii"))
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def clock() -> FixedClock:
    """The machine's time: the SAML library takes no other."""
    return FixedClock(datetime.now(UTC))


@pytest.fixture
async def portal(
    *, database: Database, pool: asyncpg.Pool, owners: Owners, clock: FixedClock, running: Running
) -> Portal:
    """The portal with lender one at that provider."""
    outbox = Outbox(CATALOGUE, "portal", clock, mac_key=OUTBOX_KEY)
    at = SignInAt(ProviderClient(monotonic=lambda: 0.0), ORIGIN)
    services = create_services(pool, outbox=outbox, clock=clock, keys=KEYS, clients=owners.clients(), sign_in=at)
    world = Portal(services, pool=pool, database=database, clock=clock)
    provider = {"sso_url": f"{running.origin}/sso", "certificates_pem": running.certificate, "entity_id": IDP}
    for lender_id in (FIRST, SECOND):
        await configure(world, lender_id, email_attribute="email", **provider)
        await enrol(world, lender_id)
    await running.order(None)
    return world


async def begin(client: httpx.AsyncClient, lender_id: str = FIRST) -> str:
    """Where the browser is sent."""
    answer = await client.get(f"/v1/lender/saml/{lender_id}/login", params={"next": "/lender/alerts"})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def test_an_officer_signs_in_at_a_real_provider_once(portal: Portal, running: Running) -> None:
    async with portal.browser() as client:
        action, response = await running.sign_in(await begin(client))
        kept = client.cookies[SIGNING_IN]
        done = await client.post(action, data={"SAMLResponse": response, "RelayState": ""})
        assert (done.status_code, done.headers["location"]) == (303, "/lender/alerts")
        assert (await client.get("/v1/lender/session")).json()["organisation_id"] == FIRST
        client.cookies.clear()
        client.cookies.set(SIGNING_IN, kept, domain="altscore.test")
        assert (await client.post(action, data={"SAMLResponse": response})).status_code == 401
    assert (await portal.last_audited())["reason"] == "saml: replayed"


async def test_what_a_real_provider_says_to_one_lender_opens_no_other(portal: Portal, running: Running) -> None:
    """Lender two trusts the same provider with the same certificate."""
    async with portal.browser() as client:
        _, response = await running.sign_in(await begin(client, SECOND))
        answer = await client.post(f"/v1/lender/saml/{SECOND}/acs", data={"SAMLResponse": response})
    assert answer.status_code == 401
    assert (await portal.last_audited())["reason"] == "saml: destination"


@pytest.mark.parametrize(("mode", "reason"), MISBEHAVIOURS.items())
async def test_a_provider_that_misbehaves_signs_nobody_in(
    portal: Portal, running: Running, mode: str, reason: str
) -> None:
    await running.order(mode)
    async with portal.browser() as client:
        action, response = await running.sign_in(await begin(client))
        answer = await client.post(action, data={"SAMLResponse": response})
    assert (answer.status_code, answer.json()["code"]) == (401, "IDENTITY_NOT_PROVEN")
    assert (await portal.last_audited())["reason"].startswith(f"saml: {reason}")
    assert await portal.pool.fetchval("SELECT count(*) FROM session") == 0
