"""In whatever order writers, rollbacks, the relay and a deleter come: each committed row that is gone is named."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import psycopg
import pytest
from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.outbox_accounting import MissingRow, name_missing
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database
from altscore_libs.testing_postgres import PostgresServer
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
CATALOGUE = SchemaCatalog.load(SCHEMAS)
OUTBOX = Outbox(CATALOGUE, "consent", FixedClock(NOW), mac_key=OUTBOX_KEY)
DATA: dict[str, Any] = {"action": "a", "actor": "k", "subject": None, "outcome": "ok", "reason": None, "details": {}}
WRITERS = 3
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.integers(0, WRITERS - 1)),
        st.tuples(st.just("insert"), st.integers(0, WRITERS - 1), st.integers(1, 3)),
        st.tuples(st.just("commit"), st.integers(0, WRITERS - 1)),
        st.tuples(st.just("rollback"), st.integers(0, WRITERS - 1)),
        st.tuples(st.just("delete"), st.integers(0, 30)),
        st.tuples(st.just("number"), st.integers(0, 30)),
        st.tuples(
            st.just("account"),
        ),
    ),
    max_size=40,
)


@dataclass
class Interleaving:
    """Writers with a connection each, a deleter with every right, and the relay's account."""

    writers: Sequence[asyncpg.Connection]
    relay: asyncpg.Connection
    superuser: asyncpg.Connection
    open: dict[int, asyncpg.transaction.Transaction] = field(default_factory=dict)
    written: dict[int, list[int]] = field(default_factory=dict)
    committed: list[int] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)

    async def step(self, what: str, *arguments: int) -> None:
        await getattr(self, f"_{what}")(*arguments)

    async def _begin(self, writer: int) -> None:
        if writer not in self.open:
            self.open[writer] = self.writers[writer].transaction()
            await self.open[writer].start()
            self.written[writer] = []

    async def _insert(self, writer: int, rows: int) -> None:
        if writer in self.open:
            await OUTBOX.add_many(self.writers[writer], "audit_event", [("k", DATA)] * rows)
            newest = await self.writers[writer].fetch("SELECT id FROM outbox ORDER BY id DESC LIMIT $1", rows)
            self.written[writer] += [row["id"] for row in newest]

    async def _commit(self, writer: int) -> None:
        if writer in self.open:
            await self.open.pop(writer).commit()
            self.committed += self.written[writer]

    async def _rollback(self, writer: int) -> None:
        if writer in self.open:
            await self.open.pop(writer).rollback()

    async def _delete(self, place: int) -> None:
        waiting = await self.superuser.fetch("SELECT id FROM outbox WHERE producer_seq IS NULL ORDER BY id")
        if waiting:
            row_id = waiting[place % len(waiting)]["id"]
            await self.superuser.execute("DELETE FROM outbox WHERE id = $1", row_id)
            self.deleted.add(row_id)

    async def _number(self, place: int) -> None:
        await self.relay.execute(
            "UPDATE outbox SET producer_seq = id"
            " WHERE producer_seq IS NULL AND id <= (SELECT min(id) + $1 FROM outbox)",
            place,
        )

    async def _account(self) -> None:
        async with self.relay.transaction():
            missing = await name_missing(self.relay, OUTBOX, "consent")
        row_ids = [row.row_id for row in missing]
        assert len(set(row_ids)) == len(row_ids)
        assert not self.named.intersection(filter(None, row_ids)), "a row is named once"
        self.named |= {row_id for row_id in row_ids if row_id is not None}
        assert self.named == self.deleted, "what is gone is named by the next account, and nothing else"
        own = await self.relay.fetch("SELECT id FROM outbox WHERE NOT id = ANY($1)", self.committed)
        self.committed += [row["id"] for row in own]


