"""SQL as the audit service's database role: losses stay visible, every entry is signed, two writers make no fork."""

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import psycopg
import pytest
from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import Entry
from altscore_audit.checkpoints import store as checkpoints
from altscore_audit.checkpoints.service import CheckpointService
from altscore_audit_verifier.rows import check_chain, snapshot
from altscore_libs.clock import SystemClock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.merkle_tree import leaf_hash, root_of
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import Database, SoftwareSigner, postgres_fixtures
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

template, database, pool = postgres_fixtures("audit", Path(__file__).parents[2] / "services/audit/migrations")
COUNT = "SELECT audit_count(ARRAY['altscore.consent'], ARRAY['score'], ARRAY[$1::bigint])"
JUNK = """
SELECT audit_checkpoint_add(chain, last_seq, last_hash, '{}', $1, 'audit-checkpoint-0', 'x', now())
FROM audit_chain WHERE chain = 'general'
"""
BALANCE = "SELECT produced, applied, first_missing FROM event_balance WHERE producer = 'score'"
TASKS, BATCHES, BATCH = 4, 12, 25


class ForgetfulBucket:
    """A bucket that keeps nothing; what is signed is looked for in the table."""

    async def put(self, key: str, body: bytes, retain_until: datetime, *, content_type: str = "") -> None:
        """Takes the object."""

    async def get(self, key: str) -> bytes:
        """Has no object."""
        raise Unavailable(f"no object {key}")


def entry_of(number: int) -> Entry:
    return Entry(
        chain="general",
        event_id=UUID(int=number),
        occurred_at=SystemClock().now(),
        action="score_requested",
        payload=f'{{"n":{number}}}',
    )


async def append(pool: asyncpg.Pool, first: int, last: int) -> None:
    async with transaction(pool) as connection:
        await chains.append(connection, "general", [entry_of(number) for number in range(first, last + 1)])


@pytest.mark.parametrize("number", [0, -1, -(2**62), 2**53, 2**63 - 1, 20_000_000])
async def test_no_number_that_a_producer_cannot_have_sent_is_counted(pool: asyncpg.Pool, number: int) -> None:
    await pool.execute(COUNT, 1)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await pool.execute(COUNT, number)
    assert tuple(await pool.fetchrow(BALANCE)) == (1, 1, None)


async def test_a_null_number_is_refused(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await pool.execute(COUNT, None)


async def test_counts_are_changed_by_the_function_alone(pool: asyncpg.Pool) -> None:
    await pool.execute(COUNT, 2)
    for statement in (
        "UPDATE event_producer SET seen = '{[1,3)}'",
        "DELETE FROM event_count",
        "INSERT INTO event_producer VALUES ('forged', '{[1,3)}')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
    assert (await pool.fetchrow(BALANCE))["first_missing"] == 1


async def test_a_junk_checkpoint_at_each_head_keeps_no_entry_from_being_signed(pool: asyncpg.Pool) -> None:
    signer = SoftwareSigner("audit-checkpoint")
    service = CheckpointService(
        pool=pool, signer=signer, keys=signer.public_keys(), bucket=ForgetfulBucket(), rules={}, clock=SystemClock()
    )
    for round_ in range(3):
        await append(pool, round_ * 1_000 + 1, round_ * 1_000 + 1_000)
        for number in range(5):
            await pool.execute(JUNK, f"{number:0128x}")
        assert [each.link.seq for each in await service.sign_due()] == [round_ * 1_000 + 1_000]
        await pool.execute(JUNK, "f" * 128)
        assert await service.sign_due() == []


async def test_writers_at_the_same_time_make_one_chain_and_one_tree(pool: asyncpg.Pool, database: Database) -> None:
    async def write(task: int) -> None:
        connection = await asyncpg.connect(database.app_dsn)
        try:
            for batch in range(BATCHES):
                first = (task * BATCHES + batch) * BATCH + 1
                entries = [entry_of(number) for number in range(first, first + BATCH)]
                await chains.append(connection, "general", entries)
        finally:
            await connection.close()

    await asyncio.gather(*(write(task) for task in range(TASKS)))
    total = TASKS * BATCHES * BATCH
    with snapshot(database.app_dsn) as connection:
        chain = check_chain(database.app_dsn, connection, "general", last_seq=total, workers=1, sizes=[total])
    assert chain.problem is None
    rows = await pool.fetch("SELECT seq, entry_hash FROM audit_log WHERE chain = 'general' ORDER BY seq")
    assert [row["seq"] for row in rows] == list(range(1, total + 1))
    assert chain.roots[total] == root_of([leaf_hash(row["entry_hash"]) for row in rows])
    nodes = await pool.fetch("SELECT hash FROM audit_tree_node ORDER BY index")
    assert [row["hash"] for row in nodes] == chain.tiles


async def test_a_writer_that_is_rolled_back_leaves_the_tree_as_it_was(pool: asyncpg.Pool, database: Database) -> None:
    await append(pool, 1, 250)
    with psycopg.connect(database.app_dsn) as connection:
        connection.execute(
            "SELECT audit_append('general', array_agg(gen_random_uuid()), array_agg(now()), array_agg('x'::text),"
            " array_agg('{}'::text)) FROM generate_series(1, 20)"
        )
        connection.rollback()
    assert await pool.fetchval("SELECT count(*) FROM audit_tree_node") == 0
    await append(pool, 251, 256)
    rows = await pool.fetch("SELECT entry_hash FROM audit_log ORDER BY seq")
    assert await pool.fetchval("SELECT hash FROM audit_tree_node") == root_of(
        [leaf_hash(row["entry_hash"]) for row in rows]
    )


async def test_the_signing_key_of_another_service_signs_no_checkpoint(pool: asyncpg.Pool) -> None:
    own, other = SoftwareSigner("audit-checkpoint"), SoftwareSigner("consent-signing")
    keys = PublicKeys({own.key_id: public_key(own), other.key_id: public_key(other)})
    await append(pool, 1, 1_000)
    bucket, clock = ForgetfulBucket(), SystemClock()
    stolen = CheckpointService(pool=pool, signer=other, keys=keys, bucket=bucket, rules={}, clock=clock)
    assert len(await stolen.sign_due()) == 1
    service = CheckpointService(pool=pool, signer=own, keys=keys, bucket=bucket, rules={}, clock=clock)
    assert [each.key_id for each in await service.sign_due()] == [own.key_id]
    async with transaction(pool) as connection:
        valid = await checkpoints.valid_after(connection, keys, "general", after=0, limit=10)
    assert [each.key_id for each in valid] == [own.key_id]


def public_key(signer: SoftwareSigner) -> ec.EllipticCurvePublicKey:
    key = serialization.load_pem_public_key(signer.public_pem())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key
