"""`kill -9` of one of two workers, wherever it stands: nothing is lost or doubled, and nobody waits for a lease."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from altscore_libs.testing import SoftwareSigner
from cryptography.hazmat.primitives import serialization

from .. import synthetic
from ..worker_world import PROMOTER, World
from .shared_run import SharedRun

EXIT_S = 60.0
# The call that a worker does not survive: one is its look at the jobs, two measures the run, three asks for consents of
# the first chunk; then two sign each of its 50 outcomes, and each event takes its time where the chunk is written.
MEASURING, FIRST_SIGNATURE, FIRST_TRANSACTION, THIRD_TRANSACTION = 2, 5, 120, 430
END_OF_RUN = 3  # the look, the end of the job, its audit entry


def private_pem(signer: SoftwareSigner) -> str:
    """The key of a test's signer, for a process of the same test."""
    form = serialization.PrivateFormat.PKCS8
    return signer._key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


class Killed:
    """A worker process that ends by itself."""

    def __init__(self, shared: SharedRun, *, calls: int) -> None:
        plan: dict[str, Any] = {
            "dsn": shared.database.app_dsn,
            "folder": str(shared.folder),
            "refused": [synthetic.retailer_id(3), synthetic.retailer_id(203)],
            "calls": calls,
            "promoter_pem": private_pem(PROMOTER),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.scoring.tests.runs.killed_worker"],
            cwd=synthetic.REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._tell(json.dumps(plan))

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    async def is_ready(self) -> None:
        """Returns when it could begin."""
        assert self._process.stdout is not None
        assert (await asyncio.to_thread(self._process.stdout.readline)).strip() == "ready"

    async def work(self) -> int:
        """Lets it work; returns how it ended."""
        self._tell("work")
        return await asyncio.to_thread(self._process.wait, EXIT_S)

    def close(self) -> None:
        """Ends what is left of it."""
        self._process.kill()
        self._process.communicate()


async def ended(shared: SharedRun, world: World) -> dict[str, list[str]]:
    """What the run comes to; the database may take a moment to see that a killed worker's connections are gone."""
    while not await shared.pool.fetchval("SELECT count(*) FROM jobs WHERE state = 'done'"):
        await world.work()
    return await shared.results(world)


@pytest.fixture
def processes() -> Iterator[list[Killed]]:
    """Those that a test starts."""
    started: list[Killed] = []
    yield started
    for process in started:
        process.close()


@pytest.mark.parametrize("calls", [MEASURING, FIRST_SIGNATURE, FIRST_TRANSACTION, THIRD_TRANSACTION])
async def test_what_a_killed_worker_leaves_another_one_ends(
    shared: SharedRun, processes: list[Killed], calls: int
) -> None:
    expected = await shared.alone()
    heir = await shared.prepare()
    processes.append(process := Killed(shared, calls=calls))
    await process.is_ready()
    assert await process.work() == -signal.SIGKILL
    scored = await shared.pool.fetchval("SELECT count(*) FROM scores")
    assert (scored > 0) is (calls == THIRD_TRANSACTION), "what was not committed is not there"
    assert await ended(shared, heir) == expected


async def test_a_run_whose_end_was_not_committed_is_ended_by_another_worker(
    shared: SharedRun, processes: list[Killed]
) -> None:
    expected = await shared.alone()
    heir = await shared.prepare()
    while not await shared.pool.fetchval("SELECT count(*) = 5 FROM job_chunks WHERE counts IS NOT NULL"):
        await heir.worker.step()
    processes.append(process := Killed(shared, calls=END_OF_RUN))
    await process.is_ready()
    assert await process.work() == -signal.SIGKILL
    assert await shared.pool.fetchval("SELECT state FROM jobs") == "running"
    assert await ended(shared, heir) == expected


async def test_a_worker_killed_beside_another_one_costs_its_chunk_alone(
    shared: SharedRun, processes: list[Killed]
) -> None:
    expected = await shared.alone()
    heir = await shared.prepare()
    assert await heir.worker.step()  # it measures, and scores the first chunk
    processes.append(process := Killed(shared, calls=FIRST_SIGNATURE))
    await process.is_ready()
    await asyncio.gather(process.work(), heir.work())
    assert await ended(shared, heir) == expected
