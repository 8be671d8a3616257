"""The chunks of a running job, which several workers share (ADR 0043).

A session's lock keeps two workers from computing the same rows. That no row is written twice is decided without it, by
the chunk's own row in the transaction that writes the outcomes: a lock may be lost with its connection.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
from altscore_libs.db import session, transaction

from altscore_scoring.runs import store
from altscore_scoring.runs.domain import Chunk, Job, added_counts, open_ranges
from altscore_scoring.scores.domain import Outcome, counts_of


async def start(pool: asyncpg.Pool, job: Job, *, rows: int, chunk_rows: int) -> None:
    """Divides what is left of a queued job into chunks; does nothing when another worker was first.

    Args:
        pool: of the scoring database.
        job: to be started.
        rows: of the whole run.
        chunk_rows: retailers per chunk.
    """
    async with transaction(pool) as connection:
        locked = await store.lock_job(connection, job)
        if locked is None or locked.state != "queued":
            return
        finished = await store.finished_ranges(connection, locked)
        ranges = open_ranges(range(locked.next_row, rows), finished, chunk_rows=chunk_rows)
        await store.start_job(connection, locked, ranges)


@asynccontextmanager
async def next_chunk(pool: asyncpg.Pool, job: Job) -> AsyncIterator[Chunk | None]:
    """A chunk that nobody else computes while this context, its connection and this process last; None without one."""
    async with session(pool) as connection:  # the pool takes all locks from a connection that is given back
        yield await store.claim_chunk(connection, job)


@asynccontextmanager
async def measuring(pool: asyncpg.Pool, job: Job) -> AsyncIterator[bool]:
    """Whether this worker is to measure the run; the others wait for it."""
    async with session(pool) as connection:
        yield await store.claim_measuring(connection, job)


async def finish(connection: asyncpg.Connection, job: Job, *, rows: int) -> dict[str, int] | None:
    """Removes the chunks of a job that is scored to its end, and keeps its counts.

    Returns:
        The counts of the whole job, whose row is locked; None when there is something left, or it ended already.
    """
    if await store.has_open_chunks(connection, job):  # asked first: the lock waits for all who write
        return None
    locked = await store.lock_job(connection, job)
    if locked is None or locked.state != "running" or await store.has_open_chunks(connection, job):
        return None
    counts = locked.counts
    for further in await store.drop_chunks(connection, job):
        counts = added_counts(counts, further)
    await store.save_counts(connection, job, rows=rows, counts=counts)
    return counts


class ChunkProgress:
    """A chunk of a job: written only while the job runs and the chunk is unfinished."""

    def __init__(self, job: Job, chunk: Chunk) -> None:
        self._job = job
        self._chunk = chunk

    async def claim(self, connection: asyncpg.Connection) -> bool:
        """Locks the chunk."""
        return await store.lock_chunk(connection, self._job, self._chunk)

    async def save(self, connection: asyncpg.Connection, outcomes: Sequence[Outcome]) -> None:
        """Finishes the chunk with its counts; also one whose retailers are all erased."""
        await store.finish_chunk(connection, self._chunk, counts_of(outcomes))
