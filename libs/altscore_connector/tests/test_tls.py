"""The whole command over mutual TLS: key, signing request, certificate, keystore, sync."""

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.cli import main
from altscore_connector.keystore import Secrets, write_keystore
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .authority import Authority


@pytest.fixture
def site(tmp_path: Path, handler: Any, secrets: Secrets) -> Iterator[Path]:
    """A distributor's folder, and an ingestion service that asks for a client certificate."""
    folder = tmp_path / "site"
    folder.mkdir()
    authority, key = Authority("services"), ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(
        pem + authority.issue(key.public_key(), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    )
    (folder / "ca.pem").write_bytes(authority.pem)
    files = ["--key", str(folder / "client.key"), "--csr", str(folder / "client.csr")]
    assert main(["keygen", "--distributor-id", "dist_x", *files]) == 0
    request = x509.load_pem_x509_csr((folder / "client.csr").read_bytes())
    (folder / "client.crt").write_bytes(authority.issue(request.public_key()))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "passphrase").write_text("pass")
    write_keystore(folder / "keystore.json", "pass", secrets)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    (folder / "drop").mkdir()
    (folder / "drop" / "a.csv").write_text(
        "Invoice No,Invoice Date,Party,Amount\r\n1,01-07-2026,A,100\r\n2,02-07-2026,A,5000000000\r\n"
    )
    (folder / "connector.toml").write_text(
        f'distributor_id = "dist_x"\nstate_file = "state.sqlite"\n[ingestion]\nurl = "https://127.0.0.1:'
        f'{server.server_port}"\nca_file = "ca.pem"\ncertificate_file = "client.crt"\nkey_file = "client.key"\n'
        '[keystore]\nfile = "keystore.json"\npassphrase_file = "../elsewhere/passphrase"\n[csv]\nfolder = "drop"\n'
        'settle_s = 0\narchive = "sent"\n'
    )
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_sync_over_mutual_tls_ends_in_its_summary(site: Path) -> None:
    command = ["sync", "--config", str(site / "connector.toml"), "--once", "--summary", str(site / "summary.json")]
    assert main(command) == 3, "one record was quarantined"
    summary = json.loads((site / "summary.json").read_text())
    assert (summary["submitted"], summary["accepted"], summary["quarantined"]) == (3, 2, 1)
    assert summary["amount_inr"] == "5000000100.00"
    assert summary["adds_up"] is True
    assert len(list((site / "sent").iterdir())) == 1


def test_a_server_of_another_authority_is_not_trusted(
    site: Path, ingestion: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altscore_connector.client._FIRST_PAUSE_S", 0.0)
    (site / "ca.pem").write_bytes(Authority("unknown").pem)
    assert main(["sync", "--config", str(site / "connector.toml"), "--once"]) == 1
    assert ingestion.headers == []
    assert "the service's certificate is not from the authority in ingestion.ca_file" in capsys.readouterr().err


def test_a_certificate_of_another_authority_is_told_as_ours(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altscore_connector.client._FIRST_PAUSE_S", 0.0)
    request = x509.load_pem_x509_csr((site / "client.csr").read_bytes())
    (site / "client.crt").write_bytes(Authority("services of somebody else").issue(request.public_key()))
    assert main(["sync", "--config", str(site / "connector.toml"), "--once"]) == 1
    assert "ingestion.certificate_file" in capsys.readouterr().err


def test_one_payload_can_be_sent_with_a_wrong_signature(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "p.json").write_text('{"invoices":[],"payments":[],"retailers":[],"returns":[]}')
    send = ["send", "--config", str(site / "connector.toml"), "--payload", str(site / "p.json")]
    capsys.readouterr()
    statuses = []
    for extra in (["--wrong-signature"], [], []):
        assert main([*send, *extra]) == 0
        statuses.append(json.loads(capsys.readouterr().out)["status"])
    assert statuses == [401, 202, 409]
