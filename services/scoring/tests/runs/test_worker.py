"""The worker: who is scored, who is blocked, and that nothing is lost, doubled or scored without consent."""

import hashlib
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from altscore_libs.consumer import PoisonEvent
from altscore_libs.errors import Unavailable
from altscore_libs.testing import SoftwareSigner
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy

from .. import synthetic
from ..worker_world import AS_OF, World, make_world

Trained = tuple[Bundle, Path]


def gold(rows: int = 120, **overrides: Any) -> pa.Table:
    """A Gold run; an override sets column values of the first rows."""
    table = synthetic.gold_table(rows, seed=11, as_of_on=AS_OF)
    for name, values in overrides.items():
        column = table[name].to_pylist()
        column[: len(values)] = values
        table = table.set_column(
            table.schema.get_field_index(name), name, pa.array(column, table.schema.field(name).type)
        )
    return table


async def scored(world: World, trained: Trained, table: pa.Table | None = None) -> None:
    """A promoted model and one scored run."""
    await world.promote(trained[1], trained[0].model_sha256)
    await world.announce(gold() if table is None else table)
    await world.work()


async def blocks(world: World) -> dict[str | None, tuple[str, str, str]]:
    """Blocked retailer → scope, reason, code."""
    return {
        event["retailer_id"]: (event["scope"], event["reason"], event["code"])
        for event in await world.outbox("score.blocked")
    }


async def test_every_retailer_of_a_run_is_scored_or_blocked_exactly_once(world: World, trained: Trained) -> None:
    await scored(world, trained)
    computed = {event["retailer_id"] for event in await world.outbox("score.computed")}
    blocked = {event["retailer_id"] for event in await world.outbox("score.blocked")}
    assert len(computed) > 80
    assert not computed & blocked
    assert computed | blocked == {synthetic.retailer_id(i) for i in range(120)}
    assert len(await world.outbox("score.computed")) + len(await world.outbox("score.blocked")) == 120


