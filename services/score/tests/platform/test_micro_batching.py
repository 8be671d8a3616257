"""Micro batches: items are served once and in order, a lone one at once; checks asked together are answered each."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from altscore_libs import logs
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import ServiceClient
from altscore_libs.testing_postgres import HANG_S
from altscore_score.clients import ConsentClient
from altscore_score.platform.micro_batching import MicroBatcher
from altscore_score.scores.domain import ConsentKey
from httpx import ASGITransport
from hypothesis import given, settings
from hypothesis import strategies as st

from ..neighbours import Neighbours
from ..world import LENDER, NOW, PURPOSE

KEYS = [ConsentKey(f"ret_{number:016x}", LENDER, PURPOSE) for number in range(70)]


@settings(max_examples=50, deadline=None)
@given(
    bursts=st.lists(st.integers(1, 9), max_size=8),
    most=st.integers(1, 5),
    at_once=st.integers(1, 3),
    turns=st.integers(0, 4),
)
def test_every_item_is_served_once_in_order_and_no_bounds_are_broken(
    bursts: list[int], most: int, at_once: int, turns: int
) -> None:
    begun: list[int] = []
    served, open_now, number = 0, 0, sum(bursts)
    is_over = asyncio.Event()

    async def serve(batch: list[int]) -> None:
        nonlocal served, open_now
        open_now += 1
        assert 1 <= len(batch) <= most
        assert open_now <= at_once
        begun.extend(batch)
        for _ in range(turns):
            await asyncio.sleep(0)
        open_now -= 1
        served += len(batch)
        if served == number:
            is_over.set()

    async def play() -> None:
        batcher, numbers = MicroBatcher(serve, most=most, at_once=at_once), iter(range(number))
        callers = []
        for burst in bursts:
            callers += [asyncio.create_task(batcher.submit(next(numbers))) for _ in range(burst)]
            await asyncio.sleep(0)
        if number:
            await asyncio.wait_for(is_over.wait(), HANG_S)
        await asyncio.gather(*callers)
        assert begun == list(range(number))

    asyncio.run(play())


async def test_a_lone_item_waits_neither_for_company_nor_for_a_turn_of_the_loop() -> None:
    served: list[tuple[list[int], object]] = []

    async def serve(batch: list[int]) -> None:
        served.append((batch, asyncio.current_task()))

    batcher = MicroBatcher(serve, most=9, at_once=1)
    for number in range(3):
        await batcher.submit(number)
        assert served[-1] == ([number], asyncio.current_task())


async def test_items_that_were_put_are_served_together_in_the_next_turn_of_the_loop() -> None:
    served: list[list[int]] = []
    all_are_served = asyncio.Event()

    async def serve(batch: list[int]) -> None:
        served.append(batch)
        all_are_served.set()

    batcher = MicroBatcher(serve, most=9, at_once=3)
    for number in range(3):
        batcher.put(number)
    assert served == []
    await asyncio.wait_for(all_are_served.wait(), HANG_S)
    assert served == [[0, 1, 2]]


async def test_items_that_come_while_a_lone_one_is_away_are_served_even_when_its_caller_leaves() -> None:
    served: list[list[int]] = []
    others_are_served = asyncio.Event()

    async def serve(batch: list[int]) -> None:
        served.append(batch)
        if batch == [1]:
            await asyncio.Event().wait()
        others_are_served.set()

    batcher = MicroBatcher(serve, most=9, at_once=1)
    lone = asyncio.create_task(batcher.submit(1))
    await asyncio.sleep(0)
    await batcher.submit(2)
    await batcher.submit(3)
    assert served == [[1]]
    lone.cancel()
    await asyncio.wait_for(others_are_served.wait(), HANG_S)
    assert served == [[1], [2, 3]]


async def test_items_that_come_while_others_gather_join_them() -> None:
    served: list[list[int]] = []
    others_are_served = asyncio.Event()

    async def serve(batch: list[int]) -> None:
        served.append(batch)
        await asyncio.sleep(0)
        if len(batch) > 1:
            others_are_served.set()

    batcher = MicroBatcher(serve, most=9, at_once=3)
    callers = [asyncio.create_task(batcher.submit(number)) for number in range(4)]
    await asyncio.sleep(0)
    callers.append(asyncio.create_task(batcher.submit(4)))
    await asyncio.wait_for(others_are_served.wait(), HANG_S)
    await asyncio.gather(*callers)
    assert served == [[0], [1, 2, 3, 4]]


@pytest.fixture
def neighbours() -> Neighbours:
    """A consent service that every second retailer has consented at."""
    neighbours = Neighbours()
    for number, key in enumerate(KEYS[::2]):
        neighbours.answers[key.retailer_id, key.lender_id, key.purpose] = {
            "consented": True,
            "consent_id": f"cns_{number:032x}",
            "expires_at": NOW.isoformat(),
            "version": number + 1,
            "reason": None,
        }
    return neighbours


@pytest.fixture
async def consent(neighbours: Neighbours) -> AsyncIterator[ConsentClient]:
    """A client of that consent service."""
    transport = ASGITransport(app=neighbours.app())
    async with ServiceClient("https://neighbours.test", tls=None, attempts=1, transport=transport) as http:
        yield ConsentClient(http)


async def test_consents_asked_together_are_answered_each_for_itself(
    consent: ConsentClient, neighbours: Neighbours
) -> None:
    answers = await asyncio.gather(*map(consent.ask, KEYS))
    assert [answer.is_consented for answer in answers] == [number % 2 == 0 for number in range(len(KEYS))]
    assert [answer.version for answer in answers[::2]] == list(range(1, len(KEYS) // 2 + 1))
    assert neighbours.asked == len(KEYS)
    assert max(neighbours.asked_together) == 64


async def test_an_answer_that_leaves_one_out_is_no_answer_to_any(
    consent: ConsentClient, neighbours: Neighbours
) -> None:
    neighbours.most_results = 1
    ends = await asyncio.gather(*map(consent.ask, KEYS[:4]), return_exceptions=True)
    assert [type(end) for end in ends] == [Unavailable] * 4


async def test_consent_gone_is_unavailable_to_all_who_asked_together_and_to_nobody_later(
    consent: ConsentClient, neighbours: Neighbours
) -> None:
    neighbours.is_down = True
    ends = await asyncio.gather(*map(consent.ask, KEYS[:5]), return_exceptions=True)
    assert [type(end) for end in ends] == [Unavailable] * 5
    neighbours.is_down = False
    assert (await consent.ask(KEYS[0])).is_consented


async def test_a_caller_that_leaves_does_not_take_the_others_with_it(consent: ConsentClient) -> None:
    gone, stays = (consent.ask(key) for key in (KEYS[0], KEYS[2]))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).is_consented


async def test_a_batch_of_several_calls_logs_as_none_of_them_and_a_lone_call_as_itself() -> None:
    seen: list[tuple[list[str], str | None]] = []

    async def serve(batch: list[str]) -> None:
        seen.append((batch, logs.bound_value("lender_id")))
        await asyncio.sleep(0)

    batches = MicroBatcher(serve, most=8, at_once=1)

    async def call(lender_id: str) -> None:
        with logs.bound(lender_id=lender_id):
            await batches.submit(lender_id)

    await asyncio.gather(*(call(lender_id) for lender_id in ("lender_a", "lender_b", "lender_c")))
    async with asyncio.timeout(HANG_S):
        while len(seen) < 2:  # noqa: ASYNC110  # the batcher serves behind the callers' backs
            await asyncio.sleep(0.001)
    assert seen == [(["lender_a"], "lender_a"), (["lender_b", "lender_c"], None)]
