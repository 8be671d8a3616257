"""SMS when WhatsApp cannot: two kinds, after thirty minutes or at once, never both ways knowingly."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_notification.messages.domain import EVENTS

from ..conftest import NOW, PHONE, REQUEST_ID, RETAILER, TEMPLATE_IDS, World

TWO = {"consent.granted": "consent_confirmation", "consent.revoked": "consent_withdrawn"}
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(hours=24)
BUSY = (400, {"error": {"code": 131000, "message": "x"}})
NO_TOKEN = (401, {"error": {"code": 190}})
WRONG_KEY = (401, {"type": "error", "message": f"Authentication failure for {PHONE}", "code": "207"})


def refusal(code: int) -> tuple[int, Any]:
    return 400, {"error": {"code": code, "message": f"about {PHONE}"}}


async def pass_time(world: World, until: timedelta) -> None:
    """Sends what falls due until that long after NOW."""
    end = NOW + until
    while True:
        while await world.queue.work_once():
            pass
        now = world.clock.now()
        if now >= end:
            return
        due = await world.pool.fetchval("SELECT min(next_attempt_at) FROM messages WHERE status = 'pending'")
        soonest = now + timedelta(seconds=5)
        world.clock.advance(seconds=(min(end, max(due or end, soonest)) - now).total_seconds())


async def ends(world: World) -> list[tuple[str, str]]:
    """Status and channel of every message."""
    return [(row["status"], row["channel"]) for row in await world.rows()]


@pytest.mark.parametrize("trouble", ["down", 190, 131000, 131026, 131049])
@pytest.mark.parametrize("event", EVENTS)
async def test_whatever_whatsapp_says_only_a_confirmation_and_a_withdrawal_leave_by_sms(
    sms_world: World, event: str, trouble: str | int
) -> None:
    neighbours = sms_world.neighbours
    neighbours.is_down = trouble == "down"
    neighbours.answers = [refusal(int(trouble))] * 2000 if not neighbours.is_down else []
    await sms_world.consume(event)
    await pass_time(sms_world, timedelta(hours=2))
    templates = [body["template_id"] for body in neighbours.sms]
    assert templates == ([TEMPLATE_IDS[f"{TWO[event]}.hi"]] if event in TWO else [])


async def test_a_question_without_an_invite_never_leaves_by_sms(sms_world: World) -> None:
    sms_world.neighbours.is_down = True
    await sms_world.consume("consent.clarification_requested", invite_id=None)
    await pass_time(sms_world, DAY)
    assert sms_world.neighbours.sms == []
    assert await ends(sms_world) == [("failed", "whatsapp")]


async def test_the_database_itself_refuses_an_invite_by_sms(sms_world: World) -> None:
    await sms_world.consume("consent.invited")
    with pytest.raises(asyncpg.CheckViolationError):
        await sms_world.pool.execute("UPDATE messages SET channel = 'sms'")


@pytest.mark.parametrize("event", TWO)
async def test_whatsapp_has_thirty_minutes_for_itself_and_not_a_second_more(sms_world: World, event: str) -> None:
    sms_world.neighbours.is_down = True
    await sms_world.consume(event)
    await pass_time(sms_world, HALF_HOUR - timedelta(seconds=1))
    assert sms_world.neighbours.sms == []
    await pass_time(sms_world, HALF_HOUR)
    assert len(sms_world.neighbours.sms) == 1
    assert await ends(sms_world) == [("sent", "sms")]


async def test_a_vault_that_was_down_for_an_hour_is_no_fault_of_whatsapp(sms_world: World) -> None:
    sms_world.neighbours.vault_status = 503
    await sms_world.consume("consent.granted")
    await pass_time(sms_world, timedelta(hours=1))
    sms_world.neighbours.vault_status = 200
    await pass_time(sms_world, timedelta(hours=3))
    assert await ends(sms_world) == [("sent", "whatsapp")]
    assert sms_world.neighbours.sms == []


async def test_a_number_that_whatsapp_cannot_reach_gets_its_sms_at_once_and_whatsapp_is_not_asked_again(
    sms_world: World,
) -> None:
    neighbours = sms_world.neighbours
    neighbours.answers = [refusal(131026)]
    neighbours.sms_answers = [(503, None), (503, None)]
    await sms_world.consume("consent.granted")
    await sms_world.queue.work_once()
    assert len(neighbours.sms) == 1
    await pass_time(sms_world, timedelta(minutes=5))
    assert (len(neighbours.sent), len(neighbours.sms)) == (1, 3)
    assert await ends(sms_world) == [("sent", "sms")]


@pytest.mark.parametrize("tries_before", [0, 10])  # ten fill the thirty minutes
@pytest.mark.parametrize("code", [131050, 131047, 132000, 132001, 132015, 999_999])
async def test_an_opt_out_or_a_fault_of_ours_is_never_evaded_by_sms(
    sms_world: World, code: int, tries_before: int
) -> None:
    sms_world.neighbours.answers = [BUSY] * tries_before + [refusal(code)] * 9
    await sms_world.consume("consent.granted")
    await pass_time(sms_world, DAY)
    assert len(sms_world.neighbours.sent) == tries_before + 1
    assert sms_world.neighbours.sms == []
    assert await ends(sms_world) == [("failed", "whatsapp")]


async def test_a_withheld_message_leaves_by_sms_after_thirty_minutes_and_whatsapp_is_left_alone(
    sms_world: World,
) -> None:
    sms_world.neighbours.answers = [refusal(131049)]
    await sms_world.consume("consent.revoked")
    await pass_time(sms_world, HALF_HOUR - timedelta(seconds=1))
    assert sms_world.neighbours.sms == []
    await pass_time(sms_world, HALF_HOUR)
    assert (len(sms_world.neighbours.sent), len(sms_world.neighbours.sms)) == (1, 1)


async def test_what_left_by_sms_is_not_sent_when_whatsapp_comes_back(sms_world: World) -> None:
    sms_world.neighbours.is_down = True
    await sms_world.consume("consent.granted")
    await pass_time(sms_world, HALF_HOUR)
    sms_world.neighbours.is_down = False
    await pass_time(sms_world, DAY + DAY)
    assert (len(sms_world.neighbours.sent), len(sms_world.neighbours.sms)) == (0, 1)


@pytest.mark.parametrize("gateway", ["503", "no connection"])
async def test_while_the_gateway_is_down_too_it_is_retried_and_whatsapp_that_comes_back_sends_once(
    sms_world: World, gateway: str
) -> None:
    neighbours = sms_world.neighbours
    neighbours.is_down = True
    neighbours.sms_answers = [(503, None)] * 99
    neighbours.sms_failure = httpx.ConnectError("refused") if gateway == "no connection" else None
    await sms_world.consume("consent.granted")
    await pass_time(sms_world, timedelta(hours=3))
    assert len(neighbours.sms) >= 3
    tried = len(neighbours.sms)
    neighbours.is_down = False
    await pass_time(sms_world, DAY + DAY)
    assert await ends(sms_world) == [("sent", "whatsapp")]
    assert (len(neighbours.sent), len(neighbours.sms)) == (1, tried)


async def test_an_sms_that_may_have_been_taken_is_repeated_by_sms_alone(sms_world: World) -> None:
    neighbours = sms_world.neighbours
    neighbours.is_down, neighbours.sms_failure = True, httpx.ReadTimeout("slow")
    await sms_world.consume("consent.granted")
    await pass_time(sms_world, HALF_HOUR)
    neighbours.is_down, neighbours.sms_failure = False, None
    await pass_time(sms_world, DAY)
    assert (len(neighbours.sent), len(neighbours.sms)) == (0, 2)
    assert await ends(sms_world) == [("sent", "sms")]


async def test_a_worker_that_dies_while_an_sms_leaves_does_not_lead_to_a_whatsapp_message(sms_world: World) -> None:
    neighbours = sms_world.neighbours
    neighbours.is_down, neighbours.sms_failure = True, asyncio.CancelledError()
    await sms_world.consume("consent.granted")
    with pytest.raises(asyncio.CancelledError):
        await pass_time(sms_world, HALF_HOUR)
    neighbours.is_down, neighbours.sms_failure = False, None
    await pass_time(sms_world, timedelta(hours=1))
    assert (len(neighbours.sent), len(neighbours.sms)) == (0, 2)


@pytest.mark.parametrize("answer", [WRONG_KEY, (200, {"type": "error", "message": "Insufficient balance"})])
async def test_a_wrong_key_or_an_empty_account_rests_the_gateway_for_a_minute_and_loses_nothing(
    sms_world: World, answer: tuple[int, Any]
) -> None:
    neighbours = sms_world.neighbours
    neighbours.answers = [refusal(131026)]
    neighbours.sms_answers = [answer] * 3
    await sms_world.consume("consent.granted")
    await sms_world.queue.work_once()
    await sms_world.consume("consent.invited")
    await pass_time(sms_world, timedelta(seconds=59))
    assert (len(neighbours.sent), len(neighbours.sms)) == (2, 1)  # WhatsApp goes on
    await pass_time(sms_world, timedelta(minutes=4))
    assert sorted(await ends(sms_world)) == [("sent", "sms"), ("sent", "whatsapp")]
    halts = [item for item in await sms_world.audits() if item["outcome"] == "halted"]
    assert [(item["action"], item["details"]) for item in halts] == [("message_refused", {"channel": "sms"})]


async def test_both_refuse_everything_for_a_day_and_nothing_is_lost(sms_world: World) -> None:
    sms_world.neighbours.answers = [NO_TOKEN] * 9000
    sms_world.neighbours.sms_answers = [WRONG_KEY] * 9000
    await sms_world.consume("consent.granted")
    await pass_time(sms_world, DAY + timedelta(hours=1))
    sms_world.neighbours.answers = []
    await pass_time(sms_world, DAY + timedelta(hours=2))
    assert await ends(sms_world) == [("sent", "whatsapp")]


async def test_a_dead_whatsapp_token_lets_the_two_kinds_out_by_sms_and_keeps_the_rest(sms_world: World) -> None:
    sms_world.neighbours.answers = [NO_TOKEN] * 9000
    for number in range(20):
        await sms_world.consume("consent.granted", retailer_id=f"{RETAILER}{number}")
        sms_world.neighbours.phones[f"{RETAILER}{number}"] = PHONE
    await sms_world.consume("consent.invited")
    await pass_time(sms_world, HALF_HOUR + timedelta(seconds=70))
    assert len(sms_world.neighbours.sms) == 20
    assert sorted(await ends(sms_world)) == [("pending", "whatsapp")] + [("sent", "sms")] * 20


async def test_while_whatsapp_rests_no_phone_is_revealed_for_a_message_whose_turn_for_sms_has_not_come(
    sms_world: World,
) -> None:
    sms_world.neighbours.answers = [NO_TOKEN]
    await sms_world.consume("consent.granted")
    await sms_world.queue.work_once()
    await sms_world.consume("consent.revoked")
    assert await sms_world.queue.work_once() == 0
    assert sms_world.neighbours.revealed == 1


async def test_a_refusal_of_the_sms_for_good_leaves_the_message_to_whatsapp(sms_world: World) -> None:
    neighbours = sms_world.neighbours
    neighbours.is_down = True
    neighbours.sms_answers = [(200, {"type": "error", "message": "The provided flow ID is invalid."})] * 99
    await sms_world.consume("consent.granted")
    await pass_time(sms_world, timedelta(hours=2))
    assert await ends(sms_world) == [("pending", "whatsapp")]
    neighbours.is_down = False
    await pass_time(sms_world, DAY)
    assert await ends(sms_world) == [("sent", "whatsapp")]


async def test_without_whatsapp_and_without_a_template_the_message_fails(sms_world: World) -> None:
    sms_world.neighbours.answers = [refusal(131026)]
    sms_world.neighbours.sms_answers = [(200, {"type": "error", "message": "Template not approved"})]
    await sms_world.consume("consent.granted")
    await sms_world.queue.work_once()
    [row] = await sms_world.rows()
    assert (row["status"], row["channel"], row["error_code"]) == ("failed", "sms", "sms_template")


async def test_a_day_without_either_ends_in_failure(sms_world: World) -> None:
    sms_world.neighbours.is_down = True
    sms_world.neighbours.sms_answers = [(502, None)] * 99
    await sms_world.consume("consent.granted")
    await pass_time(sms_world, DAY)
    assert await ends(sms_world) == [("failed", "whatsapp")]
    tried = len(sms_world.neighbours.sms)
    await pass_time(sms_world, DAY + DAY)
    assert len(sms_world.neighbours.sms) == tried


async def test_a_message_older_than_a_day_does_not_leave_by_sms(sms_world: World) -> None:
    await sms_world.consume("consent.granted")
    sms_world.clock.advance(seconds=DAY.total_seconds())
    sms_world.neighbours.answers = [refusal(131026)]
    await sms_world.queue.work_once()
    assert sms_world.neighbours.sms == []


async def test_without_an_sms_gateway_all_is_as_before(world: World) -> None:
    world.neighbours.answers = [refusal(131026)]
    await world.consume("consent.granted")
    await world.queue.work_once()
    world.neighbours.is_down = True
    await world.consume("consent.revoked")
    await pass_time(world, DAY)
    assert await ends(world) == [("failed", "whatsapp")] * 2
    assert world.neighbours.sms == []


async def test_no_phone_and_no_request_id_stays_in_a_row_an_event_or_a_log(
    sms_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    neighbours = sms_world.neighbours
    neighbours.answers = [refusal(131026)] * 3
    neighbours.sms_answers = [
        (200, {"type": "error", "message": f"Invalid mobile number {PHONE}", "code": PHONE}),
        WRONG_KEY,
    ]
    for event in (*TWO, "consent.expired"):
        await sms_world.consume(event)
        await sms_world.queue.work_once()
    neighbours.sms_failure = httpx.ReadTimeout(f"to {PHONE}")
    await pass_time(sms_world, timedelta(minutes=3))
    neighbours.sms_failure = None
    await pass_time(sms_world, timedelta(hours=2))
    kept = str(await sms_world.rows()) + str(await sms_world.audits()) + caplog.text
    kept += str([record.__dict__ for record in caplog.records])
    assert ("sent", "sms") in await ends(sms_world)
    assert PHONE not in kept
    assert REQUEST_ID not in kept


async def test_audit_says_by_which_channel_a_message_left(sms_world: World) -> None:
    sms_world.neighbours.answers = [refusal(131026)]
    await sms_world.consume("consent.granted")
    await sms_world.queue.work_once()
    await sms_world.consume("consent.revoked")
    await sms_world.queue.work_once()
    told = [(item["action"], item["details"]["kind"], item["details"]["channel"]) for item in await sms_world.audits()]
    assert told == [
        ("message_sent", "consent_confirmation", "sms"),
        ("message_sent", "consent_withdrawn", "whatsapp"),
    ]