async def test_a_score_record_holds_the_contracts_fields_and_its_signature_verifies(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    await scored(world, trained)
    event = (await world.outbox("score.computed"))[0]
    digest = hashlib.sha256(event["sealed_record"].encode()).digest()
    assert world.signer.public_keys().verify(event["seal_key_id"], digest, bytes.fromhex(event["seal"]))
    record = json.loads(event["sealed_record"])
    assert set(record) == {
        "score_id", "retailer_id", "altscore", "risk_band", "probability_of_default", "recommended_limit_inr",
        "reason_codes", "guardrails", "completeness", "is_low_confidence_data", "data_as_of_on", "score_version",
        "model_sha256", "taxonomy_digest", "guardrail_digest", "scored_at", "expires_at", "run_id", "manifest_sha256",
        "consent_id", "consent_version", "evidence_digest",
    }  # fmt: skip
    assert record["score_version"] == "altscore-xgb-v1-prod"
    assert record["model_sha256"] == trained[0].model_sha256
    assert (record["taxonomy_digest"], record["guardrail_digest"]) == (taxonomy.digest, guardrail_digest())
    assert record["scored_at"] == "2026-05-19T22:14:07.000000Z"
    assert record["expires_at"] == "2026-06-18T22:14:07.000000Z"
    assert len(record["probability_of_default"].split(".")[1]) == 4
    ways = [reason["direction"] for reason in record["reason_codes"]]
    assert ways.count("positive") >= 3
    assert ways.count("negative") >= 2


async def test_a_good_payer_scores_better_and_may_borrow_more_than_a_bad_one(world: World, trained: Trained) -> None:
    table = gold(500)
    delays = np.asarray(table["delay_mean_days"])
    await scored(world, trained, table)
    records = {
        event["retailer_id"]: json.loads(event["sealed_record"]) for event in await world.outbox("score.computed")
    }
    ranked = [synthetic.retailer_id(int(i)) for i in np.argsort(delays)]
    best = [records[retailer_id] for retailer_id in ranked[:120] if retailer_id in records]
    worst = [records[retailer_id] for retailer_id in ranked[-120:] if retailer_id in records]
    assert np.mean([record["altscore"] for record in best]) > np.mean([record["altscore"] for record in worst]) + 100
    assert {"A"} <= {record["risk_band"] for record in best}
    assert {record["recommended_limit_inr"] for record in worst if record["risk_band"] == "D"} == {0}


async def test_a_retailer_without_consent_is_blocked_and_no_evidence_holds_a_contribution_of_theirs(
    world: World, trained: Trained
) -> None:
    unwilling = synthetic.retailer_id(3)
    world.consents.refused.add(unwilling)
    await scored(world, trained)
    assert (await blocks(world))[unwilling] == ("retailer", "CONSENT", "CONSENT_NOT_GRANTED")
    bodies = await world.pool.fetch("SELECT body FROM evidence WHERE kind = 'score'")
    assert unwilling not in {json.loads(row["body"])["retailer_id"] for row in bodies}


async def test_while_consent_cannot_be_asked_nobody_is_scored_and_later_everybody_is(
    world: World, trained: Trained
) -> None:
    world.consents.is_reachable = False
    with pytest.raises(Unavailable):
        await scored(world, trained)
    assert await world.outbox("score.computed") == []
    world.consents.is_reachable = True
    await world.work()
    assert len(await world.outbox("score.computed")) > 80


@pytest.mark.parametrize(("completeness", "is_served"), [(49.9, False), (50.0, True), (69.9, True), (70.0, True)])
async def test_gr5_blocks_thin_data_and_flags_what_is_not_quite_enough(
    world: World, trained: Trained, completeness: float, is_served: bool
) -> None:
    table = gold(120)
    await scored(world, trained, gold(120, completeness=[completeness] * 120))
    records = [json.loads(event["sealed_record"]) for event in await world.outbox("score.computed")]
    if not is_served:
        assert records == []
        expected = ("retailer", "GR-5", "DATA_INSUFFICIENT")
        assert await blocks(world) == dict.fromkeys(table["retailer_id"].to_pylist(), expected)
        return
    assert records
    assert {record["is_low_confidence_data"] for record in records} == {completeness < 70}
    flags = [
        [flag["id"] for flag in record["guardrails"] if flag["reason"] == "low_confidence_data"] for record in records
    ]
    assert flags == [["GR-5"] if completeness < 70 else []] * len(records)


async def test_gr2_blocks_a_ledger_like_no_other_and_tells_a_person(world: World, trained: Trained) -> None:
    strange = {"gmv_12m_inr": [9e9], "basket_mean_inr": [8e8], "invoices_12m": [90_000], "lines_mean": [900.0]}
    strange |= {"exposure_inr": [9e9], "credit_days_mean": [900.0], "gmv_growth_ratio": [80.0], "gap_max_days": [4e3]}
    strange |= {"gmv_3m_inr": [9e9], "gmv_6m_monthly_inr": [9e9], "overdue_amount_inr": [9e9], "bounce_count": [500]}
    await scored(world, trained, gold(120, **strange))
    assert (await blocks(world))[synthetic.retailer_id(0)] == ("retailer", "GR-2", "MANUAL_REVIEW_REQUIRED")
    anomalies = {event["retailer_id"]: event for event in await world.outbox("erp.anomaly.detected")}
    assert anomalies[synthetic.retailer_id(0)]["run_id"] == "run_01"
    assert synthetic.retailer_id(0) in {event["subject"] for event in await world.audits("anomaly_detected")}


async def test_gr3_blocks_who_cannot_be_explained(world: World, trained: Trained) -> None:
    names = ["delay_mean_days", "delay_p90_days", "delay_std_days", "delay_trend_days", "cadence_cv", "gap_max_days"]
    names += ["return_rate", "peak_month_index", "gmv_growth_ratio", "lines_mean", "invoices_6m", "gmv_6m_monthly_inr"]
    unknown = {name: [None] for name in names}
    await scored(world, trained, gold(120, **unknown))
    assert (await blocks(world))[synthetic.retailer_id(0)] == ("retailer", "GR-3", "MANUAL_REVIEW_REQUIRED")


async def test_gr4_limits_never_exceed_30_percent_of_six_months(world: World, trained: Trained) -> None:
    table = gold(300)
    gmv = dict(zip(table["retailer_id"].to_pylist(), table["gmv_6m_inr"].to_pylist(), strict=True))
    await scored(world, trained, table)
    events = await world.outbox("score.computed")
    assert events
    for event in events:
        limit = json.loads(event["sealed_record"])["recommended_limit_inr"]
        assert limit <= Decimal("0.30") * gmv[event["retailer_id"]]


async def test_gr6_flags_every_score_of_a_shifted_population(world: World, trained: Trained) -> None:
    await scored(world, trained, gold(120, delay_mean_days=[60.0] * 120, delay_p90_days=[90.0] * 120))
    records = [json.loads(event["sealed_record"]) for event in await world.outbox("score.computed")]
    assert records
    assert all(
        {"id": "GR-6", "action": "flagged", "reason": "population_shift"} in record["guardrails"] for record in records
    )


async def test_what_a_small_run_cannot_measure_is_flagged_not_passed(world: World, trained: Trained) -> None:
    await scored(world, trained, gold(40))
    records = [json.loads(event["sealed_record"]) for event in await world.outbox("score.computed")]
    assert records
    for record in records:
        flags = [flag for flag in record["guardrails"] if flag["action"] == "flagged"]
        assert {flag["id"] for flag in flags} == {"GR-1", "GR-6"}
        assert {flag["reason"].rpartition("_")[2] for flag in flags} == {"measurable"}


async def test_young_and_sparse_ledgers_are_scored_on_the_croston_route(world: World, trained: Trained) -> None:
    await scored(world, trained, gold(120, months_history=[4.0] * 30))
    bodies = [
        json.loads(row["body"]) for row in await world.pool.fetch("SELECT body FROM evidence WHERE kind = 'score'")
    ]
    routes = {body["retailer_id"]: body["route"] for body in bodies}
    young = {synthetic.retailer_id(i) for i in range(30)} & set(routes)
    assert young
    assert {routes[retailer_id] for retailer_id in young} == {"croston"}
    assert {route for retailer_id, route in routes.items() if retailer_id not in young} == {"primary"}


async def test_the_same_run_announced_twice_is_scored_once(world: World, trained: Trained) -> None:
    await scored(world, trained)
    before = await world.pool.fetchval("SELECT count(*) FROM outbox")
    run = dict(await world.pool.fetchrow("SELECT * FROM gold_runs"))
    names = ("run_id", "run_key", "manifest_uri", "manifest_sha256", "as_of_on", "retailers", "consent_version")
    await world.deliver("pipeline.gold.ready", "run_01", **{name: run[name] for name in names})
    await world.work()
    assert await world.pool.fetchval("SELECT count(*) FROM outbox") == before


async def test_a_worker_killed_between_chunks_is_continued_where_it_stopped(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    await world.promote(trained[1], trained[0].model_sha256)
    await world.announce(gold(120))
    assert await world.worker.step()  # the model
    assert await world.worker.step()  # the first 50 rows
    first = {event["score_id"] for event in await world.outbox("score.computed")}
    assert first
    heir = make_world(world.pool, world.folder, taxonomy, clock=world.clock, signer=world.signer)
    await heir.work()
    events = await world.outbox("score.computed") + await world.outbox("score.blocked")
    assert sorted(event["retailer_id"] for event in events) == [synthetic.retailer_id(i) for i in range(120)]
    assert first <= {event["score_id"] for event in await world.outbox("score.computed")}
    assert len(await world.audits("scoring_run")) == 1


async def test_two_workers_on_one_job_never_double_a_score(world: World, trained: Trained, taxonomy: Taxonomy) -> None:
    await world.promote(trained[1], trained[0].model_sha256)
    await world.announce(gold(120))
    other = make_world(world.pool, world.folder, taxonomy, clock=world.clock, signer=world.signer)
    while await world.worker.step() | await other.worker.step():
        continue
    events = await world.outbox("score.computed") + await world.outbox("score.blocked")
    assert len(events) == 120


async def test_a_retailer_who_revokes_while_the_chunk_is_computed_is_not_scored(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    regretful = synthetic.retailer_id(3)
    await world.promote(trained[1], trained[0].model_sha256)
    await world.announce(gold(40))
    await world.worker.step()

    class RevokingSigner(SoftwareSigner):
        """Signing takes a moment, in which NAHI arrives."""

        has_fired = False

        async def sign(self, message_digest: bytes) -> bytes:
            if not self.has_fired:
                RevokingSigner.has_fired = True
                world.consents.refused.add(regretful)
                await world.deliver("consent.revoked", regretful, retailer_id=regretful, consent_id="cns_1")
            return await super().sign(message_digest)

    slow = make_world(world.pool, world.folder, taxonomy, signer=RevokingSigner("score-seal"), consents=world.consents)
    await slow.work()
    assert regretful not in {event["retailer_id"] for event in await world.outbox("score.computed")}
    assert (await blocks(world))[regretful][1] == "CONSENT"


async def test_revoking_the_last_consent_hides_a_score_and_revoking_one_of_two_does_not(
    world: World, trained: Trained
) -> None:
    await scored(world, trained)
    revoked, kept = [event["retailer_id"] for event in await world.outbox("score.computed")][:2]
    world.consents.refused.add(revoked)
    world.clock.advance(seconds=60)
    for retailer_id in (revoked, kept):
        await world.deliver("consent.revoked", retailer_id, retailer_id=retailer_id, consent_id="cns_1")
    await world.work()
    blocked = await blocks(world)
    assert blocked[revoked] == ("retailer", "CONSENT", "CONSENT_NOT_GRANTED")
    assert kept not in blocked


async def test_a_run_that_arrives_before_any_model_waits_for_it(world: World, trained: Trained) -> None:
    await world.announce(gold())
    assert await world.work() == 0
    await world.promote(trained[1], trained[0].model_sha256)
    await world.work()
    assert len(await world.outbox("score.computed")) > 80


async def test_a_request_for_a_scored_retailer_gives_no_second_score(world: World, trained: Trained) -> None:
    await scored(world, trained)
    before = await world.outbox("score.computed")
    await world.deliver("score.requested", "-", retailer_id=before[0]["retailer_id"], lender_id="lender_a")
    await world.deliver("score.requested", "-", retailer_id="ret_ffffffffffffffff", lender_id="lender_a")
    await world.work()
    assert len(await world.outbox("score.computed")) == len(before)
    outcomes = await world.pool.fetch("SELECT outcome FROM score_requests ORDER BY id")
    assert [row["outcome"] for row in outcomes] == ["computed", "not_in_gold"]


async def test_a_request_after_a_late_consent_is_scored_from_the_same_run(world: World, trained: Trained) -> None:
    await scored(world, trained)
    late = (await world.outbox("score.computed"))[0]["retailer_id"]
    world.consents.refused.add(late)
    await world.announce(gold(), run_id="run_02")
    await world.work()
    assert (await blocks(world))[late][1] == "CONSENT"
    world.consents.refused.clear()
    await world.deliver("score.requested", late, retailer_id=late, lender_id="lender_a")
    await world.work()
    runs = {event["run_id"] for event in await world.outbox("score.computed") if event["retailer_id"] == late}
    assert "run_02" in runs


async def test_a_corrupted_model_file_blocks_the_run_aloud_and_keeps_the_present_model(
    world: World, trained: Trained, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    await scored(world, trained)
    broken = Path(shutil.copytree(trained[1], tmp_path / "broken"))
    raw = bytearray((broken / "primary.ubj").read_bytes())
    raw[100] ^= 0xFF
    (broken / "primary.ubj").write_bytes(raw)
    assert json.loads((broken / "manifest.json").read_text())["artifacts"]["primary.ubj"]
    world.clock.advance(seconds=60)
    await world.pool.execute("UPDATE models SET state = 'retired'")
    fresh = make_world(world.pool, world.folder, taxonomy, clock=world.clock)
    fresh.promoter, fresh.consumer = world.promoter, world.consumer
    await fresh.promote(broken, trained[0].model_sha256)
    await fresh.work()
    assert (await world.outbox("score.blocked"))[-1]["reason"] == "MODEL_LOAD"
    assert (await blocks(world))[None] == ("run", "MODEL_LOAD", "MODEL_UNAVAILABLE")
    assert [event["outcome"] for event in await world.audits("model_load_failed")] == ["refused"]
    assert await world.pool.fetchval("SELECT state FROM models") == "active"
    assert await fresh.model_in_use() == str(trained[1]), "the promotion before, whose bytes are whole"


@pytest.mark.parametrize(
    "change",
    [
        {"approved_by": "op_asha"},
        {"approved_by": None},
        {"evaluation": {"auroc": 0.9, "air_min": 0.79}},
        {"evaluation": {"auroc": 0.9}},
    ],
)
async def test_a_promotion_by_one_person_or_below_the_fairness_bar_changes_nothing_for_anybody(
    world: World, trained: Trained, change: dict[str, Any]
) -> None:
    await world.promote(trained[1], trained[0].model_sha256, **change)
    assert len(await world.audits("model_load_failed")) == 1
    assert await blocks(world) == {}
    assert await world.pool.fetchval("SELECT count(*) FROM models") == 0


async def test_a_promotion_signed_by_anybody_else_is_refused(world: World, trained: Trained) -> None:
    world.promoter = SoftwareSigner("promotion")
    await world.promote(trained[1], trained[0].model_sha256)
    assert len(await world.audits("model_load_failed")) == 1
    assert await world.pool.fetchval("SELECT count(*) FROM models") == 0


@pytest.mark.parametrize("which", ["manifest.json", "retailer_features/part-0.parquet"])
async def test_a_changed_gold_file_blocks_the_run_and_scores_nobody(world: World, trained: Trained, which: str) -> None:
    await world.promote(trained[1], trained[0].model_sha256)
    folder = await world.announce(gold())
    raw = bytearray((folder / which).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / which).write_bytes(raw)
    await world.work()
    assert await world.outbox("score.computed") == []
    assert await blocks(world) == {None: ("run", "GR-6", "MODEL_UNAVAILABLE")}
    assert [event["outcome"] for event in await world.audits("scoring_run")] == ["blocked"]


async def test_an_announcement_without_a_digest_is_poison(world: World) -> None:
    data = {"run_id": "r", "run_key": "k", "manifest_uri": "u", "manifest_sha256": "x", "as_of_on": AS_OF}
    with pytest.raises(PoisonEvent):
        await world.deliver("pipeline.gold.ready", "r", **data, retailers=1, consent_version=1)


async def test_a_run_is_audited_with_its_counts_and_measurements(world: World, trained: Trained) -> None:
    await scored(world, trained)
    (entry,) = await world.audits("scoring_run")
    assert (entry["subject"], entry["outcome"]) == ("run_01", "ok")
    assert int(entry["details"]["computed"]) == len(await world.outbox("score.computed"))
    assert {"psi", "air_district", "air_size_band", "model_sha256"} <= set(entry["details"])


async def test_the_service_can_neither_change_nor_delete_a_score(world: World, trained: Trained) -> None:
    await scored(world, trained)
    deletions = [f"DELETE FROM {table}" for table in ("scores", "evidence", "blocks")]
    for statement in ("UPDATE scores SET seal = ''", *deletions):
        with pytest.raises(Exception, match="permission denied"):
            await world.pool.execute(statement)
