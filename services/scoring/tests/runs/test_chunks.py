"""Workers share a run: whoever computes which chunk, in whatever order, comes to what one worker comes to, once."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.errors import Unavailable
from altscore_libs.testing import SoftwareSigner
from altscore_scoring.clients import Consent
from altscore_scoring.runs import chunks, store
from altscore_scoring.runs.domain import Chunk, Job, open_ranges
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .. import synthetic
from ..worker_world import AT, CHUNK_ROWS, Consenting, World
from .shared_run import ROWS, SharedRun, everybody, retailers_of


class Crash(BaseException):
    """The end of a process, as its code sees it: nothing of it runs any more."""


class Countdown:
    """Ends a worker at its n-th call of the outside world."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def count(self) -> None:
        """One call more."""
        self.calls -= 1
        if self.calls == 0:
            raise Crash


class FailingConsents(Consenting):
    """Hands control to others while it is asked, and may be the last thing that a worker asks."""

    def __init__(self, countdown: Countdown) -> None:
        super().__init__()
        self._countdown = countdown

    async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
        """The answer for each retailer."""
        self._countdown.count()
        await asyncio.sleep(0)
        return await super().check(retailer_ids)


class FailingSigner(SoftwareSigner):
    """As FailingConsents."""

    def __init__(self, countdown: Countdown) -> None:
        super().__init__("score-seal")
        self._countdown = countdown

    async def sign(self, message_digest: bytes) -> bytes:
        """The signature."""
        self._countdown.count()
        await asyncio.sleep(0)
        return await super().sign(message_digest)


class FailingClock(FixedClock):
    """As FailingConsents; it is also asked inside the transaction that writes a chunk, and in that which ends a run."""

    def __init__(self, countdown: Countdown) -> None:
        super().__init__(AT)
        self._countdown = countdown

    def now(self) -> Any:
        """The instant."""
        self._countdown.count()
        return super().now()


def failing_worker(shared: SharedRun, calls: int) -> World:
    """A worker that ends at its n-th call of consent service, key store or clock."""
    countdown = Countdown(calls)
    return shared.worker(
        consents=FailingConsents(countdown), signer=FailingSigner(countdown), clock=FailingClock(countdown)
    )


async def work(world: World) -> None:
    """Steps until there is nothing to do, or the process ends."""
    try:
        await world.work()
    except Crash:
        return


async def test_two_workers_come_to_what_one_comes_to(shared: SharedRun) -> None:
    expected = await shared.alone()
    first, second = await shared.prepare(), shared.worker()
    while any(await asyncio.gather(first.worker.step(), second.worker.step())):
        continue
    assert await shared.results(first) == expected


async def test_each_of_two_workers_computes_a_part_and_nothing_is_computed_twice(shared: SharedRun) -> None:
    first, second = await shared.prepare(), shared.worker()
    while any(await asyncio.gather(first.worker.step(), second.worker.step())):
        continue
    asked = first.consents.asked + second.consents.asked
    assert sorted(asked) == sorted([ROWS, *[CHUNK_ROWS] * 4, ROWS - 4 * CHUNK_ROWS]), "one measured, each chunk once"
    assert min(len(first.consents.asked), len(second.consents.asked)) >= 2


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=st.lists(st.integers(1, 900), min_size=1, max_size=3), order=st.permutations(range(4)))
async def test_wherever_workers_end_the_last_one_comes_to_what_one_comes_to(
    shared: SharedRun, ends: list[int], order: list[int]
) -> None:
    expected = await shared.alone()
    survivor = await shared.prepare()
    workers = [survivor, *(failing_worker(shared, calls) for calls in ends)]
    await asyncio.gather(*(work(workers[place]) for place in order if place < len(workers)))
    await survivor.work()
    assert await shared.results(survivor) == expected


async def claimed_job(shared: SharedRun) -> Job:
    """The job of the run, running."""
    async with shared.pool.acquire() as connection, connection.transaction():
        job = await store.open_job(connection, shared.trained[0].model_sha256)
    assert job is not None
    assert job.state == "running"
    return job


async def test_a_claim_ends_with_its_connection_and_not_before(shared: SharedRun) -> None:
    world = await shared.prepare()
    await world.worker.step()
    job = await claimed_job(shared)
    async with shared.pool.acquire() as lost:
        first = await store.claim_chunk(lost, job)
        assert first is not None
        async with chunks.next_chunk(shared.pool, job) as second:
            assert second is not None
            assert second.first_row == first.end_row
        lost.terminate()
    async with shared.pool.acquire() as connection:
        again: Chunk | None = None
        while again != first:  # the server notices the lost connection by itself
            again = await store.claim_chunk(connection, job)
            if again != first:
                await connection.execute("SELECT pg_advisory_unlock_all()")


