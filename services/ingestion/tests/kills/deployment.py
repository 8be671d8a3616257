"""The ingestion API and the vault as the product starts them: processes, certificates, key stores, databases."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, wait_until_listening
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_local.layout import Layout
from altscore_local.pki import ensure_pki
from altscore_local.softhsm import TOKENS, token_owner
from altscore_local.toolchain import softhsm_module
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ..connector import Connector
from ..world import BRONZE, QUARANTINE, Store

PIN = "token-of-the-kill-tests"
DEATH_S = 0.01
_NO_BROKER = {
    "KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "KAFKA_USERNAME": "nobody",
    "KAFKA_PASSWORD": "nothing",
    "REGISTRY_URL": "https://127.0.0.1:1",
}


class Deployment:
    """Where the API listens, how it is killed and how it comes back."""

    def __init__(self, folder: Path, *, dsn: str, vault_dsn: str, store: Store) -> None:
        self._folder = folder
        self._layout = Layout(root=folder)
        self.port, self._vault_port = free_port(), free_port()
        self._dsns = {"INGESTION": dsn, "VAULT": vault_dsn}
        self._store = store
        self._pid: int | None = None
        self._vault_pid: int | None = None
        ensure_pki(self._layout)
        for token in ("ingestion", "ingestion-ca", "vault"):
            self._make_token(token)
        self._forking = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forking.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def url(self) -> str:
        """Of the API."""
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts the vault, unless it runs, and the API."""
        if self._vault_pid is None:
            self._vault_pid = self._fork("vault", self.vault_environment())
        self._pid = self._fork("api", self._api_environment())

    async def is_serving(self) -> None:
        """Returns when both take connections."""
        await asyncio.to_thread(wait_until_listening, [self._vault_port, self.port])

    async def kill(self) -> None:
        """SIGKILL; returns when the API is gone."""
        assert self._pid is not None
        os.kill(self._pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            async with asyncio.timeout(HANG_S):
                while True:
                    os.kill(self._pid, 0)
                    await asyncio.sleep(DEATH_S)

    def stop(self) -> None:
        """Ends everything."""
        for pid in (self._pid, self._vault_pid):
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._forking.kill()
        self._forking.communicate()

    async def onboard(self, distributor_id: str) -> Connector:
        """A distributor with credentials."""
        connector = Connector.new(distributor_id)
        connector.take(await self.put_distributor(distributor_id, connector.csr_pem()))
        return connector

    async def put_distributor(self, distributor_id: str, csr_pem: str) -> dict[str, Any]:
        """What onboarding answers through admin's certificate; the quota is that of a backfill."""
        path = f"/internal/admin/distributors/{distributor_id}"
        async with self.client(self._layout.pki / "admin.crt", self._layout.pki / "admin.key") as admin:
            answer = await admin.put(path, json={"name": "A distributor", "csr_pem": csr_pem})
            assert answer.status_code == 201, answer.text
            assert (await admin.post(f"{path}/backfill", json={"hours": 24})).status_code == 200
        credentials: dict[str, Any] = answer.json()
        return credentials

    def site_client(self, connector: Connector) -> httpx.AsyncClient:
        """A client with a connector's certificate."""
        certificate = self._folder / f"{connector.distributor_id}.crt"
        key = certificate.with_suffix(".key")
        certificate.write_text(connector.certificate_pem, encoding="ascii")
        key.write_bytes(connector.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return self.client(certificate, key)

    def client(self, certificate: Path, key: Path) -> httpx.AsyncClient:
        """A client of the API with that certificate."""
        context = ssl.create_default_context(cafile=str(self._layout.pki / "ca.pem"))
        context.load_cert_chain(certificate, key)
        return httpx.AsyncClient(base_url=self.url, verify=context, timeout=HANG_S)

    def _fork(self, command: str, environment: Mapping[str, str]) -> int:
        assert self._forking.stdin is not None
        assert self._forking.stdout is not None
        order = {"command": command, "environment": dict(environment), "log": str(self._folder / f"{command}.log")}
        self._forking.stdin.write(json.dumps(order) + "\n")
        self._forking.stdin.flush()
        return int(self._forking.stdout.readline())

    def _make_token(self, token: str) -> None:
        assert token in TOKENS
        owner = token_owner(token)
        folder = self._folder / f"token-{owner}"
        folder.mkdir(exist_ok=True)
        settings = f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n"
        self._token_conf(owner).write_text(settings, encoding="ascii")
        secrets = {"ALTSCORE_TOKEN_PIN": PIN, "ALTSCORE_TOKEN_SO_PIN": PIN}
        environment = os.environ | secrets | {"SOFTHSM2_CONF": str(self._token_conf(owner))}
        command = [sys.executable, "-m", "altscore_local.softhsm", token, str(self._layout.pki)]
        subprocess.run(command, check=True, env=environment, timeout=HANG_S)

    def _token_conf(self, owner: str) -> Path:
        return self._folder / f"token-{owner}.conf"

    def _common(self, owner: str) -> dict[str, str]:
        pki, prefix = self._layout.pki, owner.upper()
        settings = _NO_BROKER | {
            "DATABASE_URL": self._dsns[prefix],
            "INTERNAL_PORT": str(free_port()),
            "KAFKA_CA_FILE": str(pki / "ca.pem"),
            "SCHEMAS_DIR": str(SCHEMAS),
            "TLS_CERT_FILE": str(pki / f"{owner}.crt"),
            "TLS_KEY_FILE": str(pki / f"{owner}.key"),
            "TLS_CA_FILE": str(pki / "ca.pem"),
            "PKCS11_MODULE": str(softhsm_module()),
            "PKCS11_TOKEN": owner,
            "PKCS11_PIN": PIN,
            "PUBLIC_KEYS_DIR": str(pki / "public"),
            "OUTBOX_KEY": OUTBOX_KEY.hex(),
        }
        system = {"PATH": os.environ["PATH"], "SOFTHSM2_CONF": str(self._token_conf(owner))}
        return system | {f"{prefix}_{name}": value for name, value in settings.items()}

    def vault_environment(self) -> dict[str, str]:
        """What the vault's processes and commands are started with."""
        return self._common("vault") | {"VAULT_API_PORT": str(self._vault_port)}

    def _api_environment(self) -> dict[str, str]:
        own = {
            "API_PORT": str(self.port),
            "VAULT_URL": f"https://127.0.0.1:{self._vault_port}",
            "CONNECTOR_CA_CERT_FILE": str(self._layout.pki / "connector-ca.pem"),
            "CONNECTOR_CA_PIN": PIN,
            "S3_ENDPOINT": self._store.endpoint,
            "S3_ACCESS_KEY": "testroot",
            "S3_SECRET_KEY": "testrootsecret",
            "BRONZE_BUCKET": BRONZE,
            "QUARANTINE_BUCKET": QUARANTINE,
        }
        return self._common("ingestion") | {f"INGESTION_{name}": value for name, value in own.items()}


@contextmanager
def deployed(folder: Path, *, dsn: str, vault_dsn: str, store: Store) -> Iterator[Deployment]:
    """A deployment that ends with the block."""
    deployment = Deployment(folder, dsn=dsn, vault_dsn=vault_dsn, store=store)
    try:
        yield deployment
    finally:
        deployment.stop()
