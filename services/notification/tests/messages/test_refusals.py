"""What the provider's refusals mean: again later, never again, or stop everything."""

from datetime import timedelta
from typing import Any

import pytest
from altscore_notification.messages.service import RETRY

from ..conftest import NOW, PHONE, World


def error(code: int) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"about {PHONE}"}}


def test_waits_double_up_to_an_hour_and_end_after_a_day() -> None:
    def wait(attempts: int, hours: float = 0) -> Any:
        now = NOW + timedelta(hours=hours)
        next_at = RETRY.next_attempt_at(now, created_at=NOW, attempts=attempts)
        return None if next_at is None else (next_at - now).total_seconds()

    assert [wait(n) for n in (1, 2, 3, 11, 12, 99)] == [2, 4, 8, 2048, 3600, 3600]
    assert wait(20, hours=22.9) == 3600
    assert wait(20, hours=23) is None


async def test_a_passing_refusal_delays_and_then_sends(world: World) -> None:
    world.neighbours.answers = [(429, error(130429)), (400, error(131056))]
    await world.consume("consent.invited")
    await world.queue.work_once()
    assert await world.queue.work_once() == 0
    world.clock.advance(seconds=2)
    await world.queue.work_once()
    world.clock.advance(seconds=4)
    await world.queue.work_once()
    assert await world.status() == ["sent"]
    assert len(world.neighbours.sent) == 3


async def test_an_outage_of_a_day_ends_in_failure_that_is_audited(world: World) -> None:
    world.neighbours.is_down = True
    await world.consume("consent.invited")
    for _ in range(40):
        await world.queue.work_once()
        world.clock.advance(seconds=3600)
    assert await world.status() == ["failed"]
    assert [item["reason"] for item in await world.audits()] == ["gave_up_provider_unreachable"]


async def test_a_permanent_refusal_is_not_repeated_and_keeps_only_the_code(world: World) -> None:
    world.neighbours.answers = [(400, error(131026))]
    await world.consume("consent.invited")
    await world.queue.work_once()
    world.clock.advance(seconds=90_000)
    assert await world.queue.work_once() == 0
    [row] = await world.rows()
    assert (row["status"], row["error_code"]) == ("failed", "131026")
    assert PHONE not in str(row) + str(await world.audits())


async def test_a_dead_token_stops_all_sends_for_a_minute_loses_nothing_and_is_audited_once(world: World) -> None:
    world.neighbours.answers = [(401, error(190))]
    await world.consume("consent.invited")
    await world.queue.work_once()
    await world.consume("consent.expired")
    assert await world.queue.work_once() == 0
    world.neighbours.answers = [(401, error(190))]
    world.clock.advance(seconds=60)
    await world.queue.work_once()
    world.clock.advance(seconds=60)
    await world.queue.work_once()
    assert await world.status() == ["sent", "sent"]
    assert [item["outcome"] for item in await world.audits()].count("halted") == 1


async def test_a_withheld_message_waits_six_hours(world: World) -> None:
    world.neighbours.answers = [(400, error(131049))]
    await world.consume("consent.invited")
    await world.queue.work_once()
    world.clock.advance(seconds=6 * 3600 - 1)
    assert await world.queue.work_once() == 0
    world.clock.advance(seconds=1)
    assert await world.queue.work_once() == 1


async def test_a_retailer_without_a_phone_fails_at_once(world: World) -> None:
    world.neighbours.phones = {}
    await world.consume("consent.invited")
    await world.queue.work_once()
    assert [(row["status"], row["error_code"]) for row in await world.rows()] == [("failed", "no_phone")]


@pytest.mark.parametrize("status", [503, 500, 403])
async def test_a_vault_that_does_not_help_is_asked_again(world: World, status: int) -> None:
    world.neighbours.vault_status = status
    await world.consume("consent.invited")
    await world.queue.work_once()
    world.neighbours.vault_status = 200
    world.clock.advance(seconds=2)
    await world.queue.work_once()
    assert await world.status() == ["sent"]
