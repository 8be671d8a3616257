"""The newest checkpoint is the newest that is signed; what the database's own role planted is passed over."""

import hashlib

import asyncpg
import pytest
from altscore_audit.chain import store as chains
from altscore_audit.checkpoints import store
from altscore_audit.checkpoints.domain import checkpoint_document, checkpoint_key
from altscore_audit.checkpoints.store import SignedCheckpoint
from altscore_audit.counts import store as counts
from altscore_audit.counts.store import MEASURES
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.signer import PublicKeys
from altscore_libs.state_gauges import StateGauges
from altscore_libs.testing import SoftwareSigner
from prometheus_client import CollectorRegistry

from ..conftest import entry_of


async def test_missing_numbers_are_counted_by_producer(pool: asyncpg.Pool) -> None:
    gauges, registry = StateGauges(pool, MEASURES), CollectorRegistry()
    registry.register(gauges)
    async with transaction(pool) as connection:
        await counts.add(connection, [("altscore.audit", "score", 1), ("altscore.audit", "score", 4)])
    await gauges.measure()
    assert registry.get_sample_value("altscore_audit_missing", {"producer": "score"}) == 2


async def signed(connection: asyncpg.Connection, seq: int, signer: SoftwareSigner, clock: FixedClock) -> None:
    (link,) = await chains.links(connection, "general", after=seq - 1, limit=1)
    document = checkpoint_document(link, bytes(32), signed_at=clock.now(), key_id=signer.key_id)
    digest = hashlib.sha256(document.encode()).digest()
    await store.add_checkpoint(
        connection,
        SignedCheckpoint(
            link=link,
            document=document,
            signature=await signer.sign(digest),
            key_id=signer.key_id,
            object_key=checkpoint_key("general", seq),
            signed_at=clock.now(),
        ),
    )


async def test_only_what_a_trusted_key_signed_is_a_checkpoint(
    pool: asyncpg.Pool, signer: SoftwareSigner, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PAGE", 2)
    keys, forger = signer.public_keys(), SoftwareSigner("audit-checkpoint")
    async with transaction(pool) as connection:
        await chains.append(connection, "general", [entry_of(number) for number in range(1, 10)])
        for seq, by in ((2, signer), (5, signer), (5, forger), (6, forger), (8, forger), (9, forger)):
            await signed(connection, seq, by, clock)
        newest = await store.newest_valid(connection, keys, "general")
        assert newest is not None
        assert newest.seq == 5
        assert await store.newest_valid(connection, keys, "general", since=6) is None
        assert await store.newest_valid(connection, PublicKeys({}), "general") is None
        valid = await store.valid_after(connection, keys, "general", after=0, limit=10)
        assert [checkpoint.seq for checkpoint in valid] == [2, 5]
        assert [each.seq for each in await store.valid_after(connection, keys, "general", after=0, limit=1)] == [2]
        assert [each.seq for each in await store.valid_after(connection, keys, "general", after=2, limit=10)] == [5]


async def test_a_checkpoint_of_another_chain_or_place_does_not_count(
    pool: asyncpg.Pool, signer: SoftwareSigner, clock: FixedClock
) -> None:
    async with transaction(pool) as connection:
        await chains.append(connection, "general", [entry_of(number) for number in range(1, 4)])
        await signed(connection, 2, signer, clock)
        moved = (
            "SELECT audit_checkpoint_add('general', 3, l.entry_hash, c.document, c.signature, c.key_id, 'x', now())"
            " FROM audit_checkpoint c JOIN audit_log l ON l.chain = 'general' AND l.seq = 3"
        )
        await connection.execute(moved)
        newest = await store.newest_valid(connection, signer.public_keys(), "general")
        assert newest is not None
        assert newest.seq == 2
