"""TLS 1.3 on both sides, and who is behind a connection: the SPIFFE name in the peer's certificate."""

import hashlib
import logging
import ssl
from asyncio import Transport
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from cryptography import x509
from prometheus_client import Counter, Gauge

from altscore_libs.http1 import StrictProtocol

SPIFFE_DOMAIN = "spiffe://altscore/"
_expires = Gauge(
    "altscore_certificate_expires_timestamp_seconds",
    "End of the certificates that this process has loaded, Unix time; of a file with several, the first to end.",
    ["file"],
)
RELOAD_S = 30.0
_log = logging.getLogger("altscore.tls")
_reloaded = Counter("altscore_tls_certificates_reloaded_total", "Contexts that took renewed files without a restart.")
_unusable = Gauge("altscore_tls_certificates_unusable", "Contexts whose renewed files cannot be used.")


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


@dataclass(frozen=True)
class _Files:
    """What a context was made from, and what was in the files then."""

    cert_file: Path | None
    key_file: Path | None
    ca_file: Path | None
    digest: str


_contexts: WeakKeyDictionary[ssl.SSLContext, _Files] = WeakKeyDictionary()


def _digest(files: Iterable[Path | None]) -> str:
    parts = [hashlib.sha256(path.read_bytes()).digest() for path in files if path is not None]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _watch(context: ssl.SSLContext, *, cert_file: Path | None, key_file: Path | None, ca_file: Path | None) -> None:
    _contexts[context] = _Files(cert_file, key_file, ca_file=ca_file, digest=_digest((cert_file, key_file, ca_file)))


def reload_certificates() -> int:
    """Gives every living context the files that have changed since it was made.

    New connections then use the renewed certificate and trust the new authority besides the old; present connections go
    on. Files that cannot be used (half replaced, say) change nothing and are tried again at the next call.

    Returns:
        How many contexts took renewed files.
    """
    reloaded = unusable = 0
    for context, files in list(_contexts.items()):
        try:
            changed = _reload(context, files)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            unusable += 1
            _log.warning("renewed certificate not usable", exc_info=error, extra={"file": str(files.cert_file)})
        else:
            reloaded += changed
    _reloaded.inc(reloaded)
    _unusable.set(unusable)
    return reloaded


def _reload(context: ssl.SSLContext, files: _Files) -> bool:
    paths = (files.cert_file, files.key_file, files.ca_file)
    digest = _digest(paths)
    if digest == files.digest:
        return False
    # A chain that does not fit its key leaves a context without any: it is tried on another one first.
    for candidate in (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), context):
        if files.ca_file is not None:
            candidate.load_verify_locations(cafile=str(files.ca_file))
        if files.cert_file is not None:
            candidate.load_cert_chain(files.cert_file, files.key_file)
    _contexts[context] = _Files(files.cert_file, files.key_file, ca_file=files.ca_file, digest=digest)
    for path in filter(None, (files.cert_file, files.ca_file)):
        _watch_expiry(path)
    _log.info("certificate reloaded", extra={"file": str(files.cert_file or files.ca_file)})
    return True


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
    ca_file = tls.client_ca_file if require_client_certificate else None
    _watch(context, cert_file=tls.cert_file, key_file=tls.key_file, ca_file=ca_file)
    return context


def client_context(tls: ClientTls) -> ssl.SSLContext:
    """A TLS 1.3 client context that trusts `ca_file` alone."""
    context = ssl.create_default_context(cafile=str(tls.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    _watch_expiry(tls.ca_file)
    if tls.cert_file is not None:
        context.load_cert_chain(tls.cert_file, tls.key_file)
        _watch_expiry(tls.cert_file)
    _watch(context, cert_file=tls.cert_file, key_file=tls.key_file, ca_file=tls.ca_file)
    return context


def _watch_expiry(file: Path) -> None:
    """Shows when what was just loaded ends; a reload says it again."""
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
