"""Guardrails as a run shows them: a forged volume, an existing default, each ceiling of the limit."""

import json
from decimal import Decimal

import pytest

from .. import synthetic
from ..worker_world import World
from .test_worker import Trained, blocks, gold, scored


@pytest.mark.parametrize("months", [9.0, 4.0])
async def test_gr2_blocks_a_forged_volume_on_either_route_and_names_the_cause(
    world: World, trained: Trained, months: float
) -> None:
    plain = gold()
    forged = {name: [plain[name][0].as_py() * 30] for name in ("gmv_3m_inr", "gmv_6m_monthly_inr", "gmv_12m_inr")}
    await scored(world, trained, gold(120, **forged, months_history=[months]))
    assert (await blocks(world))[synthetic.retailer_id(0)] == ("retailer", "GR-2", "MANUAL_REVIEW_REQUIRED")
    [cause] = [
        event["details"]["cause"]
        for event in await world.audits("anomaly_detected")
        if event["subject"] == synthetic.retailer_id(0)
    ]
    assert cause == "volume_shift"


@pytest.mark.parametrize(
    ("gmv", "exposure", "cap"), [("600000", 297_000.0, "open_dues"), ("60000000", 9_000.0, "absolute_ceiling")]
)
async def test_gr4_caps_by_open_dues_and_by_the_absolute_ceiling(
    world: World, trained: Trained, *, gmv: str, exposure: float, cap: str
) -> None:
    await scored(world, trained, gold(120, gmv_6m_inr=[Decimal(gmv)] * 120, exposure_inr=[exposure] * 120))
    records = [json.loads(event["sealed_record"]) for event in await world.outbox("score.computed")]
    lent = [record for record in records if record["risk_band"] != "D"]
    assert lent
    for record in lent:
        assert {"id": "GR-4", "action": "capped", "reason": cap} in record["guardrails"]
        assert record["recommended_limit_inr"] == {"open_dues": 3_000, "absolute_ceiling": 1_000_000}[cap]


async def test_who_is_in_default_already_is_blocked_by_name_and_not_scored(world: World, trained: Trained) -> None:
    gmv = float(gold()["gmv_6m_inr"][0].as_py())
    await scored(world, trained, gold(120, overdue_90_amount_inr=[gmv, 1.0, 1.0], recency_days=[5.0, 91.0, 5.0]))
    blocked = await blocks(world)
    expected = ("retailer", "EXISTING_DEFAULT", "MANUAL_REVIEW_REQUIRED")
    assert [blocked.get(synthetic.retailer_id(i)) for i in (0, 1)] == [expected, expected]
    assert [reason for _, reason, _ in blocked.values()].count("EXISTING_DEFAULT") == 2
    computed = {event["retailer_id"] for event in await world.outbox("score.computed")}
    assert not computed & {synthetic.retailer_id(0), synthetic.retailer_id(1)}
    (entry,) = await world.audits("scoring_run")
    assert entry["details"]["blocked_EXISTING_DEFAULT"] == "2"
    alarmed = {event["retailer_id"] for event in await world.outbox("erp.anomaly.detected")}
    assert not alarmed & {synthetic.retailer_id(0), synthetic.retailer_id(1)}, "a default is no forged ledger"
