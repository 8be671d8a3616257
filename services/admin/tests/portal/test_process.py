"""The portal as a process: two ports, health, and nothing of the internal API where browsers come in."""

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from altscore_libs.testing import SCHEMAS, Database, self_signed, wait_until_listening
from altscore_libs.testing_postgres import free_port


@pytest.fixture
def ports(database: Database, tmp_path: Path) -> Iterator[tuple[int, int, int, Path]]:
    """Public, internal and health port of a running process, and its certificate."""
    cert, key = self_signed(tmp_path)
    public, internal, health = free_port(), free_port(), free_port()
    addresses = {f"PORTAL_{name}_URL": "https://127.0.0.1:1" for name in ("INGESTION", "CONSENT", "VAULT", "SCORE")}
    environment = {
        **os.environ,
        **addresses,
        "PORTAL_DATABASE_URL": database.app_dsn,
        "PORTAL_SCHEMAS_DIR": str(SCHEMAS),
        "PORTAL_OUTBOX_KEY": "ab" * 32,
        "PORTAL_CONTACT_KEY": "cd" * 32,
        "PORTAL_PUBLIC_ORIGIN": f"https://localhost:{public}",
        "PORTAL_API_PORT": str(public),
        "PORTAL_ADMIN_PORT": str(internal),
        "PORTAL_INTERNAL_PORT": str(health),
        "PORTAL_TLS_CERT_FILE": str(cert),
        "PORTAL_TLS_KEY_FILE": str(key),
        "PORTAL_TLS_CA_FILE": str(cert),
    }
    process = subprocess.Popen([sys.executable, "-m", "altscore_admin", "portal"], env=environment)
    try:
        wait_until_listening([public, internal, health])
        yield public, internal, health, cert
    finally:
        process.terminate()
        process.wait()


def test_browsers_reach_the_public_port_alone_and_the_internal_one_wants_a_certificate(
    ports: tuple[int, int, int, Path],
) -> None:
    public, internal, health, cert = ports
    context = ssl.create_default_context(cafile=str(cert))
    with httpx.Client(verify=context, trust_env=False) as browser:
        assert browser.get(f"http://127.0.0.1:{health}/readyz").json() == {"status": "ready", "failed": []}
        assert "altscore_" in browser.get(f"http://127.0.0.1:{health}/metrics").text
        assert browser.get(f"https://127.0.0.1:{public}/v1/portal/session").status_code == 401
        for path in ("/internal/admin/people", "/internal/admin/organisations/distributor/dist_a/people"):
            assert browser.get(f"https://127.0.0.1:{public}{path}").status_code == 404
    assert _first_byte(public, context) == b"H"
    assert _first_byte(internal, context) == b""


def _first_byte(port: int, context: ssl.SSLContext) -> bytes:
    """What a client without a certificate reads, nothing where it is refused; TLS 1.3 tells it only then."""
    with (
        suppress(ssl.SSLError, ConnectionResetError),
        socket.create_connection(("127.0.0.1", port), timeout=5) as connection,
        context.wrap_socket(connection, server_hostname="127.0.0.1") as encrypted,
    ):
        encrypted.sendall(b"GET /internal/admin/people HTTP/1.1\r\nHost: x\r\n\r\n")
        return encrypted.recv(1)
    return b""
