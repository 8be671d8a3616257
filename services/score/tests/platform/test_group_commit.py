"""Group commit: each call is told the truth about its own row and shares nothing else with its neighbours."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest
from altscore_libs import db
from altscore_libs.errors import Unavailable
from altscore_libs.ids import uuid7
from altscore_libs.outbox import OutboxRow
from altscore_libs.testing import Database, execute_as_relay
from altscore_libs.testing_postgres import HANG_S
from altscore_score.idempotency.domain import NewReply
from altscore_score.platform.dedicated_connections import DedicatedConnections
from altscore_score.platform.micro_batching import GroupCommit, Row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import LENDER, OTHER_LENDER, SIGNER, locked_outbox, until

AT = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
LENDERS = (LENDER, OTHER_LENDER)
TOPIC = "altscore.audit"
COMMIT_S = 1.5
MAC_BYTES = 32


@pytest.fixture
async def connections(pool: asyncpg.Pool) -> AsyncIterator[DedicatedConnections]:
    """Two connections to the serving database."""
    dedicated = DedicatedConnections(pool, size=2, timeout_s=COMMIT_S)
    yield dedicated
    await dedicated.close()


@pytest.fixture
def group(connections: DedicatedConnections) -> GroupCommit:
    """A group commit of two writers."""
    return GroupCommit(connections, TOPIC, commit_s=COMMIT_S, writers=2)


def row(lender_id: str = LENDER, key: UUID | None = None, *, reply: bytes = b"{}", at: datetime = AT) -> Row:
    """The row of one call."""
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
    event = OutboxRow(
        event_id=uuid7(), name="audit_event", topic=TOPIC, key=lender_id, payload=b"event", mac=b"m" * MAC_BYTES
    )
    return Row(event=event, new_reply=new_reply)


async def event_ids(pool: asyncpg.Pool) -> list[UUID]:
    """The ids of the events in the outbox, oldest first."""
    return [event["event_id"] for event in await pool.fetch("SELECT event_id FROM outbox ORDER BY id")]


calls = st.lists(st.tuples(st.sampled_from(LENDERS), st.sampled_from([None, 1, 2, 3])), min_size=1, max_size=25)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=calls)
def test_every_answered_call_has_exactly_one_row_and_every_key_one_winner(
    database: Database, calls: list[tuple[str, int | None]]
) -> None:
    salt = uuid4().int & ~0xFF

    async def play() -> None:
        pool = await db.create_pool(database.app_dsn)
        dedicated = DedicatedConnections(pool, size=2, timeout_s=HANG_S)
        group = GroupCommit(dedicated, TOPIC, commit_s=HANG_S, writers=2)
        rows = [row(lender, None if key is None else UUID(int=salt + key)) for lender, key in calls]
        before = set(await event_ids(pool))
        ends = await asyncio.gather(*(group.write(new_row) for new_row in rows), return_exceptions=True)
        written = [event_id for event_id in await event_ids(pool) if event_id not in before]
        pool.terminate()
        answered = [new_row.event.event_id for new_row, end in zip(rows, ends, strict=True) if end is True]
        assert sorted(written) == sorted(answered)
        assert all(end in (True, False) for end in ends)
        winners = [call for call, end in zip(calls, ends, strict=True) if end is True and call[1] is not None]
        assert sorted(winners) == sorted({call for call in calls if call[1] is not None})

    asyncio.run(play())


async def test_calls_that_wait_share_one_commit(group: GroupCommit, pool: asyncpg.Pool, database: Database) -> None:
    await asyncio.gather(*(group.write(row()) for _ in range(100)))
    ((transactions,),) = await execute_as_relay(database, "SELECT count(DISTINCT xmin::text) FROM outbox")
    assert transactions <= 4
    assert len(await event_ids(pool)) == 100


async def test_a_row_that_cannot_be_written_fails_alone(group: GroupCommit, pool: asyncpg.Pool) -> None:
    bad = row(key=uuid4())
    assert bad.new_reply is not None
    bad = bad._replace(new_reply=bad.new_reply._replace(language="\x00"))
    good = [row(key=uuid4()) for _ in range(5)]
    rows = [*good[:3], bad, *good[3:]]
    ends = await asyncio.gather(*(group.write(new_row) for new_row in rows), return_exceptions=True)
    assert [type(end) for end in ends] == [bool] * 3 + [Unavailable] + [bool] * 2
    assert sorted(await event_ids(pool)) == sorted(new_row.event.event_id for new_row in good)


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


async def test_rows_for_a_locked_outbox_are_refused_while_it_is_still_locked_and_never_written(
    group: GroupCommit, database: Database, pool: asyncpg.Pool
) -> None:
    with locked_outbox(database) as count_waiting:
        async with asyncio.timeout(HANG_S):  # reached only by writes that have no timeout of their own
            ends = await asyncio.gather(*(group.write(row(key=uuid4())) for _ in range(20)), return_exceptions=True)
        assert [type(end) for end in ends] == [Unavailable] * 20
        await until(lambda: count_waiting() == 0)  # the server ends the statement a moment after the call, or before it
    await group.write(row())
    assert len(await event_ids(pool)) == 1


async def test_rows_whose_time_is_over_are_refused_without_another_try(
    connections: DedicatedConnections, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    group = GroupCommit(connections, TOPIC, commit_s=COMMIT_S, writers=1)
    with locked_outbox(database):
        ends = await asyncio.gather(*(group.write(row()) for _ in range(20)), return_exceptions=True)
    assert [type(end) for end in ends] == [Unavailable] * 20
    tries = [record.__dict__["rows"] for record in caplog.records if record.name == "altscore.score.group_commit"]
    assert tries == [1]  # the first row alone: the others waited for it as long as they may


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
    assert len(await event_ids(pool)) == 2 + sum(end is True for end in ends)
