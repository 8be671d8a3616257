"""Fixtures of the services' tests: a real PostgreSQL, a fresh database per test, ports, and certificates."""

import asyncio
import datetime as dt
import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from altscore_libs import db, envelope
from altscore_libs.errors import Unavailable
from altscore_libs.event_signatures import HEADER, SentMessage, sign_batch
from altscore_libs.signer import COORDINATE_BYTES, PublicKeys, key_id_of
from altscore_libs.testing_postgres import HANG_S, PostgresServer
from altscore_libs.tls import Peer

SCHEMAS = Path(__file__).parents[4] / "schemas"
OUTBOX_KEY = b"outbox" * 6
"""What the tests' processes MAC the rows of their outboxes with."""


@dataclass(frozen=True)
class Database:
    """A fresh database with the service's newest schema, and the ways into it."""

    name: str
    app_dsn: str
    relay_dsn: str
    owner_dsn: str
    superuser_dsn: str


def wait_until_listening(ports: Sequence[int], *, within_s: float = HANG_S) -> None:
    """Returns when every port takes connections; fails when one does not in time."""
    end = time.monotonic() + within_s
    for port in ports:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < end, f"nobody listens on port {port}"  # noqa: S101  # it is a test's own
            time.sleep(0.05)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """The port of a server that takes connections and requests and never answers, as a stopped process does."""
    ended = asyncio.Event()

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        ended.set()
        server.close()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Files of a certificate of 127.0.0.1, good for a day, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(minutes=1))
    certificate = builder.not_valid_after(now + dt.timedelta(days=1)).add_extension(names, critical=False)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    files = folder / "server.crt", folder / "server.key"
    files[0].write_bytes(certificate.sign(key, hashes.SHA256()).public_bytes(encoding))
    files[1].write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    return files


_SERVER = pytest.StashKey[PostgresServer]()


