"""The simulator as a process behind TLS."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from altscore_libs.testing import self_signed, wait_until_listening
from altscore_libs.testing_postgres import HANG_S, free_port

AUTHKEY = "an-authkey"
SOURCES = Path(__file__).parents[2]


@dataclass
class Simulator:
    """A running simulator."""

    flow: httpx.Client
    control: httpx.Client
    url: str
    ca_file: Path

    def send(self, body: Any, authkey: str = AUTHKEY) -> httpx.Response:
        """As a business sends."""
        return self.flow.post("/api/v5/flow/", json=body, headers={"authkey": authkey})

    def messages(self) -> list[dict[str, Any]]:
        """What was accepted."""
        result: list[dict[str, Any]] = self.control.get("/sim/messages").json()["messages"]
        return result

    def fail(self, mode: str, times: int = 1) -> None:
        """Orders trouble."""
        self.control.post("/sim/faults", json={"mode": mode, "fail_next": times}).raise_for_status()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for loopback."""
    return self_signed(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def simulator(certificate: tuple[Path, Path]) -> Iterator[Simulator]:
    """The simulator as a process."""
    port, control_port = free_port(), free_port()
    ports = ["--port", str(port), "--control-port", str(control_port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators_sms", *ports, "--cert", str(certificate[0]), "--key", str(certificate[1])],
        env=os.environ | {"PYTHONPATH": str(SOURCES), "SMS_SIM_AUTHKEY": AUTHKEY},
    )
    context = ssl.create_default_context(cafile=str(certificate[0]))
    url = f"https://127.0.0.1:{port}"
    with (
        httpx.Client(base_url=url, verify=context, trust_env=False) as flow,
        httpx.Client(base_url=f"http://127.0.0.1:{control_port}", trust_env=False) as control,
    ):
        wait_until_listening([port, control_port])
        yield Simulator(flow=flow, control=control, url=url, ca_file=certificate[0])
    process.terminate()
    process.wait(timeout=HANG_S)