async def _run(database: Database, steps: list[tuple[str, *tuple[int, ...]]]) -> None:
    connections = [await asyncpg.connect(database.app_dsn) for _ in range(WRITERS)]
    relay, superuser = await asyncpg.connect(database.relay_dsn), await asyncpg.connect(database.superuser_dsn)
    try:
        interleaving = Interleaving(connections, relay, superuser)
        for what, *arguments in steps:
            await interleaving.step(what, *arguments)
        for writer in range(WRITERS):
            await interleaving.step("commit", writer)
        await interleaving.step("account")
        await relay.execute("UPDATE outbox SET producer_seq = id WHERE producer_seq IS NULL")
        await interleaving.step("account")
        assert await relay.fetchval("SELECT count(*) FROM outbox_trace") == 0, "what is settled leaves no trace"
        numbered, checked = await relay.fetchrow(
            "SELECT (SELECT sum(last) FROM outbox_stripe), (SELECT sum(last) FROM outbox_checked)"
        )
        assert numbered == checked == len(set(interleaving.committed))
    finally:
        for connection in (*connections, relay, superuser):
            await connection.close()


@pytest.fixture(scope="session")
def fresh_database(pg_server: PostgresServer, template: str) -> Database:
    name = "plumbing_interleavings"
    pg_server.create(name, owner="plumbing_owner", template=template)
    return Database(
        name=name,
        app_dsn=pg_server.dsn(name, "plumbing"),
        relay_dsn=pg_server.dsn(name, "plumbing_relay"),
        owner_dsn=pg_server.dsn(name, "plumbing_owner"),
        superuser_dsn=pg_server.dsn(name),
    )


def test_every_deleted_committed_row_is_named_and_no_rollback_is(fresh_database: Database) -> None:
    empty = (
        "TRUNCATE outbox, outbox_trace, outbox_missing; UPDATE outbox_stripe SET last = 0;"
        " UPDATE outbox_checked SET last = 0; UPDATE outbox_counter SET last = 0"
    )

    @settings(deadline=None, max_examples=60)
    @given(STEPS)
    def holds(steps: list[tuple[str, *tuple[int, ...]]]) -> None:
        with psycopg.connect(fresh_database.superuser_dsn, autocommit=True) as superuser:
            superuser.execute(empty)
        asyncio.run(_run(fresh_database, steps))

    holds()


async def account(database: Database) -> list[MissingRow]:
    pool = await db.create_pool(database.relay_dsn)
    try:
        async with transaction(pool) as connection:
            return await name_missing(connection, OUTBOX, "consent")
    finally:
        await pool.close()


async def add(pool: asyncpg.Pool, rows: int) -> None:
    async with transaction(pool) as connection:
        await OUTBOX.add_many(connection, "audit_event", [("k", DATA)] * rows)


@pytest.mark.parametrize("table", ["outbox_trace", "outbox_trace, outbox"])
async def test_who_removes_the_traces_too_leaves_a_hole_in_the_numbers(
    pool: asyncpg.Pool, database: Database, table: str
) -> None:
    await add(pool, 4)
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(f"TRUNCATE {table}".encode())
    assert [(row.number, row.row_id) for row in await account(database)] == [(n, None) for n in (1, 2, 3, 4)]
    assert await account(database) == []


async def test_transactions_that_write_at_once_neither_queue_nor_share_a_stripe(
    database: Database, pool: asyncpg.Pool
) -> None:
    connections = [await asyncpg.connect(database.app_dsn, command_timeout=5) for _ in range(8)]
    begun = [connection.transaction() for connection in connections]
    for connection, transaction_ in zip(connections, begun, strict=True):
        await transaction_.start()
        await OUTBOX.add_many(connection, "audit_event", [("k", DATA)])
    for connection in reversed(connections):
        await OUTBOX.add_many(connection, "audit_event", [("k", DATA)] * 2)
    for transaction_ in begun:
        await transaction_.commit()
    for connection in connections:
        await connection.close()
    assert await account(database) == []
    with psycopg.connect(database.owner_dsn) as owner:
        rows = owner.execute("SELECT last FROM outbox_stripe WHERE last > 0").fetchall()
    assert [row[0] for row in rows] == [3] * 8


async def test_a_row_that_is_checked_and_then_deleted_before_it_has_a_number_is_named_too(
    pool: asyncpg.Pool, database: Database
) -> None:
    await add(pool, 2)
    assert await account(database) == []
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("DELETE FROM outbox")
    assert len(await account(database)) == 2
