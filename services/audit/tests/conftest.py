"""A real PostgreSQL with the audit schema, a fixed clock, and a bucket and a decoder of the tests' own."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import psycopg
import pytest
import yaml
from altscore_audit.chain.domain import Entry, Rule, rules_of
from altscore_audit.checkpoints.service import CheckpointService
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import PoisonEvent, RawMessage, Received
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.testing import SCHEMAS, Database, SoftwareSigner, pg_server, postgres_fixtures

__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures("audit", Path(__file__).parents[1] / "migrations")
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


def entry_of(
    number: int,
    payload: str | None = None,
    *,
    chain: str = "general",
    action: str = "consent_granted",
    occurred_at: datetime = NOW,
) -> Entry:
    """An entry whose event id is its number."""
    return Entry(
        chain=chain,
        event_id=UUID(int=number),
        occurred_at=occurred_at,
        action=action,
        payload=payload or f'{{"n":{number}}}',
    )


class CatalogDecoder:
    """Reads bodies written with our own schemas: the wire without a registry. The message's key names the event."""

    def __init__(self) -> None:
        self.catalog = SchemaCatalog.load(SCHEMAS)
        self.is_reachable = True

    async def decode(self, raw: RawMessage) -> Received:
        """As libs' Decoder does, ids of schemas aside."""
        if not self.is_reachable:
            raise Unavailable("registry")
        try:
            data = self.catalog.decode(raw.key, raw.value)
        except (ValueError, LookupError) as error:
            raise PoisonEvent("cannot be decoded") from error
        names = ("event_id", "occurred_at", "producer", "producer_seq", "trace_id")
        envelope = {name: data.pop(name) for name in names}
        return Received(name=raw.key, topic=raw.topic, key=raw.key, data=data, **envelope)


class MemoryBucket:
    """A bucket in memory: remembers what was put and until when."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.is_reachable = True
        self.was_refused, self.was_stored = asyncio.Event(), asyncio.Event()

    async def put(
        self, key: str, body: bytes, retain_until: datetime, *, content_type: str = "application/json"
    ) -> None:
        """Stores the object."""
        if not self.is_reachable:
            self.was_refused.set()
            raise Unavailable("bucket")
        self.objects[key] = (body, retain_until)
        self.was_stored.set()

    async def get(self, key: str) -> bytes:
        """Reads the object."""
        return self.objects[key][0]


@pytest.fixture
def decoder() -> CatalogDecoder:
    return CatalogDecoder()


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def signer() -> SoftwareSigner:
    return SoftwareSigner("audit-checkpoint")


@pytest.fixture
def rules() -> dict[str, Rule]:
    return rules_of(yaml.safe_load((SCHEMAS / "audit/actions.yml").read_text(encoding="utf-8")))


@pytest.fixture
def checkpoints(
    pool: asyncpg.Pool, signer: SoftwareSigner, bucket: MemoryBucket, rules: dict[str, Rule], clock: FixedClock
) -> CheckpointService:
    return CheckpointService(
        pool=pool, signer=signer, keys=signer.public_keys(), bucket=bucket, rules=rules, clock=clock
    )


@pytest.fixture
def superuser(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        yield connection
