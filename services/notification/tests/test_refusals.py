"""What the provider's refusals mean: again later, never again, or stop everything."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from altscore_notification.domain import Fate, judge, next_try

from .conftest import NOW, PHONE, World

EXAMPLES = json.loads((Path(__file__).parent / "data/send_examples.json").read_text(encoding="utf-8"))
FATES = {
    "never retry": Fate.FAILED,
    "send a template instead": Fate.FAILED,
    "back off, retry": Fate.RETRY,
    "back off for this recipient only": Fate.RETRY,
    "do not retry at once": Fate.RETRY,
    "our bug: alert": Fate.FAILED,
    "stop this template, alert": Fate.FAILED,
    "record, never retry": Fate.FAILED,
    "stop all sends, alert": Fate.HALT,
}
ERRORS = [
    pytest.param(status, one["body"], FATES[one["do"]], id=f"{one['body']['error']['code']}-{status}")
    for one in EXAMPLES["errors"]
    for status in one["http_seen"]
]


def error(code: int) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"about {PHONE}"}}


@pytest.mark.parametrize(("status", "body", "fate"), ERRORS)
def test_each_published_error_has_its_fate_whatever_its_http_status(status: int, body: Any, fate: Fate) -> None:
    assert judge(status, body).fate is fate


@pytest.mark.parametrize("code", [4, 80007, 130429, 131000, 131016, 131056])
def test_passing_troubles_are_tried_again(code: int) -> None:
    assert judge(400, error(code)).fate is Fate.RETRY


@pytest.mark.parametrize("body", [EXAMPLES["response_200"], EXAMPLES["response_200_bsuid"]])
def test_an_accepted_message_is_sent(body: Any) -> None:
    assert judge(200, body).fate is Fate.SENT


@pytest.mark.parametrize(
    ("status", "body", "fate"),
    [
        (500, None, Fate.RETRY),
        (503, {"error": "text"}, Fate.RETRY),
        (429, [], Fate.RETRY),
        (200, {}, Fate.RETRY),
        (200, {"messages": []}, Fate.RETRY),
        (404, None, Fate.FAILED),
        (400, error(999_999), Fate.FAILED),
        (400, {"error": {"code": "190"}}, Fate.FAILED),
        (302, None, Fate.FAILED),
    ],
)
def test_an_answer_without_a_known_code_goes_by_its_status(status: int, body: Any, fate: Fate) -> None:
    assert judge(status, body).fate is fate


def test_waits_double_up_to_an_hour_and_end_after_a_day() -> None:
    def wait(attempts: int, hours: float = 0) -> Any:
        now = NOW + timedelta(hours=hours)
        found = next_try(now, created_at=NOW, attempts=attempts, at_least=timedelta(0))
        return None if found is None else (found - now).total_seconds()

    assert [wait(n) for n in (1, 2, 3, 11, 12, 99)] == [2, 4, 8, 2048, 3600, 3600]
    assert wait(20, hours=22.9) == 3600
    assert wait(20, hours=23) is None


async def test_a_passing_refusal_delays_and_then_sends(world: World) -> None:
    world.others.answers = [(429, error(130429)), (400, error(131056))]
    await world.hear("consent.invited")
    await world.sender.send_due()
    assert await world.sender.send_due() == 0
    world.clock.advance(seconds=2)
    await world.sender.send_due()
    world.clock.advance(seconds=4)
    await world.sender.send_due()
    assert await world.status() == ["sent"]
    assert len(world.others.sent) == 3


async def test_an_outage_of_a_day_ends_in_failure_that_is_audited(world: World) -> None:
    world.others.is_down = True
    await world.hear("consent.invited")
    for _ in range(40):
        await world.sender.send_due()
        world.clock.advance(seconds=3600)
    assert await world.status() == ["failed"]
    assert [one["reason"] for one in await world.audits()] == ["gave_up_provider_unreachable"]


async def test_a_permanent_refusal_is_not_repeated_and_keeps_only_the_code(world: World) -> None:
    world.others.answers = [(400, error(131026))]
    await world.hear("consent.invited")
    await world.sender.send_due()
    world.clock.advance(seconds=90_000)
    assert await world.sender.send_due() == 0
    [row] = await world.rows()
    assert (row["status"], row["error_code"]) == ("failed", "131026")
    assert PHONE not in str(row) + str(await world.audits())


async def test_a_dead_token_stops_all_sends_for_a_minute_loses_nothing_and_is_audited_once(world: World) -> None:
    world.others.answers = [(401, error(190))]
    await world.hear("consent.invited")
    await world.sender.send_due()
    await world.hear("consent.expired")
    assert await world.sender.send_due() == 0
    world.others.answers = [(401, error(190))]
    world.clock.advance(seconds=60)
    await world.sender.send_due()
    world.clock.advance(seconds=60)
    await world.sender.send_due()
    assert await world.status() == ["sent", "sent"]
    assert [one["outcome"] for one in await world.audits()].count("halted") == 1


async def test_a_withheld_message_waits_six_hours(world: World) -> None:
    world.others.answers = [(400, error(131049))]
    await world.hear("consent.invited")
    await world.sender.send_due()
    world.clock.advance(seconds=6 * 3600 - 1)
    assert await world.sender.send_due() == 0
    world.clock.advance(seconds=1)
    assert await world.sender.send_due() == 1


async def test_a_retailer_without_a_phone_fails_at_once(world: World) -> None:
    world.others.phones = {}
    await world.hear("consent.invited")
    await world.sender.send_due()
    assert [(row["status"], row["error_code"]) for row in await world.rows()] == [("failed", "no_phone")]


@pytest.mark.parametrize("status", [503, 500, 403])
async def test_a_vault_that_does_not_help_is_asked_again(world: World, status: int) -> None:
    world.others.vault_status = status
    await world.hear("consent.invited")
    await world.sender.send_due()
    world.others.vault_status = 200
    world.clock.advance(seconds=2)
    await world.sender.send_due()
    assert await world.status() == ["sent"]
