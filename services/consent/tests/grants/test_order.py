"""Messages come late, twice and in any order: the last answer holds, and of two of one second the NAHI."""

import asyncio
import contextlib
from datetime import datetime, timedelta

import pytest
from altscore_consent.errors import AnswerOutdated, ConfirmationNeeded, InviteClosed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..conftest import LENDERS, NOW, PURPOSE, RETAILER, World

ANSWERS = st.lists(st.tuples(st.sampled_from(["HAAN", "NAHI"]), st.integers(0, 6)), min_size=1, max_size=8)
counter = iter(range(10**9))


def last_answer(answers: list[tuple[str, int]]) -> str:
    """Independent of the code: by time, NAHI above HAAN."""
    return max(answers, key=lambda answer: (answer[1], answer[0] == "NAHI"))[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS)
async def test_any_order_of_arrival_ends_with_the_last_answer_by_sending_time(
    world: World, answers: list[tuple[str, int]]
) -> None:
    retailer = f"ret_{next(counter):016x}"
    invite = await world.invite(retailer)
    versions = [0]
    for index, (kind, second) in enumerate(answers):
        at = NOW - timedelta(minutes=1) + timedelta(seconds=second)
        if kind == "NAHI":
            await world.nahi(at, retailer)
        else:
            with contextlib.suppress(AnswerOutdated):
                await world.haan(invite, at, f"{retailer[-8:]}-{index}")
        versions.append((await world.services.checks.check(retailer, LENDERS[0], PURPOSE)).version)
    result = await world.services.checks.check(retailer, LENDERS[0], PURPOSE)
    assert result.is_consented == (last_answer(answers) == "HAAN")
    assert versions == sorted(versions)


ARRIVALS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["HAAN", "NAHI", "again"]), st.integers(0, 6), st.integers(0, 1)),
        st.tuples(st.just("expiry"), st.just(0), st.integers(0, 1)),
        st.tuples(st.just("year"), st.integers(1, 400), st.just(0)),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=ARRIVALS)
async def test_answers_doubles_delays_and_expiry_in_any_order_by_two_processes_never_revive_a_consent(
    world: World, neighbour: World, arrivals: list[tuple[str, int, int]]
) -> None:
    """At the end consent is in force only if the last answer is a HAAN that is not older than its validity."""
    world.clock.advance(seconds=(NOW - world.clock.now()).total_seconds())
    processes = [world, neighbour]
    retailer = f"ret_{next(counter):016x}"
    invite = await world.invite(retailer)
    sent: list[tuple[str, datetime]] = []
    versions = [0]
    for index, (what, amount, who) in enumerate(arrivals):
        process, at = processes[who], NOW - timedelta(minutes=1) + timedelta(seconds=amount)
        if what == "year":
            world.clock.advance(seconds=amount * 86_400)
        elif what == "expiry":
            await process.expiry.expire_due()
        elif what == "NAHI":
            await process.nahi(at, retailer)
            sent.append(("NAHI", at))
        else:  # `again` is the very message of before, delivered once more
            with contextlib.suppress(AnswerOutdated, InviteClosed):
                await process.haan(invite, at, f"{retailer[-8:]}-{amount if what == 'again' else index + 100}")
                sent.append(("HAAN", at))
        result = await processes[1 - who].services.checks.check(retailer, LENDERS[0], PURPOSE)
        versions.append(result.version)
        if result.is_consented:
            assert may_be_in_force(sent, world.clock.now())
    assert versions == sorted(versions)
    assert await world.audits("consent_tampered") == []


def may_be_in_force(sent: list[tuple[str, datetime]], now: datetime) -> bool:
    """Independent of the code: the last answer is a HAAN, and the same day of the next year is not over in India."""
    kind, at = max(sent, key=lambda answer: (answer[1], answer[0] == "NAHI"))
    return kind == "HAAN" and now < at.replace(year=at.year + 1, hour=18, minute=30, second=0, microsecond=0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS, is_late=st.booleans())
async def test_answers_that_two_processes_take_at_once_end_as_if_in_turn(
    world: World, neighbour: World, *, answers: list[tuple[str, int]], is_late: bool
) -> None:
    world.clock.advance(seconds=(NOW - world.clock.now()).total_seconds())
    processes = [world, neighbour]
    retailer = f"ret_{next(counter):016x}"
    invite = await world.invite(retailer)

    async def send(index: int, kind: str, second: int) -> None:
        at = NOW - timedelta(minutes=1) + timedelta(seconds=second)
        if kind == "NAHI":
            await processes[index % 2].nahi(at, retailer)
            return
        for _ in range(2 * len(answers)):  # a NAHI at the same moment asks for a tap on a newer button
            with contextlib.suppress(AnswerOutdated, ConfirmationNeeded):
                await processes[index % 2].haan(invite, at, f"{retailer[-8:]}-{index}")

    await asyncio.gather(*(send(index, *answer) for index, answer in enumerate(answers)))
    if is_late:  # every answer once more
        await asyncio.gather(*(send(index, *answer) for index, answer in enumerate(answers)))
    for process in processes:
        result = await process.services.checks.check(retailer, LENDERS[0], PURPOSE)
        assert result.is_consented == (last_answer(answers) == "HAAN")


async def test_expiry_by_two_workers_at_once_is_announced_once(world: World, neighbour: World) -> None:
    await world.granted()
    world.clock.advance(seconds=366 * 86_400)
    ended = await asyncio.gather(*(process.expiry.expire_due() for process in (world, neighbour, world)))
    assert sum(ended) == 1
    assert [name for name, _ in await world.events()].count("consent.expired") == 1


async def test_a_nahi_and_the_expiry_at_once_leave_one_ending(world: World) -> None:
    await world.granted()
    world.clock.advance(seconds=366 * 86_400)
    await asyncio.gather(world.expiry.expire_due(), world.nahi(world.clock.now()))
    names = [name for name, _ in await world.events()]
    assert names.count("consent.expired") + names.count("consent.revoked") == 1
    assert not await world.is_consented()
    assert await world.audits("consent_tampered") == []


async def test_two_answers_at_the_same_moment_are_applied_one_after_the_other(world: World) -> None:
    invite = await world.invite()
    results = await asyncio.gather(
        *(world.haan(invite, NOW, f"m{n}") for n in range(6)), world.nahi(NOW), return_exceptions=True
    )
    unexpected = [
        result
        for result in results
        if isinstance(result, BaseException) and not isinstance(result, AnswerOutdated | ConfirmationNeeded)
    ]
    assert unexpected == []
    assert not await world.is_consented()
    assert (await world.services.checks.check(RETAILER, LENDERS[1], None)).reason in ("none", "revoked")


@pytest.mark.parametrize(
    "answers", [[("HAAN", 1), ("NAHI", 1)], [("NAHI", 1), ("HAAN", 2)], [("HAAN", 3), ("NAHI", 2)]]
)
def test_the_oracle_itself_is_right(answers: list[tuple[str, int]]) -> None:
    assert last_answer(answers) == ("NAHI" if answers[0][1] == answers[1][1] else "HAAN")
