"""The database appends: gapless, linked, once per event, and nobody may write past it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
from altscore_audit.chain import domain, store
from altscore_audit.chain.domain import Entry, Link
from altscore_audit.checkpoints.store import SignedCheckpoint, add_checkpoint
from altscore_libs.db import transaction

from ..conftest import entry_of

AT = datetime(2026, 5, 20, 8, 0, 0, 123_456, tzinfo=UTC)
GENESIS = bytes(32)


def entry(number: int, payload: str | None = None, **values: Any) -> Entry:
    return entry_of(number, payload, occurred_at=AT, **values)


async def appended(pool: asyncpg.Pool, *entries: Entry, chain: str = "general") -> tuple[int, frozenset[UUID]]:
    async with transaction(pool) as connection:
        return await store.append(connection, chain, entries)


async def chain_of(pool: asyncpg.Pool, chain: str = "general") -> list[Link]:
    async with transaction(pool) as connection:
        return await store.links(connection, chain, after=0, limit=1_000)


async def test_entries_are_numbered_without_gaps_and_each_holds_the_hash_before(pool: asyncpg.Pool) -> None:
    await appended(pool, entry(1), entry(2))
    await appended(pool, entry(3))
    links = await chain_of(pool)
    assert [link.seq for link in links] == [1, 2, 3]
    assert [link.prev_hash for link in links] == [GENESIS, links[0].entry_hash, links[1].entry_hash]


async def test_the_databases_hash_is_the_documented_one_also_for_text_outside_ascii(pool: asyncpg.Pool) -> None:
    await appended(pool, entry(1, '{"reason":"समय पर भुगतान \\n | \\u0000"}'), entry(2))
    links = await chain_of(pool)
    assert [link.entry_hash for link in links] == [domain.link_hash(link) for link in links]
    assert domain.first_broken(links, after_seq=0, after_hash=GENESIS) is None


async def test_a_second_delivery_changes_nothing(pool: asyncpg.Pool) -> None:
    assert await appended(pool, entry(1), entry(2)) == (2, frozenset())
    assert await appended(pool, entry(2), entry(3), entry(3)) == (1, frozenset())
    assert [link.event_id.int for link in await chain_of(pool)] == [1, 2, 3]


async def test_an_event_id_with_another_content_is_reported_and_the_first_stays(pool: asyncpg.Pool) -> None:
    await appended(pool, entry(1, '{"n":"first"}'))
    assert await appended(pool, entry(1, '{"n":"second"}')) == (0, frozenset({UUID(int=1)}))
    assert await appended(pool, entry(2, '{"n":"a"}'), entry(2, '{"n":"b"}')) == (1, frozenset({UUID(int=2)}))
    assert [link.payload for link in await chain_of(pool)] == ['{"n":"first"}', '{"n":"a"}']


async def test_a_rolled_back_batch_leaves_no_gap(pool: asyncpg.Pool) -> None:
    await appended(pool, entry(1))
    with pytest.raises(asyncpg.CheckViolationError):
        await appended(pool, entry(2), entry(3, action="not an action"))
    await appended(pool, entry(4))
    assert [(link.seq, link.event_id.int) for link in await chain_of(pool)] == [(1, 1), (2, 4)]


async def test_two_writers_at_once_make_one_chain(pool: asyncpg.Pool) -> None:
    batches = [[entry(100 * batch + n) for n in range(20)] for batch in range(1, 9)]
    await asyncio.gather(*(appended(pool, *batch) for batch in batches))
    links = await chain_of(pool)
    assert len(links) == 160
    assert domain.first_broken(links, after_seq=0, after_hash=GENESIS) is None


async def test_chains_do_not_touch_each_other(pool: asyncpg.Pool) -> None:
    await appended(pool, entry(1))
    await appended(pool, entry(2, chain="failed_auth"), chain="failed_auth")
    (failed,) = await chain_of(pool, "failed_auth")
    assert (failed.seq, failed.prev_hash) == (1, GENESIS)


async def test_an_unknown_chain_is_refused(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await appended(pool, entry(1), chain="private")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_log SELECT * FROM audit_log",
        "UPDATE audit_log SET payload = '{}'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log CASCADE",
        "UPDATE audit_chain SET last_seq = 0",
        "DELETE FROM audit_checkpoint",
        "INSERT INTO event_count VALUES ('t', 'p', 1, 1)",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "CREATE TRIGGER mine BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "SELECT audit_hash('general', 1, '', gen_random_uuid(), now(), now(), 'a', 'b')",
    ],
)
async def test_the_services_role_may_read_and_call_and_nothing_else(pool: asyncpg.Pool, statement: str) -> None:
    await appended(pool, entry(1))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET payload = '{}'",
        "UPDATE audit_log SET payload = '{}' WHERE false",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log CASCADE",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_chain SET last_seq = 0",
        "DELETE FROM audit_chain",
        "TRUNCATE audit_chain CASCADE",
    ],
)
async def test_not_even_the_owner_changes_an_entry(
    pool: asyncpg.Pool, owner: psycopg.Connection, statement: str
) -> None:
    await appended(pool, entry(1))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(statement.encode())


async def test_replica_mode_does_not_switch_the_guard_off(pool: asyncpg.Pool, superuser: psycopg.Connection) -> None:
    await appended(pool, entry(1))
    superuser.execute("SET session_replication_role = replica")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        superuser.execute("DELETE FROM audit_log")


async def test_a_checkpoint_of_an_entry_that_is_not_there_is_refused(pool: asyncpg.Pool) -> None:
    await appended(pool, entry(1))
    (link,) = await chain_of(pool)
    forged = SignedCheckpoint(
        link=replace(link, entry_hash=bytes(32)),
        document="{}",
        signature=bytes(64),
        key_id="k",
        object_key="checkpoints/x",
        signed_at=AT,
    )
    async with transaction(pool) as connection:
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await add_checkpoint(connection, forged)