async def chunk_of(shared: SharedRun, job: Job) -> Chunk | None:
    """What one more worker would compute."""
    async with chunks.next_chunk(shared.pool, job) as chunk:
        return chunk


async def test_who_finds_every_chunk_claimed_goes_on_to_other_work_and_ends_nothing(shared: SharedRun) -> None:
    world = await shared.prepare()
    await world.worker.step()
    job = await claimed_job(shared)
    async with shared.pool.acquire() as connection:
        await connection.execute("SELECT pg_advisory_lock($1, chunk_id) FROM job_chunks", store.CHUNK_LOCK)
        assert await chunk_of(shared, job) is None
        assert not await world.worker.step()
        assert await shared.pool.fetchval("SELECT state FROM jobs") == "running"
        await connection.execute("SELECT pg_advisory_unlock_all()")
    await world.work()
    assert retailers_of(await shared.results(world)) == everybody()


async def test_while_one_worker_measures_the_run_no_other_asks_for_consents(shared: SharedRun) -> None:
    await shared.prepare()
    other = shared.worker()
    async with shared.pool.acquire() as connection, connection.transaction():
        model = await connection.fetchval("SELECT model_sha256 FROM models")
        await store.add_job(connection, run_id="run_01", model_sha256=model, at=AT)
        job = await store.open_job(connection, shared.trained[0].model_sha256)
    assert job is not None
    async with chunks.measuring(shared.pool, job) as is_claimed:
        assert is_claimed
        assert not await other.worker.step()
        assert other.consents.asked == []
    await other.work()
    assert retailers_of(await shared.results(other)) == everybody()


async def test_who_measured_second_flags_by_what_was_measured_first(shared: SharedRun) -> None:
    world = await shared.prepare()
    await world.worker.step()
    job = await claimed_job(shared)
    async with shared.pool.acquire() as connection, connection.transaction():
        kept = await store.save_monitors(connection, job, {"psi": 9.0, "air_district": None, "air_size_band": None})
    assert kept == job.monitors
    assert json.loads(await shared.pool.fetchval("SELECT monitors FROM jobs")) == job.monitors


async def test_a_chunk_whose_claim_was_lost_is_written_by_one_worker_alone(shared: SharedRun) -> None:
    """The other one computes the same rows meanwhile, since the lock went with its connection."""
    expected = await shared.alone()
    world = await shared.prepare()

    class Unlocking(Consenting):
        """Lets another worker in at the worst moment."""

        has_fired = False

        async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
            if not Unlocking.has_fired and len(retailer_ids) == CHUNK_ROWS:
                Unlocking.has_fired = True
                await shared.pool.execute(END_CLAIMS)
                other = shared.worker()
                while not await shared.pool.fetchval("SELECT counts IS NOT NULL FROM job_chunks WHERE first_row = 0"):
                    await other.worker.step()
                self.refused.add(synthetic.retailer_id(10))  # whom the other one scored
            return await super().check(retailer_ids)

    slow = shared.worker(consents=Unlocking())
    with suppress(Unavailable):  # its connection is gone
        await slow.work()
    await world.work()
    assert Unlocking.has_fired
    assert await shared.results(world) == expected


async def test_of_a_run_that_is_blocked_while_a_chunk_is_computed_nothing_more_is_written(shared: SharedRun) -> None:
    await shared.prepare()

    class Blocking(Consenting):
        """Another worker finds the run's files changed meanwhile."""

        async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
            if len(retailer_ids) == CHUNK_ROWS:
                await shared.pool.execute("UPDATE jobs SET state = 'blocked'")
            return await super().check(retailer_ids)

    world = shared.worker(consents=Blocking())
    await world.work()
    assert (await shared.results(world))["scores"] == []
    await shared.pool.execute("UPDATE jobs SET state = 'queued'")
    heir = shared.worker()
    await heir.work()
    assert retailers_of(await shared.results(heir)) == everybody()


OUTCOMES = """
SELECT (SELECT count(*) FROM scores WHERE retailer_id = $1)
    + (SELECT count(*) FROM blocks WHERE retailer_id = $1 AND reason <> 'CONSENT')
"""
END_CLAIMS = """
SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE locktype = 'advisory' AND objsubid = 2 AND datname = current_database()
"""
# The release before, by its own statements.
_QUEUED = "SELECT run_id, model_sha256, next_row, counts FROM jobs WHERE state = 'queued' ORDER BY queued_at LIMIT 1"
_LOCK = "SELECT next_row, counts FROM jobs WHERE run_id = $1 AND model_sha256 = $2 AND state = 'queued' FOR UPDATE"
_ADVANCE = "UPDATE jobs SET next_row = $3, counts = $4 WHERE run_id = $1 AND model_sha256 = $2"


