"""The simulated OpenID Connect provider as the portal and its browsers find it, in each of the three targets."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from altscore_admin.portal.oidc import domain
from altscore_admin.portal.oidc.domain import Provider, Secrets
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_libs.testing import wait_until_listening
from altscore_libs.testing_postgres import free_port
from altscore_local import oidc_provider
from altscore_local.layout import PORTS, ROOT, Layout
from altscore_local.npm_packages import packages_of
from altscore_local.pki import ensure_pki

BROWSER_OFFSET = 4_000
LENDERS_CALLBACK = f"https://localhost:{PORTS['portal'] + BROWSER_OFFSET}/v1/lender/oidc/callback"
SECRETS = Secrets(nonce="n" * 43, verifier="v" * 43)


@pytest.fixture
def published(clone: Layout) -> Iterator[Layout]:
    """A running provider whose port browsers know by another number, as in the compose target."""
    layout = replace(clone, port_offset=free_port() - PORTS[oidc_provider.NAME], published_offset=BROWSER_OFFSET)
    ensure_pki(layout)
    environment = oidc_provider.environment(layout) | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "tests" / "simulators"),
        "NODE_PATH": str(packages_of("oidc")),
    }
    port = layout.port(oidc_provider.NAME)
    process = subprocess.Popen([sys.executable, "-m", "simulators_oidc", "--port", str(port)], env=environment)
    try:
        wait_until_listening([port])
        yield layout
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_the_portal_asks_it_by_its_name_and_browsers_come_to_the_published_port() -> None:
    here, fleet = Layout(), Layout(host_pattern="{name}.zone.internal")
    compose = replace(fleet, published_offset=BROWSER_OFFSET)
    named = {layout: (oidc_provider.issuer(layout), oidc_provider.browser_origin(layout)) for layout in (here, compose)}
    assert named[here] == ("https://127.0.0.1:21022", "https://localhost:21022")
    assert named[compose] == ("https://oidc-sim.zone.internal:21022", "https://localhost:25022")
    assert oidc_provider.issuer(fleet) == oidc_provider.browser_origin(fleet) == "https://oidc-sim.zone.internal:21022"


def test_its_secret_is_in_its_environment_and_private(clone: Layout) -> None:
    held = oidc_provider.environment(clone)["OIDC_SIM_CLIENT_SECRET"]
    path = clone.secrets / "oidc-client-secret"
    assert path.read_text() == held
    assert path.stat().st_mode & 0o777 == 0o600
    assert oidc_provider.environment(clone)["OIDC_SIM_CLIENT_SECRET"] == held


async def test_a_persons_browser_comes_back_to_the_portal_with_a_code_that_the_portal_exchanges(
    published: Layout,
) -> None:
    environment = oidc_provider.environment(published)
    provider = Provider(oidc_provider.issuer(published), oidc_provider.CLIENT, environment["OIDC_SIM_CLIENT_SECRET"])
    portal = ProviderClient(ca_file=published.pki / "ca.pem", monotonic=time.monotonic)
    metadata = await portal.metadata(provider.issuer)
    assert metadata.authorization_endpoint == f"https://localhost:{PORTS['oidc-sim'] + BROWSER_OFFSET}/auth"
    assert metadata.token_endpoint == f"{provider.issuer}/token"

    address = domain.authorization_address(
        provider, metadata, redirect_uri=LENDERS_CALLBACK, state="s" * 43, secrets=SECRETS
    )
    query = parse_qs(urlsplit(sent_back(published, address)).query)
    token = await portal.exchange(
        provider, code=query["code"][0], verifier=SECRETS.verifier, redirect_uri=LENDERS_CALLBACK
    )
    claims = await portal.claims(provider.issuer, token)
    await portal.close()

    assert query["iss"] == [claims["iss"]] == [provider.issuer]
    assert (claims["aud"], claims["nonce"]) == (oidc_provider.CLIENT, SECRETS.nonce)


def sent_back(layout: Layout, address: str) -> str:
    """Where the provider sends a browser to in the end; the published port leads to the real one."""
    published = f"https://localhost:{layout.browser_port(oidc_provider.NAME)}"
    context = ssl.create_default_context(cafile=str(layout.pki / "ca.pem"))
    with httpx.Client(verify=context, trust_env=False) as browser:
        for _ in range(10):
            real = address.replace(published, f"https://localhost:{layout.port(oidc_provider.NAME)}")
            location = browser.get(real).headers["location"]
            address = str(httpx.URL(real).join(location))
            if address.startswith(LENDERS_CALLBACK):
                return address
    raise AssertionError("the provider never sent the browser back")
