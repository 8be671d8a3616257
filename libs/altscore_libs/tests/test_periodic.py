"""Periodic workers: they survive every failure of a step and stop when told."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.periodic import FailurePolicy, PeriodicWorker, first_of, keep_running, sleep_or_stop
from altscore_libs.testing_postgres import HANG_S
from prometheus_client import REGISTRY


def failures(worker: str) -> float:
    return REGISTRY.get_sample_value("altscore_worker_failures_total", {"worker": worker}) or 0.0


async def until(is_done: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_S):
        while not is_done():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "error", [Unavailable(), OSError(), asyncpg.DeadlockDetectedError(""), KeyError("x"), asyncpg.InternalClientError()]
)
async def test_a_worker_survives_whatever_its_step_raises(error: Exception) -> None:
    turns, stop, before = 0, asyncio.Event(), failures("tested")

    async def step() -> None:
        nonlocal turns
        turns += 1
        if turns <= 2:
            raise error

    task = asyncio.create_task(PeriodicWorker("tested", step, interval_s=0.01).run(stop))
    await until(lambda: turns >= 4)
    stop.set()
    await asyncio.wait_for(task, timeout=HANG_S)
    assert failures("tested") - before == 2


async def test_a_step_with_more_work_is_called_again_at_once_and_a_wake_ends_a_wait() -> None:
    turns, stop, wake = 0, asyncio.Event(), asyncio.Event()

    async def step() -> bool:
        nonlocal turns
        turns += 1
        return turns < 3

    task = asyncio.create_task(PeriodicWorker("tested", step, interval_s=3600, wake=wake).run(stop))
    await until(lambda: turns == 3)
    wake.set()
    await until(lambda: turns == 4)
    stop.set()
    await asyncio.wait_for(task, timeout=HANG_S)


def test_waits_after_failures_grow_to_a_limit_with_jitter_and_start_again_after_a_success() -> None:
    policy = FailurePolicy("tested", first_wait_s=1.0, longest_wait_s=30.0)
    for limit_s in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        assert limit_s / 2 <= policy.failed(OSError()) <= limit_s
    policy.succeeded()
    assert policy.failed(OSError()) <= 1.0


async def test_a_worker_that_raises_is_started_again_and_one_that_returns_is_not() -> None:
    starts = 0

    async def worker(_stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            raise RuntimeError

    await asyncio.wait_for(keep_running("tested", worker, asyncio.Event()), timeout=HANG_S)
    assert starts == 2


async def test_a_worker_that_raises_again_and_again_waits_no_longer_than_it_may() -> None:
    starts, stop, before = 0, asyncio.Event(), failures("tested")

    async def worker(_stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts <= 20:
            raise OSError

    await asyncio.wait_for(keep_running("tested", worker, stop, longest_wait_s=0.01), timeout=HANG_S)
    assert (starts, failures("tested") - before) == (21, 20)


async def test_waiting_ends_with_the_stop_or_the_first_event() -> None:
    stop, other = asyncio.Event(), asyncio.Event()
    assert await sleep_or_stop(stop, 0.01) is False
    other.set()
    await asyncio.wait_for(first_of(stop, other, timeout_s=60), timeout=HANG_S)
    stop.set()
    assert await sleep_or_stop(stop, 60) is True
