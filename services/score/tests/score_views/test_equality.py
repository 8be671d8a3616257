"""What a dashboard shows of a retailer is what POST /v1/score answers, whatever happened to that retailer."""

from datetime import timedelta
from typing import Any, NamedTuple

from altscore_libs.instants import format_instant
from altscore_libs.testing import api_client
from altscore_score.app import create_internal_app
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import LENDER, NOW, PERSON, PURPOSE, World

BANDS = {"A": ("0.0300", 800), "B": ("0.0820", 724), "C": ("0.1800", 660), "D": ("0.4000", 579)}
CODES = ("DATA_INSUFFICIENT", "MANUAL_REVIEW_REQUIRED", "CONSENT_NOT_GRANTED")


class Step(NamedTuple):
    """One event: what happens, so many hours before now."""

    kind: str
    hours: int
    band: str
    code: str


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(("score", "score", "block", "run_block", "grant", "revoke")),
        st.integers(0, 24 * 45),
        st.sampled_from(sorted(BANDS)),
        st.sampled_from(CODES),
    ),
    min_size=1,
    max_size=7,
)
SHOWN = (
    *("score_id", "altscore", "risk_band", "probability_of_default", "recommended_limit_inr", "low_confidence"),
    *("scored_at", "expires_at"),
)


async def happen(world: World, retailer: str, place: int, step: Step) -> None:
    """Applies one event."""
    at = NOW - timedelta(hours=step.hours)
    if step.kind == "score":
        probability, altscore = BANDS[step.band]
        await world.computed(
            retailer,
            drops_cache=False,
            score_id=f"scr_{retailer[4:]}{place:016x}",
            altscore=altscore,
            risk_band=step.band,
            probability_of_default=probability,
            scored_at=format_instant(at, "seconds"),
            expires_at=format_instant(at + timedelta(days=30), "seconds"),
        )
    elif step.kind in ("block", "run_block"):
        scope = "retailer" if step.kind == "block" else "run"
        await world.event(
            "score.blocked", block_id=f"blk_{retailer[4:]}{place:x}", retailer_id=retailer, scope=scope,
            reason="GR-5", code=step.code, blocked_at=at, run_id="run_1",
        )  # fmt: skip
    elif step.kind == "grant":
        await world.grant(retailer)
    elif (retailer, LENDER, PURPOSE) in world.neighbours.answers:
        await world.revoke(retailer, drops_cache=False)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_list_view_and_counts_equal_the_answer_of_the_api(world: World, steps: list[Step]) -> None:
    retailer = f"ret_{world.version + 1:016x}"
    await world.grant(retailer)
    for place, step in enumerate(steps):
        await happen(world, retailer, place, step)
    await world.later(3)  # no answer of consent is older than what happened
    answer = await world.score(retailer)
    async with api_client(create_internal_app(world.services), "portal") as portal:
        base, query = f"/internal/portal/lenders/{LENDER}", {"person_id": PERSON}
        viewed = await portal.get(f"{base}/retailers/{retailer}", params=query)
        listed = await portal.get(f"{base}/retailers", params={**query, "cursor": f"ret_{world.version - 1:016x}"})
        counted = await portal.get(f"{base}/portfolio", params=query)
        everybody = await portal.get(f"{base}/retailers", params=query)
    rows = {row["retailer_id"]: row for row in everybody.json()["items"] + listed.json()["items"]}
    if answer.status_code == 403:
        assert (viewed.status_code, viewed.json()["code"]) == (403, answer.json()["code"])
        assert retailer not in rows
    elif answer.status_code == 200:
        expected = answer.json()
        assert without_id(viewed.json()["score"]) == without_id(expected)
        assert {name: rows[retailer][name] for name in SHOWN} == {name: expected[name] for name in SHOWN}
    else:
        code = answer.json()["code"]
        assert (viewed.json()["score"], viewed.json()["code"]) == (None, code)
        assert (rows[retailer]["state"] == "scored", rows[retailer]["code"]) == (False, code)
    standings: dict[str, int] = {}
    for row in rows.values():
        standing = row["risk_band"] if row["state"] == "scored" else row["state"]
        standings[standing] = standings.get(standing, 0) + 1
    assert {item["standing"]: item["retailers"] for item in counted.json()["items"]} == standings


def without_id(score: dict[str, Any]) -> dict[str, Any]:
    """A score without the id of the call that brought it."""
    return {name: value for name, value in score.items() if name != "request_id"}
