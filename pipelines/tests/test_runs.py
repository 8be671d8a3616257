"""What a run takes in, leaves out, refuses and repeats."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from altscore_pipelines.errors import Missing, PointerMoved, TotalsDisagree
from altscore_pipelines.jobs.bronze_to_silver import seconds_to_rest
from altscore_pipelines.jobs.silver_to_gold import remove_old_runs
from altscore_pipelines.plan import identity_map_prefix
from altscore_pipelines.storage import FolderStorage
from conftest import GoldenRun, Pipeline
from ledgers import Batch, golden_ledger, retailer_id

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def finished(golden_run: GoldenRun) -> tuple[Pipeline, str]:
    return golden_run.after_gold(), golden_run.run_id


def all_text(root: Path) -> str:
    """Every value of every Parquet and JSON file below a folder."""
    files = sorted(root.rglob("*.parquet"))
    assert files
    tables = " ".join(json.dumps(pq.read_table(path).to_pylist(), default=str) for path in files)
    return tables + " ".join(path.read_text() for path in root.rglob("*.json"))


def test_an_unconsented_retailer_is_nowhere_in_silver_or_gold(finished: tuple[Pipeline, str]) -> None:
    pipeline, run_id = finished
    for layer in ("silver", "gold"):
        text = all_text(pipeline.root / "lake-bucket" / layer / f"run={run_id}")
        assert retailer_id("carl") not in text
        assert "777.77" not in json.dumps(pipeline.table("silver", run_id, "invoice").to_pylist(), default=str)


def test_gold_has_one_row_per_consented_retailer_with_any_record(finished: tuple[Pipeline, str]) -> None:
    pipeline, run_id = finished
    assert sorted(pipeline.gold(run_id)) == sorted(retailer_id(name) for name in ("asha", "bina", "dev"))


def test_the_identity_map_is_gone_when_the_run_is_finished(finished: tuple[Pipeline, str]) -> None:
    pipeline, run_id = finished
    assert pipeline.lake.keys(identity_map_prefix(run_id)) == []


def test_totals_agree_and_say_what_was_left_out(finished: tuple[Pipeline, str]) -> None:
    pipeline, run_id = finished
    totals = json.loads(pipeline.lake.read(f"gold/run={run_id}/manifest.json").body)["totals"]
    assert totals["accepted"] == totals["bronze"]
    assert totals["bronze_consented"] == totals["silver_consented"]
    left_out = {row["fate"]: (row["count"], row["amount_inr"]) for row in totals["left_out"]}
    assert left_out == {
        "superseded": (2, "1887.00"),
        "cancelled": (3, "1000.00"),
        "unconsented": (2, "1555.54"),
        "future": (0, "0.00"),
    }


@pytest.mark.parametrize("are_ids_equal", [True, False])
async def test_one_version_of_a_record_in_two_batches_is_counted_once_by_its_later_arrival(
    new_pipeline: Callable[..., Pipeline], *, are_ids_equal: bool
) -> None:
    """Ingestion numbers anew what it no longer knows: a batch cut off after its manifest, a restored database."""
    pipeline, batches = new_pipeline(consented=("asha",)), []
    for number, amount, hour in ((1, "900.00", 12), (2, "1000.00", 13), (3, "700.00", 11)):
        twice = Batch("dist_one", number, ingested_at=datetime(2026, 5, 31, hour, tzinfo=UTC))
        twice.invoice("asha", "I1", "2026-05-10", amount=amount, due="2026-05-25")
        twice.payment("asha", "P1", "2026-05-12", amount="100.00", invoice_id="I1")
        twice.returned("asha", "R1", "2026-05-13", amount="50.00", invoice_id="I1")
        for table, rows in twice.rows.items():
            for row in rows:
                row["record_id"] = f"rec_{table}" if are_ids_equal else row["record_id"]
        batches.append(twice)
    pipeline.write(batches)
    run_id = await pipeline.run()
    assert pipeline.gold(run_id)[retailer_id("asha")]["exposure_inr"] == 850
    manifest = json.loads(pipeline.lake.read(f"gold/run={run_id}/manifest.json").body)
    assert manifest["set_aside"] == []
    totals = {row["fate"]: (row["count"], row["amount_inr"]) for row in manifest["totals"]["left_out"]}
    assert totals["superseded"] == (6, "1900.00")


def test_the_pointer_and_the_manifest_name_the_same_bytes(finished: tuple[Pipeline, str]) -> None:
    pipeline, run_id = finished
    pointer = json.loads(pipeline.lake.read("gold/current.json").body)
    manifest = pipeline.lake.read(f"gold/run={run_id}/manifest.json")
    assert (pointer["run_id"], pointer["manifest_sha256"]) == (run_id, manifest.tag)
    (file,) = json.loads(manifest.body)["files"]
    content = pipeline.lake.read(f"gold/run={run_id}/{file['name']}")
    assert (file["sha256"], file["bytes"], file["rows"]) == (content.tag, len(content.body), 3)


async def test_a_run_over_the_same_inputs_is_not_made_again(finished: tuple[Pipeline, str]) -> None:
    pipeline, _ = finished
    assert await pipeline.to_silver() is None


async def test_a_finished_run_that_nobody_heard_of_is_only_announced(finished: tuple[Pipeline, str]) -> None:
    pipeline, run_id = finished
    pipeline.announced = False
    started = await pipeline.to_silver()
    pipeline.announced = True
    assert started is not None
    assert (started.run_id, started.is_new) == (run_id, False)
    before = pipeline.lake.read("gold/current.json").tag
    pipeline.to_gold(run_id)
    assert pipeline.lake.read("gold/current.json").tag == before


async def test_the_same_inputs_give_the_same_bytes_and_later_events_change_none(
    finished: tuple[Pipeline, str], new_pipeline: Callable[..., Pipeline]
) -> None:
    pipeline, run_id = finished
    other = new_pipeline()
    later = Batch("dist_one", 9, sync_to=date(2026, 7, 31), ingested_at=datetime(2026, 6, 1, 1, tzinfo=UTC))
    later.invoice("asha", "I9", "2026-06-01", amount="90000.00", due="2026-06-05")
    later.payment("asha", "P9", "2026-06-01", amount="5500.00").returned(
        "asha", "R9", "2026-06-02", amount="5.00", invoice_id="I5"
    )
    other.write([*golden_ledger(), later])
    other_id = await other.run()
    ours, theirs = (
        (p.root / f"lake-bucket/gold/run={r}/retailer_features/part-0.parquet").read_bytes()
        for p, r in ((pipeline, run_id), (other, other_id))
    )
    assert ours == theirs


async def test_a_withdrawn_retailer_leaves_with_the_next_run(new_pipeline: Callable[..., Pipeline]) -> None:
    pipeline = new_pipeline(distributors=("dist_one",), consented=("asha", "bina"))
    pipeline.write(golden_ledger()[:1])
    first = await pipeline.run()
    pipeline.consented, pipeline.consent_version = ("bina",), 2
    second = await pipeline.run()
    assert retailer_id("asha") in pipeline.gold(first)
    assert list(pipeline.gold(second)) == [retailer_id("bina")]
    assert retailer_id("asha") not in all_text(pipeline.root / f"lake-bucket/silver/run={second}")


async def test_a_batch_without_a_manifest_does_not_exist_yet(new_pipeline: Callable[..., Pipeline]) -> None:
    pipeline = new_pipeline()
    (pipeline.write(golden_ledger()[:1])[0] / "manifest.json").unlink()
    assert await pipeline.to_silver() is None


def test_a_row_that_silver_lost_stops_the_run_and_is_named(golden_run: GoldenRun) -> None:
    pipeline, run_id = golden_run.after_silver(), golden_run.run_id
    path = pipeline.root / f"lake-bucket/silver/run={run_id}/invoice/part-0.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    with pytest.raises(TotalsDisagree) as stopped:
        pipeline.to_gold(run_id)
    lost = table["record_id"][0].as_py()
    assert stopped.value.rows == (f"bronze_silver invoices {lost} (missing)",)
    with pytest.raises(Missing):
        pipeline.lake.read("gold/current.json")


def test_the_pointer_moves_only_from_the_version_that_was_seen(tmp_path: Path) -> None:
    lake = FolderStorage(tmp_path)
    lake.swap("gold/current.json", b"{}", expected_tag=None)
    seen = lake.read("gold/current.json").tag
    lake.swap("gold/current.json", b"[]", expected_tag=seen)
    for stale in (seen, None):
        with pytest.raises(PointerMoved):
            lake.swap("gold/current.json", b"1", expected_tag=stale)
    assert lake.read("gold/current.json").body == b"[]"


def test_a_woken_run_rests_until_the_interval_is_over(finished: tuple[Pipeline, str]) -> None:
    pipeline, _ = finished
    assert seconds_to_rest(pipeline.lake, pipeline.clock, 900) == 840
    assert seconds_to_rest(pipeline.lake, pipeline.clock, 0) == 0


def test_older_runs_than_those_kept_are_removed(tmp_path: Path) -> None:
    lake = FolderStorage(tmp_path)
    for number in range(4):
        for layer in ("silver", "gold"):
            lake.write(f"{layer}/run=run_{number:026x}/x/part-0.parquet", b"")
    remove_old_runs(lake, keep=2)
    assert {key.split("/")[1] for key in lake.keys("")} == {f"run=run_{number:026x}" for number in (2, 3)}


async def test_no_run_makes_gold_while_every_ledger_is_in_its_first_sync(
    new_pipeline: Callable[..., Pipeline],
) -> None:
    """Invoices may have arrived and their payments not: no day is told as whole before a sync's last batch."""
    pipeline = new_pipeline()
    begun = Batch("dist_one", 1, sync_to=date(1999, 12, 31), schema_version=2)
    begun.master("asha", district="Pune")
    pipeline.write([begun])
    assert await pipeline.to_silver(as_of_on=None) is None
    pipeline.write([Batch("dist_one", 2, sync_to=date(2026, 5, 31), schema_version=2)])
    assert await pipeline.to_silver(as_of_on=None) is not None
