"""Checkpoints: due in time, signed over a recomputed chain, locked for as long as the entries are kept."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
from altscore_audit import domain, store
from altscore_audit.checkpoints import Checkpointer
from altscore_audit.domain import Entry, Rule
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.testing import SoftwareSigner


@pytest.fixture
def checkpointer(
    pool: asyncpg.Pool, signer: SoftwareSigner, worm: Any, rules: dict[str, Rule], clock: FixedClock
) -> Checkpointer:
    return Checkpointer(pool, signer, worm, rules=rules, clock=clock)


@pytest.fixture
def append(pool: asyncpg.Pool, clock: FixedClock) -> Any:
    """Appends and returns when the database recorded the last of it."""

    async def run(first: int, last: int, chain: str = "general") -> datetime:
        entries = [
            Entry(chain, UUID(int=n), clock.now(), "consent_granted", f"{{{n}}}") for n in range(first, last + 1)
        ]
        async with transaction(pool) as connection:
            await store.append(connection, chain, entries)
            return (await store.links(connection, chain, after=0, limit=1))[0].recorded_at

    return run


def set_to(clock: FixedClock, at: datetime) -> None:
    clock.advance(seconds=(at - clock.now()).total_seconds())


@pytest.mark.parametrize(
    ("rows", "age_s", "is_due"), [(0, 9_999, False), (1, 59.9, False), (1, 60, True), (999, 1, False), (1_000, 0, True)]
)
def test_a_checkpoint_is_due_after_a_thousand_rows_or_sixty_seconds(rows: int, age_s: float, is_due: bool) -> None:
    assert domain.checkpoint_due(rows, age_s, 60) is is_due


async def test_the_head_is_signed_and_stands_in_bucket_and_table(
    checkpointer: Checkpointer, append: Any, clock: FixedClock, worm: Any, signer: SoftwareSigner
) -> None:
    recorded_at = await append(1, 3)
    set_to(clock, recorded_at + timedelta(seconds=60))
    (made,) = await checkpointer.tick()
    body = json.loads(worm.objects["checkpoints/general/00000000000000000003.json"][0])
    assert body == {"document": made.document, "signature": made.signature.hex()}
    assert json.loads(made.document)["entry_hash"] == made.link.entry_hash.hex()
    digest = hashlib.sha256(made.document.encode()).digest()
    assert signer.public_keys().verify(signer.key_id, digest, made.signature)
    assert await checkpointer.tick() == []


async def test_each_chain_is_locked_for_as_long_as_its_entries_are_kept(
    checkpointer: Checkpointer, append: Any, clock: FixedClock, worm: Any
) -> None:
    await append(1, 1)
    recorded_at = await append(2, 2, "failed_auth")
    set_to(clock, recorded_at + timedelta(seconds=61))
    await checkpointer.tick()
    years = {key.split("/")[1]: (until - clock.now()).days // 366 for key, (_, until) in worm.objects.items()}
    assert years == {"general": 7, "failed_auth": 2}


async def test_without_the_bucket_no_checkpoint_is_noted_and_the_next_try_makes_it(
    checkpointer: Checkpointer, append: Any, worm: Any, pool: asyncpg.Pool
) -> None:
    await append(1, 1_000)
    worm.is_reachable = False
    with pytest.raises(Unavailable):
        await checkpointer.tick()
    assert await pool.fetchval("SELECT count(*) FROM audit_checkpoint") == 0
    worm.is_reachable = True
    assert [one.link.seq for one in await checkpointer.tick()] == [1_000]


async def test_a_broken_chain_is_never_signed_and_the_other_chain_still_is(
    checkpointer: Checkpointer, append: Any, superuser: psycopg.Connection
) -> None:
    await append(1, 1_000)
    await append(2_001, 3_000, "failed_auth")
    superuser.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
    superuser.execute("UPDATE audit_log SET payload = '{\"forged\":1}' WHERE chain = 'general' AND seq = 500")
    assert [one.link.chain for one in await checkpointer.tick()] == ["failed_auth"]
