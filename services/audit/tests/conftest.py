"""A real PostgreSQL with the audit schema, a clock that stands, and a bucket and a decoder of the tests' own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import yaml
from altscore_audit import domain
from altscore_audit.domain import Rule
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import PoisonEvent, RawMessage, Received
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.testing import SCHEMAS, Database, SoftwareSigner, pg_server, postgres_fixtures

__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures("audit", Path(__file__).parents[1] / "migrations")
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


class CatalogueDecoder:
    """Reads bodies written with our own schemas: the wire without a registry. The message's key names the event."""

    def __init__(self) -> None:
        self.catalogue = SchemaCatalog.load(SCHEMAS)
        self.is_reachable = True

    async def decode(self, raw: RawMessage) -> Received:
        """As libs' Decoder does, ids of schemas aside."""
        if not self.is_reachable:
            raise Unavailable("registry")
        try:
            data = self.catalogue.decode(raw.key, raw.value)
        except (ValueError, LookupError) as error:
            raise PoisonEvent("cannot be decoded") from error
        envelope = {name: data.pop(name) for name in ("event_id", "occurred_at", "producer", "producer_seq")}
        data.pop("trace_id")
        return Received(name=raw.key, topic=raw.topic, key=raw.key, data=data, **envelope)


class MemoryWorm:
    """A bucket in memory: remembers what was put and until when."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.is_reachable = True

    async def put(self, key: str, body: bytes, retain_until: datetime) -> None:
        """Keeps it."""
        if not self.is_reachable:
            raise Unavailable("bucket")
        self.objects[key] = (body, retain_until)


@pytest.fixture
def decoder() -> CatalogueDecoder:
    return CatalogueDecoder()


@pytest.fixture
def worm() -> MemoryWorm:
    return MemoryWorm()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def signer() -> SoftwareSigner:
    return SoftwareSigner("audit-checkpoint")


@pytest.fixture
def rules() -> dict[str, Rule]:
    return domain.rules_of(yaml.safe_load((SCHEMAS / "audit/actions.yml").read_text(encoding="utf-8")))


@pytest.fixture
def superuser(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        yield connection
