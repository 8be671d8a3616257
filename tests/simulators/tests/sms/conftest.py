"""The simulator as a process behind TLS."""

import datetime
import ipaddress
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
        found: list[dict[str, Any]] = self.control.get("/sim/messages").json()["messages"]
        return found

    def fail(self, mode: str, times: int = 1) -> None:
        """Orders trouble."""
        self.control.post("/sim/faults", json={"mode": mode, "fail_next": times}).raise_for_status()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for loopback."""
    folder = tmp_path_factory.mktemp("pki")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (folder / "crt.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "crt.pem", folder / "key.pem"


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
        wait_until_it_listens([port, control_port])
        yield Simulator(flow, control, url, certificate[0])
    process.terminate()
    process.wait(timeout=10)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_listens(ports: list[int]) -> None:
    """Returns when every port takes connections."""
    end = time.monotonic() + 20
    for port in ports:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < end, "the simulator does not start"
            time.sleep(0.05)