async def test_the_release_before_does_not_see_a_running_job_and_writes_nothing_of_it(shared: SharedRun) -> None:
    world = await shared.prepare()
    async with shared.pool.acquire() as connection, connection.transaction():
        model = await connection.fetchval("SELECT model_sha256 FROM models")
        await store.add_job(connection, run_id="run_01", model_sha256=model, at=AT)
    assert await shared.pool.fetchrow(_QUEUED) is not None, "it begins to compute the first rows"
    await world.worker.step()
    assert await shared.pool.fetchrow(_QUEUED) is None
    assert await shared.pool.fetchrow(_LOCK, "run_01", model) is None
    await world.work()
    assert retailers_of(await shared.results(world)) == everybody()


@pytest.mark.parametrize(("chunks_done", "passed"), [(3, 0), (3, 30), (3, 120), (5, 30)])
async def test_going_back_to_the_release_before_and_on_again_doubles_and_loses_nothing(
    shared: SharedRun, chunks_done: int, passed: int
) -> None:
    """The README's statement queues a running job; the release before goes on from its next row, by its own chunks."""
    expected = await shared.alone()
    world = await shared.prepare()
    for _ in range(chunks_done):
        await world.worker.step()
    await shared.pool.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")
    job = await shared.pool.fetchrow(_QUEUED)
    assert (job["next_row"], job["counts"]) == (0, "{}")
    counts = json.dumps(await counts_before(shared, passed))
    await shared.pool.execute(_ADVANCE, job["run_id"], job["model_sha256"], passed, counts)
    if chunks_done == 5:  # rows 30 to 50 are computed again, and what stands already keeps its evidence alone
        world.consents.version += 1
    await world.work()
    assert await shared.results(world) == expected


async def counts_before(shared: SharedRun, row: int) -> dict[str, int]:
    """What the release before counts of the rows before `row`: they are scored already, and it writes them no more."""
    before = synthetic.retailer_id(row)
    scores = await shared.pool.fetch("SELECT sealed_record FROM scores WHERE retailer_id < $1", before)
    kinds = [kind for (text,) in scores for kind in ("computed", f"band_{json.loads(text)['risk_band']}")]
    blocks = await shared.pool.fetch("SELECT reason FROM blocks WHERE retailer_id < $1", before)
    return dict(Counter([*kinds, *(f"blocked_{reason}" for (reason,) in blocks)]))


async def test_a_promoted_model_is_taken_into_use_once(shared: SharedRun) -> None:
    await shared.prepare()
    await shared.pool.execute("UPDATE models SET state = 'pending'")
    workers = [shared.worker(), shared.worker()]
    await asyncio.gather(*(worker.worker.step() for worker in workers))
    assert await shared.pool.fetchval("SELECT state FROM models") == "active"
    assert len(await workers[0].audits("model_loaded")) == 2, "once when it was prepared, once now"


async def test_a_lenders_request_that_two_workers_answer_leaves_no_evidence_that_an_erasure_cannot_find(
    shared: SharedRun,
) -> None:
    first, second = await shared.prepare(), shared.worker()
    await first.work()
    requested = synthetic.retailer_id(3)  # without a consent until now
    for version, worker in enumerate((first, second)):
        worker.consents.refused.discard(requested)
        worker.consents.version += 10 + version
    await first.deliver("score.requested", requested, retailer_id=requested, lender_id="lender_a")
    await asyncio.gather(first.work(), second.work())
    assert await shared.pool.fetchval(OUTCOMES, requested) == 1
    assert (await shared.results(first))["unused evidence"] == []


@settings(max_examples=200, deadline=None)
@given(
    start=st.integers(0, 60),
    length=st.integers(0, 200),
    chunk_rows=st.integers(1, 70),
    cuts=st.lists(st.integers(0, 260), unique=True, max_size=8),
)
def test_open_ranges_are_exactly_the_rows_that_nothing_finished_covers(
    start: int, length: int, chunk_rows: int, cuts: list[int]
) -> None:
    rows = range(start, start + length)
    points = sorted(cut for cut in cuts if cut in rows)
    finished = list(zip(points[::2], points[1::2], strict=False))
    ranges = open_ranges(rows, finished, chunk_rows=chunk_rows)
    covered = [row for first, end in ranges + finished for row in range(first, end)]
    assert sorted(covered) == list(rows)
    assert all(0 < end - first <= chunk_rows for first, end in ranges)
