"""Group commit: each call is told the truth about its own row, and shares nothing else with its neighbours."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest
from altscore_libs import db
from altscore_libs.errors import Unavailable
from altscore_libs.ids import uuid7
from altscore_libs.testing import Database
from altscore_score.idempotency.domain import NewReply
from altscore_score.platform.dedicated_connections import DedicatedConnections
from altscore_score.platform.micro_batching import COMMIT_S, GroupCommit, Row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import LENDER, OTHER_LENDER, SIGNER

AT = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
LENDERS = (LENDER, OTHER_LENDER)
TOPIC = "altscore.audit"


@pytest.fixture
async def connections(pool: asyncpg.Pool) -> AsyncIterator[DedicatedConnections]:
    """Two connections."""
    created = DedicatedConnections(pool, size=2, timeout_s=COMMIT_S)
    yield created
    await created.close()


@pytest.fixture
def group(connections: DedicatedConnections) -> GroupCommit:
    """Two writers."""
    return GroupCommit(connections, TOPIC, writers=2)


def row(lender_id: str = LENDER, key: UUID | None = None, *, reply: bytes = b"{}", at: datetime = AT) -> Row:
    """One call's row."""
    new_reply = None
    if key is not None:
        new_reply = NewReply(
            context=SIGNER.sign(lender_id),
            request_id=key,
            body_digest=b"d" * 32,
            language="en",
            body=reply,
            replied_at=at,
        )
    return Row(event_id=uuid7(), event_key=lender_id, payload=b"event", new_reply=new_reply)


async def events(pool: asyncpg.Pool) -> list[UUID]:
    """Ids in the outbox."""
    return [item["event_id"] for item in await pool.fetch("SELECT event_id FROM outbox ORDER BY id")]


calls = st.lists(st.tuples(st.sampled_from(LENDERS), st.sampled_from([None, 1, 2, 3])), min_size=1, max_size=25)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=calls)
def test_every_answered_call_has_exactly_one_row_and_every_key_one_winner(
    database: Database, calls: list[tuple[str, int | None]]
) -> None:
    salt = uuid4().int & ~0xFF

    async def play() -> None:
        pool = await db.create_pool(database.app_dsn)
        group = GroupCommit(DedicatedConnections(pool, size=2, timeout_s=COMMIT_S), TOPIC, writers=2)
        rows = [row(lender, None if key is None else UUID(int=salt + key)) for lender, key in calls]
        before = set(await events(pool))
        ends = await asyncio.gather(*(group.write(event) for event in rows), return_exceptions=True)
        written = [event for event in await events(pool) if event not in before]
        pool.terminate()
        answered = [event.event_id for event, end in zip(rows, ends, strict=True) if end is True]
        assert sorted(written) == sorted(answered)
        assert all(end in (True, False) for end in ends)
        winners = [call for call, end in zip(calls, ends, strict=True) if end is True and call[1] is not None]
        assert sorted(winners) == sorted({call for call in calls if call[1] is not None})

    asyncio.run(play())


async def test_calls_that_wait_share_one_commit(group: GroupCommit, pool: asyncpg.Pool) -> None:
    await asyncio.gather(*(group.write(row()) for _ in range(100)))
    transactions = await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM outbox")
    assert transactions <= 4
    assert len(await events(pool)) == 100


async def test_a_row_that_cannot_be_written_fails_alone(group: GroupCommit, pool: asyncpg.Pool) -> None:
    bad = row(key=uuid4())
    assert bad.new_reply is not None
    bad = bad._replace(new_reply=bad.new_reply._replace(language="\x00"))
    good = [row(key=uuid4()) for _ in range(5)]
    ends = await asyncio.gather(*(group.write(item) for item in [*good[:3], bad, *good[3:]]), return_exceptions=True)
    assert [type(end) for end in ends] == [bool] * 3 + [Unavailable] + [bool] * 2
    assert sorted(await events(pool)) == sorted(item.event_id for item in good)


async def test_a_key_older_than_24_hours_is_free_again(group: GroupCommit) -> None:
    key = uuid4()
    await group.write(row(key=key, at=AT))
    assert not await group.write(row(key=key, at=AT + timedelta(hours=23, minutes=59)))
    assert await group.write(row(key=key, at=AT + timedelta(hours=24)))


async def test_a_reply_is_kept_under_its_own_lender_alone(group: GroupCommit, pool: asyncpg.Pool) -> None:
    key = uuid4()
    await group.write(row(LENDER, key, reply=b"mine"))
    await group.write(row(OTHER_LENDER, key, reply=b"theirs"))
    forged = row(LENDER, uuid4())
    assert forged.new_reply is not None
    context = f"{OTHER_LENDER}|{forged.new_reply.context.partition('|')[2]}"
    with pytest.raises(Unavailable):
        await group.write(forged._replace(new_reply=forged.new_reply._replace(context=context)))
    for lender, reply in ((LENDER, b"mine"), (OTHER_LENDER, b"theirs")):
        async with pool.acquire() as connection, connection.transaction():
            await SIGNER.enter(connection, lender)
            assert await connection.fetchval("SELECT reply FROM idempotent_reply WHERE request_key = $1", key) == reply


async def test_a_locked_outbox_is_unavailable_within_the_timeout(
    group: GroupCommit, database: Database, pool: asyncpg.Pool
) -> None:
    with psycopg.connect(database.superuser_dsn) as holder:
        holder.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        ends = await asyncio.gather(*(group.write(row(key=uuid4())) for _ in range(20)), return_exceptions=True)
        assert time.monotonic() - begun < 2 * COMMIT_S
        assert all(isinstance(end, Unavailable) for end in ends)
    await group.write(row())
    assert len(await events(pool)) == 1


async def test_lost_connections_are_replaced(group: GroupCommit, database: Database, pool: asyncpg.Pool) -> None:
    await group.write(row())
    with psycopg.connect(database.superuser_dsn, autocommit=True) as killer:
        killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'score' AND datname = %s",
            (database.name,),
        )
    ends = await asyncio.gather(*(group.write(row()) for _ in range(3)), return_exceptions=True)
    assert all(end is True or isinstance(end, Unavailable) for end in ends)
    await group.write(row())
    assert len(await events(pool)) == 2 + sum(end is True for end in ends)
