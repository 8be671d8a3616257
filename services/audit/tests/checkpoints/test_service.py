"""Checkpoints: due in time, signed over a recomputed chain, locked for as long as the entries are kept."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import psycopg
import pytest
from altscore_audit.chain import store
from altscore_audit.checkpoints.service import CheckpointService
from altscore_audit.checkpoints.store import SignedCheckpoint
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.testing import SoftwareSigner

from ..conftest import entry_of


@pytest.fixture
def append(pool: asyncpg.Pool, clock: FixedClock) -> Any:
    """Appends and returns when the database recorded the last of it."""

    async def run(first: int, last: int, chain: str = "general") -> datetime:
        numbers = range(first, last + 1)
        entries = [entry_of(number, chain=chain, occurred_at=clock.now()) for number in numbers]
        async with transaction(pool) as connection:
            await store.append(connection, chain, entries)
            return (await store.links(connection, chain, after=0, limit=1))[0].recorded_at

    return run


def set_to(clock: FixedClock, at: datetime) -> None:
    clock.advance(seconds=(at - clock.now()).total_seconds())


async def test_the_head_is_signed_and_kept_in_bucket_and_table(
    checkpoints: CheckpointService, append: Any, clock: FixedClock, bucket: Any, signer: SoftwareSigner
) -> None:
    recorded_at = await append(1, 3)
    set_to(clock, recorded_at + timedelta(seconds=60))
    (checkpoint,) = await checkpoints.sign_due()
    body = json.loads(bucket.objects["checkpoints/general/00000000000000000003.json"][0])
    assert body == {"document": checkpoint.document, "signature": checkpoint.signature.hex()}
    assert json.loads(checkpoint.document)["entry_hash"] == checkpoint.link.entry_hash.hex()
    digest = hashlib.sha256(checkpoint.document.encode()).digest()
    assert signer.public_keys().verify(signer.key_id, digest, checkpoint.signature)
    assert await checkpoints.sign_due() == []


async def test_each_chain_is_locked_for_as_long_as_its_entries_are_kept(
    checkpoints: CheckpointService, append: Any, clock: FixedClock, bucket: Any
) -> None:
    await append(1, 1)
    recorded_at = await append(2, 2, "failed_auth")
    set_to(clock, recorded_at + timedelta(seconds=61))
    await checkpoints.sign_due()
    years = {key.split("/")[1]: (until - clock.now()).days // 366 for key, (_, until) in bucket.objects.items()}
    assert years == {"general": 7, "failed_auth": 2}


async def test_without_the_bucket_no_checkpoint_is_recorded_and_the_next_try_signs_it(
    checkpoints: CheckpointService, append: Any, bucket: Any, pool: asyncpg.Pool
) -> None:
    await append(1, 1_000)
    bucket.is_reachable = False
    with pytest.raises(Unavailable):
        await checkpoints.sign_due()
    assert await pool.fetchval("SELECT count(*) FROM audit_checkpoint") == 0
    bucket.is_reachable = True
    assert [checkpoint.link.seq for checkpoint in await checkpoints.sign_due()] == [1_000]


async def test_a_broken_chain_is_never_signed_and_the_other_chain_still_is(
    checkpoints: CheckpointService, append: Any, superuser: psycopg.Connection
) -> None:
    await append(1, 1_000)
    await append(2_001, 3_000, "failed_auth")
    superuser.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
    superuser.execute("UPDATE audit_log SET payload = '{\"forged\":1}' WHERE chain = 'general' AND seq = 500")
    assert [checkpoint.link.chain for checkpoint in await checkpoints.sign_due()] == ["failed_auth"]


async def test_two_workers_sign_a_head_once(
    checkpoints: CheckpointService, append: Any, clock: FixedClock, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded_at = await append(1, 3)
    set_to(clock, recorded_at + timedelta(seconds=60))
    other, put = replace(checkpoints), bucket.put
    second: list[list[SignedCheckpoint]] = []

    async def put_while_the_other_tries(*arguments: Any) -> None:
        if not second:
            second.append(await other.sign_due())
        await put(*arguments)

    monkeypatch.setattr(bucket, "put", put_while_the_other_tries)
    assert len(await checkpoints.sign_due()) == 1
    assert second == [[]]
