"""The receiver of a SIEM as a process behind TLS, and the service that sends to it."""

import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_audit.clients import TlsSyslogReceiver
from altscore_audit.siem.domain import json_text
from altscore_audit.siem.service import SiemService
from altscore_libs.testing import self_signed, wait_until_listening
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_libs.tls import ClientTls, client_context

Certificates = tuple[tuple[Path, Path], tuple[Path, Path]]
SIMULATORS = Path(__file__).parents[4] / "tests/simulators"


@dataclass
class Siem:
    """A running receiver, and the certificates that it and its clients have."""

    port: int
    control: httpx.Client
    process: "subprocess.Popen[bytes]"
    context: ssl.SSLContext

    def messages(self) -> list[dict[str, Any]]:
        """What it kept, in the order of arrival."""
        result: list[dict[str, Any]] = self.control.get("/sim/messages").json()["messages"]
        return result

    def wait_for_a_connection(self) -> None:
        """Returns when somebody has connected; each question waits for its answer."""
        while self.control.get("/sim/messages").json()["connections"] == 0:
            pass

    def behave(self, mode: str) -> None:
        """Orders trouble, or its end."""
        self.control.post("/sim/mode", json={"mode": mode}).raise_for_status()

    def receiver(self, *, deadline_s: float = HANG_S) -> TlsSyslogReceiver:
        """The client of it."""
        return TlsSyslogReceiver("127.0.0.1", self.port, self.context, deadline_s=deadline_s)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of the receiver and of the service."""
    return self_signed(tmp_path_factory.mktemp("siem")), self_signed(tmp_path_factory.mktemp("audit"))


@pytest.fixture
def siem(certificates: Certificates) -> Iterator[Siem]:
    (cert, key), (client_cert, client_key) = certificates
    port, control_port = free_port(), free_port()
    arguments = ["--port", str(port), "--control-port", str(control_port), "--cert", str(cert), "--key", str(key)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators_siem", *arguments, "--client-ca", str(client_cert)],
        env=os.environ | {"PYTHONPATH": str(SIMULATORS)},
    )
    context = client_context(ClientTls(cert, client_cert, client_key))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{control_port}", trust_env=False) as control:
            wait_until_listening([port, control_port])
            yield Siem(port=port, control=control, process=process, context=context)
    finally:
        process.kill()
        process.wait(timeout=HANG_S)


@pytest.fixture
def sender(pool: asyncpg.Pool, siem: Siem) -> Callable[..., SiemService]:
    def make(*, deadline_s: float = HANG_S) -> SiemService:
        receiver = siem.receiver(deadline_s=deadline_s)
        return SiemService(pool=pool, receiver=receiver, text=json_text, host="audit-test")

    return make
