"""TLS 1.3 on both sides, and who is behind a connection: the SPIFFE name in the peer's certificate."""

import hashlib
import logging
import ssl
from asyncio import Transport
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID
from prometheus_client import Counter, Gauge

from altscore_libs.connection_turns import WAITING_S, ConnectionTurns, Turn
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
    """Files of a listener: its certificate and key, and the CAs whose client certificates it takes."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None
    other_client_ca_file: Path | None = None


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
    ca_files: tuple[Path, ...]
    digest: str


_contexts: WeakKeyDictionary[ssl.SSLContext, _Files] = WeakKeyDictionary()
_readers: "WeakSet[PeerReader]" = WeakSet()


def _digest(files: Iterable[Path | None]) -> str:
    parts = [hashlib.sha256(path.read_bytes()).digest() for path in files if path is not None]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _watch(
    context: ssl.SSLContext, *, cert_file: Path | None, key_file: Path | None, ca_files: tuple[Path, ...]
) -> None:
    digest = _digest((cert_file, key_file, *ca_files))
    _contexts[context] = _Files(cert_file, key_file, ca_files=ca_files, digest=digest)


def watch_authority(context: ssl.SSLContext, ca_file: Path) -> None:
    """Lets a context that was made elsewhere take a renewed authority as those made here do."""
    _watch(context, cert_file=None, key_file=None, ca_files=(ca_file,))
    _watch_expiry(ca_file)


def reload_certificates() -> int:
    """Gives every living context the files that have changed since it was made.

    New connections then use the renewed certificate and trust the new authority besides the old; present connections go
    on. Files that cannot be used (half replaced, say) change nothing and are tried again at the next call.

    Returns:
        How many contexts took renewed files.
    """
    reloaded = unusable = 0
    for reader in list(_readers):
        try:
            reader.reload()
        except (OSError, ValueError) as error:
            _log.warning("renewed authority not usable", exc_info=error)
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
    digest = _digest((files.cert_file, files.key_file, *files.ca_files))
    if digest == files.digest:
        return False
    # A chain that does not fit its key leaves a context without any: it is tried on another one first.
    for candidate in (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), context):
        for ca_file in files.ca_files:
            candidate.load_verify_locations(cafile=str(ca_file))
        if files.cert_file is not None:
            candidate.load_cert_chain(files.cert_file, files.key_file)
    _contexts[context] = _Files(files.cert_file, files.key_file, ca_files=files.ca_files, digest=digest)
    for path in filter(None, (files.cert_file, *files.ca_files)):
        _watch_expiry(path)
    _log.info("certificate reloaded", extra={"file": str(files.cert_file or files.ca_files[0])})
    return True


def server_context(tls: ServerTls, *, require_client_certificate: bool) -> ssl.SSLContext:
    """A TLS 1.3 server context; without session tickets, since a resumed session skips the certificate check."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.load_cert_chain(tls.cert_file, tls.key_file)
    _watch_expiry(tls.cert_file)
    ca_files: tuple[Path, ...] = ()
    if require_client_certificate:
        ca_files = tuple(path for path in (tls.client_ca_file, tls.other_client_ca_file) if path is not None)
        if not ca_files:
            raise ValueError("a listener that demands client certificates needs the CA that signs them")
        for ca_file in ca_files:
            context.load_verify_locations(cafile=str(ca_file))
            _watch_expiry(ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    _watch(context, cert_file=tls.cert_file, key_file=tls.key_file, ca_files=ca_files)
    return context


def client_context(tls: ClientTls) -> ssl.SSLContext:
    """A TLS 1.3 client context that trusts `ca_file` alone."""
    context = ssl.create_default_context(cafile=str(tls.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    _watch_expiry(tls.ca_file)
    if tls.cert_file is not None:
        context.load_cert_chain(tls.cert_file, tls.key_file)
        _watch_expiry(tls.cert_file)
    _watch(context, cert_file=tls.cert_file, key_file=tls.key_file, ca_files=(tls.ca_file,))
    return context


def _watch_expiry(file: Path) -> None:
    """Shows when what was just loaded ends; a reload says it again."""
    ends = [item.not_valid_after_utc for item in x509.load_pem_x509_certificates(file.read_bytes())]
    _expires.labels(file.name).set(min(ends).timestamp())


def peer_of_certificate(
    der: bytes, *, services: Iterable[x509.Certificate], connectors: Iterable[x509.Certificate] = ()
) -> Peer:
    """The peer that a certificate names, which TLS has verified against all of these authorities together.

    Each authority has a name space of its own: that of connectors never names a service, and that of services never a
    distributor. A certificate that is itself an authority's, or is not made for clients, names nobody.

    Args:
        der: the certificate.
        services: authorities that sign certificates of our services, themselves.
        connectors: authorities that sign certificates of distributors.
    """
    nobody = Peer(None, None, hashlib.sha256(der).hexdigest())
    try:
        certificate = x509.load_der_x509_certificate(der)
        name = _spiffe_name(certificate) if _is_of_client(certificate) else None
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return nobody
    if name is None:
        return nobody
    kind, _, rest = name.partition("/")
    if kind == "distributor":
        return nobody._replace(distributor_id=rest or None) if _is_issued(certificate, connectors) else nobody
    return nobody._replace(service=name) if _is_issued(certificate, services) else nobody


def _spiffe_name(certificate: x509.Certificate) -> str | None:
    """The only URI, without our domain."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1 or not uris[0].startswith(SPIFFE_DOMAIN):
        return None
    return uris[0].removeprefix(SPIFFE_DOMAIN)


def _is_of_client(certificate: x509.Certificate) -> bool:
    """Whether it is made for clients, and neither an authority nor with a key that signs certificates."""
    values = [extension.value for extension in certificate.extensions]
    if any(isinstance(value, x509.BasicConstraints) and value.ca for value in values):
        return False
    if any(isinstance(value, x509.KeyUsage) and value.key_cert_sign for value in values):
        return False
    usages = [value for value in values if isinstance(value, x509.ExtendedKeyUsage)]
    return any(ExtendedKeyUsageOID.CLIENT_AUTH in usage for usage in usages)


def _is_issued(certificate: x509.Certificate, authorities: Iterable[x509.Certificate]) -> bool:
    return any(_is_issued_by(certificate, authority) for authority in authorities)


def _is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


class PeerReader:
    """Knows the authorities of a listener as they are in its files now, and reads who is behind a connection.

    Args:
        tls: files of the listener; None for one without TLS, behind which everybody is nobody.
    """

    def __init__(self, tls: ServerTls | None) -> None:
        self._tls = tls
        self.turns = ConnectionTurns()
        self._authorities: tuple[list[x509.Certificate], list[x509.Certificate]] = ([], [])
        self.reload()
        _readers.add(self)

    def reload(self) -> None:
        """Reads the files again."""
        files = (None, None) if self._tls is None else (self._tls.client_ca_file, self._tls.other_client_ca_file)
        services, connectors = ([] if file is None else _authorities_in(file) for file in files)
        self._authorities = services, connectors

    def peer(self, der: bytes | None) -> Peer:
        """Who showed this certificate in a handshake that succeeded."""
        if not der:
            return NOBODY
        services, connectors = self._authorities
        return peer_of_certificate(der, services=services, connectors=connectors)


def _authorities_in(file: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(file.read_bytes())


class PeerProtocol(StrictProtocol):
    """The strict HTTP/1.1 protocol that also tells the application who the TLS peer is (once per connection).

    Connections of one distributor beyond READ_AT_ONCE wait unread for their turn, and are ended after WAITING_S.
    """

    def __init__(self, *args: Any, peers: PeerReader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._peers = peers
        self._distributor_id: str | None = None  # who has a turn, or waits for one

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # asyncio passes a Transport
        """Reads the certificate when the handshake is done."""
        super().connection_made(transport)
        ssl_object = transport.get_extra_info("ssl_object")
        peer = NOBODY if ssl_object is None else self._peers.peer(ssl_object.getpeercert(binary_form=True))
        inner = self.app

        async def app_with_peer(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})["altscore.peer"] = peer
            await inner(scope, receive, send)

        self.app = app_with_peer
        if peer.distributor_id is not None:
            self._ask_for_turn(peer.distributor_id)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives the turn to the next connection."""
        if self._distributor_id is not None:
            self._peers.turns.leave(self._distributor_id, self._begin)
        super().connection_lost(exc)

    def _ask_for_turn(self, distributor_id: str) -> None:
        turn = self._peers.turns.ask(distributor_id, self._begin)
        if turn is Turn.NEVER:
            self.transport.abort()
            return
        self._distributor_id = distributor_id
        if turn is Turn.LATER:
            self._end_timer()
            self.transport.set_read_buffer_limits(high=1)  # type: ignore[attr-defined]  # of TLS, in both loops
            self.transport.pause_reading()
            self._timer = self.loop.call_later(WAITING_S, self.transport.abort)

    def _begin(self) -> None:
        self._end_timer()
        if self.transport.is_closing():
            return
        self._timer = self.loop.call_later(self._head_timeout_s, self._head_is_late)
        self.transport.set_read_buffer_limits()  # type: ignore[attr-defined]  # as above
        self.transport.resume_reading()