@pytest.fixture(scope="session")
def pg_server(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """One cluster for the whole run, though every conftest that imports this has a fixture of its own."""
    if _SERVER in pytestconfig.stash:
        yield pytestconfig.stash[_SERVER]  # the fixture that was first ends last
        return
    server = PostgresServer(in_memory=True)
    server.start()
    pytestconfig.stash[_SERVER] = server
    yield server
    server.stop()


def postgres_fixtures(
    role: str,
    migrations: Path,
    *,
    after_upgrade: Callable[[str], None] | None = None,
    further_roles: Sequence[str] = (),
) -> tuple[Any, Any, Any]:
    """The fixtures (template, database, pool) of one service.

    Args:
        role: of the application; its owner is `<role>_owner`.
        migrations: the service's version files.
        after_upgrade: what the service's `migrate` does beyond Alembic, given the owner's DSN.
        further_roles: that the migrations give rights to.
    """

    @pytest.fixture(scope="session")
    def template(pg_server: PostgresServer) -> str:
        name = f"template_{role}_{secrets.token_hex(4)}"
        for login in (f"{role}_owner", role, f"{role}_relay", *further_roles):
            with suppress(psycopg.errors.DuplicateObject):  # of another package's tests on the same server
                pg_server.execute(f"CREATE ROLE {login} LOGIN")
        pg_server.create(name, owner=f"{role}_owner")
        db.upgrade(pg_server.dsn(name, f"{role}_owner"), migrations)
        if after_upgrade is not None:
            after_upgrade(pg_server.dsn(name, f"{role}_owner"))
        return name

    @pytest.fixture
    def database(pg_server: PostgresServer, template: str) -> Iterator[Database]:
        name = f"{role}_{secrets.token_hex(6)}"
        pg_server.create(name, owner=f"{role}_owner", template=template)
        yield Database(
            name=name,
            app_dsn=pg_server.dsn(name, role),
            relay_dsn=pg_server.dsn(name, f"{role}_relay"),
            owner_dsn=pg_server.dsn(name, f"{role}_owner"),
            superuser_dsn=pg_server.dsn(name),
        )
        pg_server.drop(name)

    @pytest_asyncio.fixture
    async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
        opened = await db.create_pool(database.app_dsn)
        yield opened
        opened.terminate()

    return template, database, pool


def with_routes_of(described: FastAPI, app: FastAPI) -> FastAPI:
    """The application with the routes of another one that was made in the same way.

    FastAPI makes a route's schemas at its first use in an application, which takes longer than most tests.
    """
    app.router = described.router
    return app


def as_caller(
    app: ASGIApp,
    service: str | None = None,
    *,
    distributor_id: str | None = None,
    fingerprint: str = "f" * 64,
) -> ASGIApp:
    """The application as reached by a caller with that certificate."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})["altscore.peer"] = Peer(service, distributor_id, fingerprint)
        await app(scope, receive, send)

    return wrapped


@asynccontextmanager
async def api_client(app: ASGIApp, caller: str | None = None, **peer: Any) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of an application in this process."""
    transport = httpx.ASGITransport(app=as_caller(app, caller, **peer), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://altscore.test") as client:
        yield client


class SoftwareSigner:
    """Signer with a key in memory; for unit tests, which need no token."""

    def __init__(self, label: str, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        self.key_id = key_id_of(label, self._key.public_key())

    async def sign(self, message_digest: bytes) -> bytes:
        """64 bytes r||s over a SHA-256 digest."""
        r, s = decode_dss_signature(self._key.sign(message_digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")

    async def sign_many(self, message_digests: Sequence[bytes]) -> list[bytes]:
        """As `sign` of each."""
        return [await self.sign(digest) for digest in message_digests]

    def public_keys(self) -> PublicKeys:
        """What a verifier of this signer trusts."""
        return PublicKeys({self.key_id: self._key.public_key()})

    def public_pem(self) -> bytes:
        """The public key as PEM."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


class SoftwareRsaSigner:
    """RsaSigner with keys in memory, by label; for unit tests, which need no token."""

    def __init__(self, labels: Iterable[str], *, keys: Mapping[str, rsa.RSAPrivateKey] | None = None) -> None:
        self.keys = {label: rsa.generate_private_key(65_537, 2048) for label in labels} | dict(keys or {})

    async def sign(self, label: str, message_digest: bytes) -> bytes:
        """The signature over a SHA-256 digest, PKCS#1 v1.5."""
        if label not in self.keys:
            raise Unavailable("no such key")
        return self.keys[label].sign(message_digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))

    def public_pem(self, label: str) -> bytes:
        """The public half of a key as PEM."""
        public = self.keys[label].public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


async def signed_headers(signer: SoftwareSigner, message: SentMessage) -> dict[str, bytes]:
    """The Kafka headers of a message that a test sends in the name of the producer whose key it has.

    Args:
        signer: of the label `<producer>-events`.
        message: exactly as it is sent.
    """
    (header,) = await sign_batch(signer, [message])
    return {HEADER: header}


class SoftwareWrapper:
    """KeyWrapper with keys in memory; for unit tests."""

    def __init__(self, key: bytes | None = None) -> None:
        self._secret = key or os.urandom(32)

    async def wrap(self, plain: bytes) -> bytes:
        """Nonce and AES-256-GCM ciphertext."""
        return envelope.encrypt(self._secret, plain, context=b"")

    async def unwrap(self, wrapped: bytes) -> bytes:
        """The plain bytes; ValueError when they were not wrapped by this key."""
        try:
            return envelope.decrypt(self._secret, wrapped, context=b"")
        except ValueError as error:
            raise ValueError("not wrapped by this key") from error

    async def hmac(self, label: str, data: bytes) -> bytes:
        """HMAC-SHA256 under a secret of that label."""
        return hmac.new(self._secret + label.encode(), data, hashlib.sha256).digest()

    async def hmac_many(self, label: str, items: Sequence[bytes]) -> list[bytes]:
        """HMAC-SHA256 of each item, in order."""
        return [await self.hmac(label, item) for item in items]


async def execute_as_relay(database: Database, statement: str, *arguments: object) -> list[asyncpg.Record]:
    """What the relay reads of an outbox, or does to it; the service's own role may do neither."""
    connection = await asyncpg.connect(database.relay_dsn)
    try:
        return list(await connection.fetch(statement, *arguments))
    finally:
        await connection.close()


@contextmanager
def entered_files(source: Path) -> Iterator[set[str]]:
    """Files below `source` whose functions are called meanwhile, in any thread that starts meanwhile too."""
    entered: set[str] = set()
    prefix = f"{source.resolve()}{os.sep}"

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>" and frame.f_code.co_filename.startswith(prefix):
            entered.add(frame.f_code.co_filename.removeprefix(prefix))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield entered
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@contextmanager
def counted_entries(source: Path) -> Iterator["Counter[str]"]:
    """How often a file below `source` is called meanwhile by another of them.

    A return is no entry, nor is a coroutine that goes on where it waited, nor a call by a library or the event loop.
    """
    entries: Counter[str] = Counter()
    prefix = f"{source.resolve()}{os.sep}"

    def note(frame: FrameType, event: str, _: object) -> None:
        callee, caller = frame.f_code.co_filename, frame.f_back
        if event != "call" or caller is None or not callee.startswith(prefix) or not _is_beginning(frame):
            return
        if caller.f_code.co_filename.startswith(prefix) and caller.f_code.co_filename != callee:
            entries[callee.removeprefix(prefix)] += 1

    sys.setprofile(note)
    try:
        yield entries
    finally:
        sys.setprofile(None)


def _is_beginning(frame: FrameType) -> bool:
    """Whether a frame begins; the instruction RESUME has another argument where a coroutine goes on."""
    return frame.f_code.co_code[frame.f_lasti + 1] == 0


def documented_files(section: str, source: Path) -> set[str]:
    """Files below `source` that the tables of a section of docs/architecture.md name in their rows."""
    page = (SCHEMAS.parent / "docs/architecture.md").read_text(encoding="utf-8")
    (text,) = [part for part in page.split("\n## ") if part.startswith(section)]
    base = re.search(r"Paths are below `([^`]+)`", text)
    folder = SCHEMAS.parent / (base.group(1) if base else "")
    cells = "".join(line.rsplit("|", 2)[0] for line in text.splitlines() if line.startswith("|"))
    paths = [folder / name for name in re.findall(r"`([\w./]+\.py)`", cells)]
    return {str(path.relative_to(source.resolve())) for path in paths if path.is_relative_to(source.resolve())}
