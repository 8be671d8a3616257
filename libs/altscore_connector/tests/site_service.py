"""The ingestion service as a connector's own endpoints see it: mutual TLS, keys that rotate, a clock, quarantine."""

import gzip
import hashlib
import hmac
import ipaddress
import json
import re
import secrets
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from altscore_connector.cli import main
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .authority import Authority

TABLES = ("retailers", "invoices", "payments", "returns")
_V2 = re.compile(r"t=([0-9]{1,12}),v2=([0-9a-f]{64})")
_WINDOW_S = 300
_LIFE = timedelta(days=37)
_PAGE = 2
Answer = tuple[int, dict[str, Any]]


class SiteService:
    """The rules of the wire contract, and faults on demand.

    Attributes:
        keys: API key to signing secret, of those that are accepted.
        used: keys with which some request was accepted.
        lost: paths whose next answer is lost after it took effect.
        skew: how far the service's clock is ahead.
        faults: statuses of the next answers.
        html: answers a sign-in page with 200 to everything.
    """

    def __init__(self) -> None:
        self.authority = Authority("services")
        self.clients = Authority("clients")
        self.keys: dict[str, str] = {}
        self.used: set[str] = set()
        self.successors: dict[str, str] = {}
        self.expires_at = datetime.now(UTC) + timedelta(days=30)
        self.lost: list[str] = []
        self.skew = timedelta()
        self.faults: list[int] = []
        self.html = False
        self.quarantine: list[dict[str, str]] = []
        self.months: list[dict[str, Any]] = []  # of the comparison of totals
        self.accepted: list[dict[str, Any]] = []
        self.distributor_id = "dist_x"
        self.installation: dict[str, str | None] | None = None  # as AltScore tells it, whose batches are taken
        self.heartbeats: list[dict[str, Any]] = []
        self.payloads: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str]] = []
        self.peer_serials: list[int] = []
        self.url = ""

    def onboard(self) -> tuple[str, str]:
        """A new key and its secret."""
        key, secret = secrets.token_hex(32), secrets.token_hex(32)
        self.keys[key] = secret
        return key, secret

    def certificate(self, csr_pem: bytes, **days: float) -> str:
        """A client certificate of a signing request."""
        request = x509.load_pem_x509_csr(csr_pem)
        [names] = [extension.value for extension in request.extensions]
        [name] = names
        self.distributor_id = str(name.value).rsplit("/", 1)[1]
        return self.clients.issue(request.public_key(), *names, **days).decode()

    @property
    def installation_id(self) -> str:
        """Whose batches are taken."""
        assert self.installation is not None
        return str(self.installation["installation_id"])

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def answer(self, method: str, target: str, *, headers: dict[str, str], body: bytes) -> Answer:
        path = urlsplit(target).path
        self.requests.append((method, path))
        if self.faults:
            return self.faults.pop(0), {"code": "SERVICE_UNAVAILABLE"}
        key = headers.get("x-api-key", "")
        secret = self.keys.get(key)
        if secret is None:
            return 401, {"code": "UNAUTHORIZED"}
        if method == "GET" and path.endswith("/status"):
            return 404, {"code": "BATCH_NOT_FOUND"}
        if not self._is_signed(method, path, secret=secret, headers=headers, body=body):
            return 401, {"code": "UNAUTHORIZED"}
        self.used.add(key)
        return self._for_installation(method, target, key=key, headers=headers, body=body)

    def _for_installation(self, method: str, target: str, *, key: str, headers: dict[str, str], body: bytes) -> Answer:
        own, path = headers.get("x-installation-id"), urlsplit(target).path
        if path.endswith("/connector/installation"):
            return self._installation(method, own, body)
        if self._is_other(own) and not path.endswith(("/quarantine", "/records", "/totals")):
            assert self.installation is not None
            self.installation |= {"refused_id": own, "refused_at": self.now().isoformat()}
            return 409, {"code": "OTHER_INSTALLATION", "installation": self.installation}
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        answer = self._act(path, target, key=key, body=plain)
        if path.endswith("/batch") and own is not None:
            self.installation = self._bound(own) | {"last_batch_at": self.now().isoformat()}
        return answer

    def _is_other(self, own: str | None) -> bool:
        return None not in (self.installation, own) and self._bound(own)["installation_id"] != own

    def _bound(self, own: str | None) -> dict[str, str | None]:
        new = {"installation_id": own, "since": self.now().isoformat(), "last_batch_at": None}
        return self.installation or {**new, "refused_id": None, "refused_at": None}

    def _installation(self, method: str, own: str | None, body: bytes) -> Answer:
        if method == "POST":
            if self.installation is None or json.loads(body)["instead_of"] != self.installation["installation_id"]:
                return 409, {"code": "OTHER_INSTALLATION", "installation": self.installation}
            self.installation = None
            self.installation = self._bound(own)
        return 200, {"installation": self.installation}

    def _is_signed(self, method: str, path: str, *, secret: str, headers: dict[str, str], body: bytes) -> bool:
        match = _V2.fullmatch(headers.get("x-payload-signature-v2", ""))
        if match is None or abs(self.now().timestamp() - int(match[1])) > _WINDOW_S:
            return False
        is_batch = method == "POST" and "/connector/" not in path
        batch, erp = (headers.get("x-batch-id", ""), headers["x-erp-type"]) if is_batch else ("", "")
        text = "\n".join(("altscore-v2", method, path, batch, erp, match[1], hashlib.sha256(body).hexdigest()))
        expected = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        v1 = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, match[2]) and headers["x-payload-signature"] == v1

    def _act(self, path: str, target: str, *, key: str, body: bytes) -> Answer:
        name = path.rsplit("/", 1)[1]
        if name == "rotate-key":
            return self._rotate_key(key)
        if name == "rotate-certificate":
            pem = self.certificate(json.loads(body)["csr_pem"].encode())
            return 201, {"certificate_pem": pem, "expires_at": (self.now() + timedelta(days=90)).isoformat()}
        if name == "heartbeat":
            return self._heartbeat(body)
        if name in ("sequence", "records", "totals"):
            return 200, self._accepted(name)
        if name == "quarantine":
            start = int(parse_qs(urlsplit(target).query).get("after", ["0"])[0])
            page, end = self.quarantine[start : start + _PAGE], start + _PAGE
            return 200, {"records": page, "next": str(end) if end < len(self.quarantine) else None}
        return self._batch(body)

    def _accepted(self, name: str) -> dict[str, Any]:
        if name == "records":
            return {"records": self.accepted, "next": None}
        if name == "totals":
            return {"compared": bool(self.months), "agrees": None, "months": self.months}
        numbers = [payload["sequence"] for payload in self.payloads]
        return {"distributor_id": self.distributor_id, "highest_sequence": max(numbers, default=0)}

    def _rotate_key(self, key: str) -> Answer:
        before = self.successors.get(key)
        if before in self.used:
            return 409, {"code": "KEY_SUPERSEDED"}
        if before is not None:
            del self.keys[before]
        new, secret = self.onboard()
        self.successors[key] = new
        self.expires_at = self.now() + _LIFE
        return 201, {
            "api_key": new,
            "signing_secret": secret,
            "valid_from": self.now().isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "previous_valid_until": (self.now() + timedelta(days=7)).isoformat(),
        }

    def _heartbeat(self, body: bytes) -> Answer:
        self.heartbeats.append(json.loads(body))
        return 200, {
            "server_time": self.now().isoformat(),
            "api_key_expires_at": self.expires_at.isoformat(),
            "certificate_expires_at": (self.now() + timedelta(days=90)).isoformat(),
            "quarantined": len(self.quarantine),
        }

    def _batch(self, body: bytes) -> Answer:
        payload = json.loads(body)
        self.payloads.append(payload)
        count = sum(len(payload[table]) for table in TABLES)
        return 202, {
            "batch_id": f"bat_{len(self.payloads):032x}",
            "submitted": count,
            "accepted": count,
            "quarantined": 0,
            "duplicate": 0,
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: SiteService

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, document = self.service.answer(self.command, self.path, headers=headers, body=body)
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        self.service.peer_serials.append(int(str((certificate or {}).get("serialNumber", "0")), 16))
        path = urlsplit(self.path).path
        if path in self.service.lost:
            self.service.lost.remove(path)
            self.close_connection = True
            return
        data = json.dumps(document).encode()
        if self.service.html:
            status, data = 200, b"<html>Please sign in to the network</html>"
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.service.now(), usegmt=True))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = _serve  # noqa: N815 - names of the library

    def log_message(self, *args: object) -> None:
        """Silence."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler: type[_Handler], context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._context = context

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake belongs to the connection's own thread, so that a bad client does not stop the rest."""
        with self._context.wrap_socket(request, server_side=True) as connection:
            super().finish_request(connection, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A refused handshake is what some tests are about."""


@contextmanager
def serving(
    service: SiteService, folder: Path, *, name: x509.GeneralName | None = None, **days: float
) -> Iterator[SiteService]:
    """Serves over mutual TLS on loopback; `days` bound the service's own certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    name = name or x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    (folder / "server.pem").write_bytes(pem + service.authority.issue(key.public_key(), name, **days))
    (folder / "clients.pem").write_bytes(service.clients.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "clients.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = _Server(type("Bound", (_Handler,), {"service": service}), context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    service.url = f"https://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class SiteFolder:
    """A distributor's folder with everything in order.

    Args:
        folder: empty; the passphrase lies in another one beside it.
        service: where it sends to.
        client_days: bounds of our certificate, in days from now.
    """

    def __init__(self, folder: Path, service: SiteService, **client_days: float) -> None:
        self.folder = folder / "site"
        self.config = self.folder / "connector.toml"
        self.passphrase = folder / "elsewhere" / "passphrase"
        self.drop = self.folder / "drop"
        self.drop.mkdir(parents=True)
        self._init(service, client_days)

    def _init(self, service: SiteService, client_days: dict[str, float]) -> None:
        flags = ["--distributor-id", "dist_x", "--url", service.url, "--source", "csv", "--folder", "drop"]
        flags += ["--passphrase-file", str(self.passphrase), "--config", str(self.config)]
        assert main(["init", *flags]) == 0
        text = self.config.read_text(encoding="utf-8")
        self.config.write_text(text + "settle_s = 0\n", encoding="utf-8")
        key, secret = service.onboard()
        answer = {
            "api_key": key,
            "signing_secret": secret,
            "ca_pem": service.authority.pem.decode(),
            "certificate_pem": service.certificate((self.folder / "client.csr").read_bytes(), **client_days),
        }
        (self.folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
        assert main(["init", "--config", str(self.config), "--answer", str(self.folder / "answer.json")]) == 0

    def replace(self, old: str, new: str) -> None:
        """Changes the configuration."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    def put(self, name: str, text: str) -> Path:
        """Drops a file."""
        path = self.drop / name
        path.write_text(text, encoding="utf-8")
        return path
