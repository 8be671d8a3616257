"""`check` tells every fault apart by one sentence, and never shows a traceback."""

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from altscore_connector.check_texts import CHECK_FAULTS, IN_ORDER, REQUEST_FAULTS, TEXTS
from altscore_connector.cli import main
from altscore_connector.config import load_config
from altscore_connector.identity import new_key
from altscore_connector.keystore import Secrets, read_keystore, write_keystore
from cryptography import x509

from .authority import Authority
from .site_service import SiteFolder, SiteService, serving


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SiteService]:
    with serving(SiteService(), tmp_path) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, service: SiteService) -> SiteFolder:
    return SiteFolder(tmp_path, service)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


class Checked:
    """What a check said."""

    def __init__(self, site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
        capsys.readouterr()
        self.exit_status = main(["check", "--config", str(site.config), "--json"])
        captured = capsys.readouterr()
        assert captured.err == ""
        self.lines = [json.loads(line) for line in captured.out.splitlines()]

    @property
    def faults(self) -> list[str]:
        """Rules of what is not in order."""
        faults = [line["rule"] or line["subject"] for line in self.lines if not line["is_ok"]]
        assert self.exit_status == int(bool(faults))
        return faults

    @property
    def rules(self) -> set[str]:
        """All rules."""
        return {line["rule"] for line in self.lines}


def secrets_of(site: SiteFolder) -> Secrets:
    return read_keystore(site.folder / "keystore.json", site.passphrase.read_text())


def keep(site: SiteFolder, secrets: Secrets) -> None:
    write_keystore(site.folder / "keystore.json", site.passphrase.read_text(), secrets)


def test_a_site_in_order_has_no_fault(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
    checked = Checked(site, capsys)
    assert checked.faults == []
    expected = {*("config_ok", "keystore_ok", "certificate_ok", "dns_ok", "connection_ok", "tls_ok")}
    assert expected | {"clock_ok", "key_ok", "secret_ok", "quota_ok", "state_ok"} <= checked.rules


def test_a_check_changes_nothing_at_the_service(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Checked(site, capsys).faults == []
    assert {method for method, _ in service.requests} == {"GET"}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("https://127.0.0.1", "http://127.0.0.1", "config_unusable"),
        ("[csv]", "[csv", "config_unusable"),
        ("interval_s", "intervall_s", "config_unusable"),
        ("https://127.0.0.1:", "https://nowhere.invalid:", "dns_unknown"),
    ],
)
def test_faults_of_the_configuration(
    site: SiteFolder, capsys: pytest.CaptureFixture[str], old: str, new: str, rule: str
) -> None:
    site.replace(old, new)
    assert Checked(site, capsys).faults == [rule]


def test_a_port_where_nothing_listens(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    site.replace(service.url, f"https://127.0.0.1:{port}")
    assert Checked(site, capsys).faults == ["connection_refused"]


def test_key_and_secret_are_told_apart(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    right = secrets_of(site)
    keep(site, Secrets(right.api_key, "0" * 64))
    assert Checked(site, capsys).faults == ["secret_refused"]
    keep(site, Secrets("0" * 64, right.signing_secret))
    assert Checked(site, capsys).faults == ["key_refused"]


@pytest.mark.parametrize(("minutes", "direction"), [(10, "behind"), (-10, "ahead")])
def test_a_wrong_clock_is_told_and_not_blamed_on_the_secret(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str], minutes: int, direction: str
) -> None:
    service.skew = timedelta(minutes=minutes)
    checked = Checked(site, capsys)
    assert checked.faults == ["clock_off"]
    [line] = [line for line in checked.lines if line["rule"] == "clock_off"]
    assert f"10 minutes {direction}" in line["what_to_do"]


def test_keystore_and_passphrase(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
    text = site.passphrase.read_text()
    site.passphrase.write_text("another")
    assert Checked(site, capsys).faults == ["keystore_unusable"]
    site.passphrase.unlink()
    assert Checked(site, capsys).faults == ["keystore_unusable"]
    beside = site.folder / "passphrase"
    beside.write_text(text)
    site.replace(str(site.passphrase), str(beside))
    checked = Checked(site, capsys)
    assert checked.faults == ["keystore_unusable"]
    assert "move it to a folder of its own" in str(checked.lines)


@pytest.mark.parametrize(
    ("days", "rule"),
    [
        ({"to_days": -1}, "certificate_expired"),
        ({"from_days": 1}, "certificate_not_yet_valid"),
    ],
)
def test_dates_of_our_certificate(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str], days: dict[str, float], rule: str
) -> None:
    pem = service.certificate((site.folder / "client.csr").read_bytes(), **days)
    (site.folder / "client.crt").write_text(pem)
    assert Checked(site, capsys).faults == [rule]


def test_a_certificate_that_ends_soon_is_no_fault(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = service.certificate((site.folder / "client.csr").read_bytes(), to_days=20)
    (site.folder / "client.crt").write_text(pem)
    checked = Checked(site, capsys)
    assert checked.faults == []
    assert "certificate_ends_soon" in checked.rules


def test_files_of_our_certificate(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        ("client.crt", b"nothing", "certificate_unusable"),
        ("client.key", b"nothing", "key_file_unusable"),
        ("client.key", new_key(), "certificate_of_another_key"),
        ("ca.pem", b"nothing", "ca_unusable"),
    ]
    for name, content, rule in cases:
        path = site.folder / name
        before = path.read_bytes()
        path.write_bytes(content)
        assert Checked(site, capsys).faults == [rule]
        path.unlink()
        assert Checked(site, capsys).faults == [rule.replace("certificate_of_another_key", "key_file_unusable")]
        path.write_bytes(before)
    assert Checked(site, capsys).faults == []


def test_a_certificate_of_another_authority_is_told_as_ours(
    site: SiteFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    request = x509.load_pem_x509_csr((site.folder / "client.csr").read_bytes())
    (site.folder / "client.crt").write_bytes(Authority("others").issue(request.public_key()))
    [fault] = Checked(site, capsys).faults
    assert fault in ("our_authority_unknown", "our_certificate_refused")


def test_a_service_of_another_authority_is_told_as_theirs(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
    (site.folder / "ca.pem").write_bytes(Authority("others").pem)
    assert Checked(site, capsys).faults == ["their_authority_unknown"]


@pytest.mark.parametrize(
    ("name", "days", "rule"),
    [
        (None, {"to_days": -1}, "their_certificate_expired"),
        (None, {"from_days": 1}, "their_certificate_not_yet_valid"),
        (x509.DNSName("another.example"), {}, "their_certificate_of_another_name"),
    ],
)
def test_the_certificate_of_the_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: x509.GeneralName | None, days: dict[str, float], rule: str
) -> None:
    with serving(SiteService(), tmp_path, name=name, **days) as service:
        assert Checked(SiteFolder(tmp_path, service), capsys).faults == [rule]


def test_a_sign_in_page_and_a_busy_service(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    service.faults = [503, 503]
    assert Checked(site, capsys).faults == ["service_busy"]
    service.faults = [429, 429]
    assert "quota_spent" in Checked(site, capsys).faults
    service.html = True
    assert Checked(site, capsys).faults == ["another_server"]


def test_a_spent_quota_of_the_last_sync_is_told(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altscore_connector.client._FIRST_PAUSE_S", 0.0)
    site.put("a.csv", "Invoice No,Invoice Date,Party,Amount\r\n1,01-07-2026,A,100\r\n")
    service.faults = [429] * 5
    assert main(["sync", "--config", str(site.config), "--once"]) == 1
    assert Checked(site, capsys).faults == ["quota_spent"]


def test_the_proxy(site: SiteFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    checked = Checked(site, capsys)
    assert checked.faults == []
    assert "proxy_unused" in checked.rules
    site.replace("[ingestion]", '[ingestion]\nproxy = "http://127.0.0.1:1"')
    assert Checked(site, capsys).faults == ["proxy_unreachable"]


@contextmanager
def serving_refusals() -> Iterator[int]:
    """A proxy that allows no destination."""

    class Refusal(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(403)

        def log_message(self, *args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_proxy_that_refuses(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
    with serving_refusals() as port:
        site.replace("[ingestion]", f'[ingestion]\nproxy = "http://127.0.0.1:{port}"')
        assert Checked(site, capsys).faults == ["proxy_refused"]


def test_state_file_and_erp(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
    site.drop.rmdir()
    faults = Checked(site, capsys).faults
    assert len(faults) == 1
    site.drop.mkdir()
    site.put("a.csv", "Number,Day\r\n1,2\r\n")
    assert Checked(site, capsys).faults == ["a.csv"]
    (site.drop / "a.csv").unlink()
    state = load_config(site.config).state_file
    state.write_bytes(b"no database, " * 100)
    assert Checked(site, capsys).faults == ["state_unusable"]
    state.unlink()
    with sqlite3.connect(state) as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    assert Checked(site, capsys).faults == ["state_unusable"]


def test_sentences_are_in_two_languages_and_fill_in_what_they_name(
    site: SiteFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(TEXTS) == len(IN_ORDER) + len(CHECK_FAULTS) + len(REQUEST_FAULTS)
    for rule, (english, hindi) in TEXTS.items():
        assert any("\u0900" <= character <= "\u097f" for character in hindi), rule
        assert english.isascii(), rule
    for rule, (english, _) in {**CHECK_FAULTS, **REQUEST_FAULTS}.items():
        assert ";" in english, f"{rule} says what to do"
    capsys.readouterr()
    assert main(["check", "--config", str(site.config), "--language", "hi"]) == 0
    assert "इस मशीन की घड़ी सही है।" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "sync", "status", "preview", "rotate", "resync", "backfill", "service"])
@pytest.mark.parametrize("name", ["connector.toml", "keystore.json", "client.crt", "client.key", "ca.pem", "state"])
def test_no_command_shows_a_traceback_whatever_is_damaged(
    site: SiteFolder, capsys: pytest.CaptureFixture[str], command: str, name: str
) -> None:
    path = load_config(site.config).state_file if name == "state" else site.folder / name
    path.unlink(missing_ok=True)
    path.mkdir()
    further = {
        "sync": ["--once"],
        "resync": ["--yes"],
        "backfill": ["--from", "2026-01-01"],
        "service": ["--output", str(site.folder / "unit")],
    }
    words = ["service", "install"] if command == "service" else [command]
    exit_status = main([*words, "--config", str(site.config), *further.get(command, [])])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    is_needed = command != "service" or name == "connector.toml"
    assert (exit_status != 0) == is_needed or (command in ("status", "rotate", "preview") and name == "state")
