"""The worker signs what is due, and goes on after a failure."""

import asyncio
from typing import Any

import asyncpg
from altscore_audit.chain import store
from altscore_audit.chain.domain import Rule
from altscore_audit.checkpoints.service import CheckpointService
from altscore_audit.checkpoints.worker import checkpoint_worker
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.testing import SoftwareSigner

from ..conftest import entry_of


async def test_a_checkpoint_that_failed_is_signed_in_a_later_turn(
    pool: asyncpg.Pool, signer: SoftwareSigner, bucket: Any, *, rules: dict[str, Rule], clock: FixedClock
) -> None:
    async with transaction(pool) as connection:
        await store.append(connection, "general", [entry_of(number) for number in range(1, 1_001)])
    bucket.is_reachable = False
    service = CheckpointService(
        pool=pool, signer=signer, keys=signer.public_keys(), bucket=bucket, rules=rules, clock=clock
    )
    stop = asyncio.Event()
    task = asyncio.create_task(checkpoint_worker(service).run(stop))
    await bucket.was_refused.wait()
    bucket.is_reachable = True
    await asyncio.wait_for(bucket.was_stored.wait(), timeout=30)
    stop.set()
    await task
    assert await pool.fetchval("SELECT max(seq) FROM audit_checkpoint") == 1_000
