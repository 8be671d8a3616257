"""Entries of days that are over, in files of the locked bucket: read back, without a gap, and never unverified."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import GENESIS, Link, Rule
from altscore_audit.errors import ExportNotWhole
from altscore_audit.exports import domain, store
from altscore_audit.exports.domain import SCHEMA, Expected, Portion, file_of, is_whole, object_key
from altscore_audit.exports.service import ExportService
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.instants import INDIA
from altscore_libs.merkle_tree import GrowingTree, leaf_hash, root_of
from altscore_libs.state_gauges import StateGauges

from ..conftest import entry_of


@pytest.fixture
def exports(pool: asyncpg.Pool, bucket: Any, rules: dict[str, Rule], clock: FixedClock) -> ExportService:
    return ExportService(pool=pool, bucket=bucket, rules=rules, clock=clock)


async def append(pool: asyncpg.Pool, first: int, last: int, chain: str = "general") -> list[Link]:
    async with transaction(pool) as connection:
        await chains.append(connection, chain, [entry_of(n, chain=chain) for n in range(first, last + 1)])
        return await chains.links(connection, chain, after=0, limit=10_000)


def set_to(clock: FixedClock, at: datetime) -> None:
    clock.advance(seconds=(at - clock.now()).total_seconds())


async def test_a_day_is_exported_when_it_is_over_in_india(
    pool: asyncpg.Pool, exports: ExportService, clock: FixedClock, *, bucket: Any
) -> None:
    links = await append(pool, 1, 5)
    next_day = datetime.combine(domain.day_of(links[0]) + timedelta(days=1), datetime.min.time(), INDIA)
    set_to(clock, next_day - timedelta(seconds=1))
    assert not await exports.export_next()
    assert bucket.objects == {}
    set_to(clock, next_day)
    assert await exports.export_next()
    assert list(bucket.objects) == [f"exports/general/{domain.day_of(links[0])}/00000000000000000001.parquet"]


async def test_a_file_holds_the_entries_exactly_and_the_list_says_root_and_hash(
    pool: asyncpg.Pool, exports: ExportService, clock: FixedClock, *, bucket: Any
) -> None:
    links = await append(pool, 1, 300)
    set_to(clock, links[-1].recorded_at + timedelta(days=1))
    await exports.export_next()
    ((body, until),) = bucket.objects.values()
    rows = pq.read_table(io.BytesIO(body)).to_pylist()
    assert rows == [{**vars(link), "event_id": str(link.event_id)} for link in links]
    row = await pool.fetchrow("SELECT first_seq, last_seq, last_hash, root_hash FROM audit_export")
    assert (row["first_seq"], row["last_seq"], row["last_hash"]) == (1, 300, links[-1].entry_hash)
    assert row["root_hash"] == root_of([leaf_hash(link.entry_hash) for link in links])
    assert (until - clock.now()).days == 7 * 366


async def test_files_follow_each_other_without_a_gap_and_each_chain_has_its_own(
    pool: asyncpg.Pool, exports: ExportService, clock: FixedClock, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "MOST_ENTRIES", 4)
    links = await append(pool, 1, 10)
    await append(pool, 101, 103, "failed_auth")
    set_to(clock, links[-1].recorded_at + timedelta(days=1))
    while await exports.export_next():
        pass
    rows = await pool.fetch("SELECT chain, first_seq, last_seq FROM audit_export ORDER BY chain, first_seq")
    assert [tuple(row) for row in rows] == [
        ("failed_auth", 1, 3),
        ("general", 1, 4),
        ("general", 5, 8),
        ("general", 9, 10),
    ]


@pytest.mark.parametrize(
    "damage", [lambda body: body[:-1], lambda body: b"", lambda body: body.replace(b"PAR1", b"XXXX")]
)
async def test_a_file_that_does_not_come_back_whole_does_not_count_and_the_other_chain_goes_on(
    pool: asyncpg.Pool,
    exports: ExportService,
    clock: FixedClock,
    *,
    bucket: Any,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
) -> None:
    links = await append(pool, 1, 3)
    await append(pool, 101, 103, "failed_auth")
    set_to(clock, links[-1].recorded_at + timedelta(days=1))
    get = bucket.get

    async def damaged(key: str) -> bytes:
        body: bytes = await get(key)
        return damage(body) if "/general/" in key else body

    with monkeypatch.context() as patch:
        patch.setattr(bucket, "get", damaged)
        with pytest.raises(ExportNotWhole):
            await exports.export_next()
    assert await pool.fetchval("SELECT array_agg(chain) FROM audit_export") == ["failed_auth"]
    await exports.export_next()
    assert await pool.fetchval("SELECT count(*) FROM audit_export") == 2


async def test_without_the_bucket_nothing_counts(
    pool: asyncpg.Pool, exports: ExportService, clock: FixedClock, *, bucket: Any
) -> None:
    links = await append(pool, 1, 3)
    set_to(clock, links[-1].recorded_at + timedelta(days=1))
    bucket.is_reachable = False
    with pytest.raises(Unavailable):
        await exports.export_next()
    assert await pool.fetchval("SELECT count(*) FROM audit_export") == 0


async def test_a_chain_that_was_changed_around_its_function_is_not_exported(
    pool: asyncpg.Pool, exports: ExportService, clock: FixedClock, *, superuser: psycopg.Connection
) -> None:
    links = await append(pool, 1, 3)
    superuser.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
    superuser.execute("UPDATE audit_log SET payload = '{\"forged\":1}' WHERE chain = 'general' AND seq = 2")
    set_to(clock, links[-1].recorded_at + timedelta(days=1))
    with pytest.raises(ExportNotWhole):
        await exports.export_next()


async def test_a_whole_file_is_told_from_one_with_anything_else_in_it(pool: asyncpg.Pool) -> None:
    links = await append(pool, 1, 9)
    part = links[3:7]
    leaves = [leaf_hash(link.entry_hash) for link in links]
    expected = Expected(
        first_seq=4,
        last_seq=7,
        prev_hash=links[2].entry_hash,
        last_hash=links[6].entry_hash,
        root_hash=root_of(leaves[:7]),
    )

    def judged(kept: list[Link], against: Expected = expected) -> bool:
        before = GrowingTree()
        for leaf in leaves[:3]:
            before.append(leaf)
        return is_whole(file_of(kept), against, before)

    assert judged(part)
    assert not judged(part[:-1])
    assert not judged(links[4:8])
    assert not judged([part[0], part[2], part[1], part[3]])
    assert not judged([replace(part[0], payload="{}"), *part[1:]])
    assert not judged(part, expected._replace(prev_hash=GENESIS))
    assert not judged(part, expected._replace(last_hash=GENESIS))
    assert not judged(part, expected._replace(root_hash=GENESIS))


async def test_a_file_of_other_columns_is_not_whole(pool: asyncpg.Pool) -> None:
    [link] = await append(pool, 1, 1)
    leaf = leaf_hash(link.entry_hash)
    expected = Expected(1, 1, prev_hash=GENESIS, last_hash=link.entry_hash, root_hash=root_of([leaf]))
    rows = [{**vars(link), "event_id": str(link.event_id)}]

    def judged(schema: pa.Schema) -> bool:
        body = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), body)
        return is_whole(body.getvalue(), expected, GrowingTree())

    assert judged(SCHEMA)
    assert not judged(SCHEMA.set(SCHEMA.get_field_index("seq"), pa.field("seq", pa.int32())))


async def test_a_file_ends_with_its_day_and_holds_a_bounded_number_of_bytes(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = await append(pool, 1, 3)
    tomorrow = replace(third, recorded_at=third.recorded_at + timedelta(days=1))
    portion = Portion()
    assert not portion.take([first, second, tomorrow])
    assert portion.links == [first, second]
    monkeypatch.setattr(domain, "MOST_BYTES", 10)
    large = Portion()
    assert not large.take([replace(first, payload="x" * 100), second])
    assert len(large.links) == 1
    assert object_key(tomorrow) > object_key(first)


async def test_the_list_takes_only_what_follows_and_forgets_nothing(pool: asyncpg.Pool) -> None:
    links = await append(pool, 1, 3)
    file = store.ExportFile("k", domain.day_of(links[0]), bytes(32))
    for first, last_hash in ((2, links[2].entry_hash), (1, GENESIS)):
        expected = Expected(first_seq=first, last_seq=3, prev_hash=GENESIS, last_hash=last_hash, root_hash=GENESIS)
        async with transaction(pool) as connection:
            with pytest.raises(asyncpg.InvalidParameterValueError):
                await store.add(connection, "general", expected, file)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM audit_export")


async def test_the_gauge_says_how_long_an_entry_waits_for_its_file(
    pool: asyncpg.Pool, exports: ExportService, clock: FixedClock
) -> None:
    gauges = StateGauges(pool, store.MEASURES)

    async def waiting() -> dict[str, bool]:
        await gauges.measure()
        families = {family.name: family for family in gauges.collect()}
        samples = families["altscore_audit_export_waiting_seconds"].samples
        return {sample.labels["chain"]: sample.value > 0 for sample in samples}

    links = await append(pool, 1, 3)
    assert await waiting() == {"general": True, "failed_auth": False}
    set_to(clock, links[-1].recorded_at + timedelta(days=1))
    await exports.export_next()
    assert await waiting() == {"general": False, "failed_auth": False}
