"""Consent on every call: fresh for two seconds, stale for a minute at most, never after a revocation was heard of."""

from datetime import timedelta

import pytest
from altscore_score.scores.domain import Allow, ConsentAnswer, ConsentKey, Deny, decide

from ..world import FAR, LENDER, NOW, OTHER_RETAILER, PURPOSE, RETAILER, World


async def test_an_answer_is_used_again_for_two_seconds_and_then_asked_anew(world: World) -> None:
    for seconds in (0, 1.9, 0.2):
        await world.later(seconds)
        assert (await world.score()).status_code == 200
    assert world.neighbours.asked == 2


async def test_a_revocation_is_refused_two_seconds_later_without_any_event(world: World) -> None:
    assert (await world.score()).status_code == 200
    world.neighbours.answers[RETAILER, LENDER, PURPOSE].update(consented=False, reason="revoked")
    await world.later(2.1)
    assert (await world.score()).status_code == 403


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (61, 503)])
async def test_a_stale_answer_serves_a_minute_while_consent_is_gone(world: World, seconds: int, status: int) -> None:
    await world.score()
    world.neighbours.is_down = True
    await world.later(seconds)
    assert (await world.score()).status_code == status


async def test_nothing_known_and_consent_gone_is_503(world: World) -> None:
    world.neighbours.is_down = True
    reply = await world.score()
    assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert (await world.audit("score_refused"))[-1]["reason"] == "SERVICE_UNAVAILABLE"


async def test_a_revocation_event_beats_a_stale_answer(world: World) -> None:
    assert (await world.score()).status_code == 200
    world.neighbours.is_down = True
    await world.revoke(at_authority=False)
    await world.later(10)
    assert (await world.score()).status_code == 403


async def test_a_stale_answer_never_opens_the_cache_even_before_the_cache_is_dropped(world: World) -> None:
    assert (await world.score()).status_code == 200
    world.neighbours.is_down = True
    await world.event(
        "consent.revoked",
        consent_id="cns_x",
        retailer_id=RETAILER,
        lender_scope=[LENDER],
        purpose=PURPOSE,
        version=99,
        revoked_at=NOW,
    )
    await world.later(10)
    assert (await world.score()).status_code == 403


async def test_a_late_grant_of_an_older_version_revives_nothing(world: World) -> None:
    await world.revoke(at_authority=False)
    await world.event(
        "consent.granted",
        consent_id="cns_old",
        retailer_id=RETAILER,
        lender_scope=[LENDER],
        purpose=PURPOSE,
        version=1,
        expires_at=FAR,
    )
    assert (await world.score()).status_code == 403


async def test_a_grant_whose_event_is_on_its_way_is_404_not_a_leak(world: World) -> None:
    await world.grant(OTHER_RETAILER, projected=False)
    await world.computed(OTHER_RETAILER)
    assert (await world.score(OTHER_RETAILER)).status_code == 404


async def test_expiry_is_honoured_on_a_remembered_answer(world: World) -> None:
    world.neighbours.answers[RETAILER, LENDER, PURPOSE]["expires_at"] = (NOW + timedelta(seconds=1)).isoformat()
    assert (await world.score()).status_code == 200
    world.clock.advance(seconds=1)
    assert (await world.score()).status_code == 403


@pytest.mark.parametrize(
    "answer",
    [{"consented": "yes"}, {"consented": True, "expires_at": "2099-01-01T00:00:00"}, [], {"code": "x"}],
)
async def test_an_answer_that_cannot_be_understood_allows_nothing(world: World, answer: object) -> None:
    world.neighbours.answers[RETAILER, LENDER, PURPOSE] = answer  # type: ignore[assignment]
    assert (await world.score()).status_code == 503


def test_an_allow_cannot_be_made_by_hand() -> None:
    answer = ConsentAnswer(is_consented=True, consent_id="cns_1", expires_at=FAR, version=1, reason=None)
    with pytest.raises(TypeError):
        Allow(object(), key=ConsentKey(RETAILER, LENDER, PURPOSE), answer=answer, checked_at=NOW, is_stale=False)


@pytest.mark.parametrize(
    "answer",
    [
        ConsentAnswer(is_consented=False, consent_id="cns_1", expires_at=FAR, version=1, reason="revoked"),
        ConsentAnswer(is_consented=True, consent_id=None, expires_at=FAR, version=1, reason=None),
        ConsentAnswer(is_consented=True, consent_id="cns_1", expires_at=None, version=1, reason=None),
        ConsentAnswer(is_consented=True, consent_id="cns_1", expires_at=NOW, version=1, reason=None),
    ],
)
def test_anything_short_of_a_whole_unexpired_consent_denies(answer: ConsentAnswer) -> None:
    assert isinstance(decide(ConsentKey(RETAILER, LENDER, PURPOSE), answer, checked_at=NOW, now=NOW), Deny)
