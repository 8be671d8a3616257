"""The whole sign-in over TLS: the simulated identity provider as a process, a security key, a confirmed action."""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import uvicorn
from altscore_admin.operators.domain import Role
from altscore_admin.saml.identity_provider import IdentityProvider, ProviderSettings, ServiceProvider
from altscore_admin.security_keys.domain import KeyPolicy
from altscore_libs.testing import self_signed, wait_until_listening
from altscore_libs.testing_postgres import free_port
from altscore_local.layout import Layout
from altscore_local.npm_packages import packages_of
from altscore_local.sign_in import AAGUIDS, IDP, ROLES, files
from simulators_security_key.authenticator import Maker

from demo.sign_in import SignedInOperator

from ..people import People

SIMULATORS = Path(__file__).parents[4] / "tests" / "simulators"
FREEZE = {"model_name": "altscore-pd", "reason": "fairness", "ticket": "RISK-12"}


@contextmanager
def running_provider(arguments: list[str]) -> Iterator[None]:
    """The simulated identity provider."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators_saml", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SIMULATORS), "NODE_PATH": str(packages_of("saml"))},
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


@asynccontextmanager
async def served(people: People, port: int, certificate: Path, key: Path) -> AsyncIterator[None]:
    """The application behind TLS, in this loop."""
    config = uvicorn.Config(
        people.operations.app, port=port, ssl_certfile=certificate, ssl_keyfile=key, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        await asyncio.to_thread(wait_until_listening, [port])
        yield
    finally:
        server.should_exit = True
        await task


async def test_two_operators_sign_in_at_a_real_provider_and_freeze_scoring(people: People, tmp_path: Path) -> None:
    folder, port, idp_port = files(Layout(root=tmp_path)), free_port(), free_port()
    certificate, key = self_signed(tmp_path)
    origin = f"https://localhost:{port}"
    provider = IdentityProvider(
        ProviderSettings(
            entity_id=IDP,
            sso_url=f"https://127.0.0.1:{idp_port}/sso",
            certificates_pem=(folder / "idp.crt").read_bytes(),
            service_provider=ServiceProvider(
                origin=origin,
                prefix="/v1/admin/saml",
                key_pem=(folder / "sp.key").read_text(),
                certificate_pem=(folder / "sp.crt").read_text(),
            ),
        )
    )
    roots = {"packed": [(folder / "roots" / "packed" / "maker.pem").read_bytes()]}
    people.trust(
        provider,
        KeyPolicy(rp_id="localhost", origin=origin, roots=roots, aaguids=frozenset(AAGUIDS)),
        roles={name: Role(role) for name, role in ROLES.items()},
    )
    paths = {"cert": folder / "idp.crt", "key": folder / "idp.key", "users": folder / "users.json"}
    named = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    named += ["--tls-cert", str(certificate), "--tls-key", str(key), "--issuer", IDP]
    named += ["--acs", provider.service_provider.acs_url]
    trust = ssl.create_default_context(cafile=str(certificate))
    maker = Maker.from_pem((folder / "maker.key").read_bytes())
    with running_provider(["--port", str(idp_port), *named]):
        await asyncio.to_thread(wait_until_listening, [idp_port])
        async with served(people, port, certificate, key):
            operators = []
            for name in ("asha", "banu"):
                client = httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trust, trust_env=False)
                at_provider = httpx.Client(verify=trust, trust_env=False)
                operator = SignedInOperator(name, client, provider=at_provider, key=maker.new_key(origin))
                code = await people.invited(name)
                assert await asyncio.to_thread(operator.sign_in, "/models") == "/models"
                await asyncio.to_thread(operator.register, code)
                await asyncio.to_thread(operator.touch)
                operators.append(operator)
            statuses = []
            for operator in operators:
                answer = await asyncio.to_thread(operator.post, "/v1/admin/models/freeze", json=FREEZE)
                statuses.append(answer.json()["status"])
            for operator in operators:  # a server that stops waits for browsers that keep their connection
                operator.client.close()
            assert statuses == ["proposed", "decided"]
