"""TLS 1.3 on both sides, and who is behind a connection: the SPIFFE name in the peer's certificate."""

import hashlib
import ssl
from asyncio import Transport
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from prometheus_client import Gauge

from altscore_libs.http1 import StrictProtocol

SPIFFE_DOMAIN = "spiffe://altscore/"
_expires = Gauge(
    "altscore_certificate_expires_timestamp_seconds",
    "End of the certificates that this process has loaded, Unix time; of a file with several, the first to end.",
    ["file"],
)


@dataclass(frozen=True)
class ServerTls:
    """Files of a listener: its certificate and key, and the CA whose client certificates it takes."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


@dataclass(frozen=True)
class ClientTls:
    """Files of a caller: the CA it trusts and, where it must prove itself, its certificate and key."""

    ca_file: Path
    cert_file: Path | None = None
    key_file: Path | None = None


class Peer(NamedTuple):
    """Who called, from the verified client certificate; both names None where there was none."""

    service: str | None
    distributor_id: str | None
    fingerprint: str


NOBODY = Peer(None, None, "")


def server_context(tls: ServerTls, *, require_client_certificate: bool) -> ssl.SSLContext:
    """A TLS 1.3 server context; without session tickets, since a resumed session skips the certificate check."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.load_cert_chain(tls.cert_file, tls.key_file)
    _watch_expiry(tls.cert_file)
    if require_client_certificate:
        if tls.client_ca_file is None:
            raise ValueError("a listener that demands client certificates needs the CA that signs them")
        context.load_verify_locations(cafile=str(tls.client_ca_file))
        _watch_expiry(tls.client_ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(tls: ClientTls) -> ssl.SSLContext:
    """A TLS 1.3 client context that trusts `ca_file` alone."""
    context = ssl.create_default_context(cafile=str(tls.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    _watch_expiry(tls.ca_file)
    if tls.cert_file is not None:
        context.load_cert_chain(tls.cert_file, tls.key_file)
        _watch_expiry(tls.cert_file)
    return context


def _watch_expiry(file: Path) -> None:
    """Shows when what was just loaded ends; the file may be exchanged later, the process then still uses this."""
    ends = [item.not_valid_after_utc for item in x509.load_pem_x509_certificates(file.read_bytes())]
    _expires.labels(file.name).set(min(ends).timestamp())


def peer_of_certificate(certificate: dict[str, Any] | None, der: bytes | None) -> Peer:
    """The peer that a verified certificate names (`ssl.SSLObject.getpeercert()` in both forms)."""
    if not certificate or not der:
        return NOBODY
    fingerprint = hashlib.sha256(der).hexdigest()
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "URI"]
    if len(names) != 1 or not names[0].startswith(SPIFFE_DOMAIN):
        return Peer(None, None, fingerprint)
    name = names[0].removeprefix(SPIFFE_DOMAIN)
    kind, _, rest = name.partition("/")
    if kind == "distributor" and rest:
        return Peer(None, rest, fingerprint)
    return Peer(name, None, fingerprint)


class PeerProtocol(StrictProtocol):
    """The strict HTTP/1.1 protocol that also tells the application who the TLS peer is (once per connection)."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # asyncio passes a Transport
        """Reads the certificate when the handshake is done."""
        super().connection_made(transport)
        ssl_object = transport.get_extra_info("ssl_object")
        peer = (
            peer_of_certificate(ssl_object.getpeercert(), ssl_object.getpeercert(binary_form=True))
            if ssl_object is not None
            else NOBODY
        )
        inner = self.app

        async def app_with_peer(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})["altscore.peer"] = peer
            await inner(scope, receive, send)

        self.app = app_with_peer
