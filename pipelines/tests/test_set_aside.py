"""A bad batch is left out by name, and the run is made for everybody else (decision 87)."""

import hashlib
import io
import json
import logging
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.errors import NoSoundBatch
from altscore_pipelines.jobs.training_set import make_training_set
from altscore_pipelines.storage import FolderStorage
from conftest import GoldenRun, Pipeline
from ledgers import AS_OF, Batch, golden_ledger, retailer_id
from test_training_set import identity_map

pytestmark = pytest.mark.timeout(600)
NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
NUMBER = 8


def batch(number: int = NUMBER, distributor: str = "dist_two") -> Batch:
    """A sound batch with rows in every table."""
    return (
        Batch(distributor, number, schema_version=2)
        .master("dev", district="Thane")
        .invoice("dev", "X1", "2026-05-11", amount="123.00", due="2026-05-20", bill_ref="B")
        .invoice("asha", "X2", "2026-05-12", amount="77.00")
        .payment("dev", "X3", "2026-05-13", amount="100.00", is_bounced=True, bounced_on=date(2026, 5, 13))
        .returned("dev", "X4", "2026-05-14", amount="1.00")
    )


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Writes the manifest anew."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def put(folder: Path, name: str, body: bytes) -> None:
    """Replaces a file together with its digest: as a writer at fault would leave it, not as a later change."""
    (folder / name).write_bytes(body)

    def change(manifest: dict[str, Any]) -> None:
        (entry,) = [entry for entry in manifest["files"] if entry["name"] == name]
        entry["sha256"] = hashlib.sha256(body).hexdigest()

    edit_manifest(folder, change)


def put_column(folder: Path, name: str, column: str, values: pa.Array) -> None:
    """Replaces one column of a file."""
    table = pq.read_table(folder / name)
    buffer = io.BytesIO()
    pq.write_table(table.set_column(table.schema.get_field_index(column), column, values), buffer)
    put(folder, name, buffer.getvalue())


def put_first(folder: Path, name: str, column: str, value: object) -> None:
    """Replaces the value of a column in the first row."""
    table = pq.read_table(folder / name)
    values = [value, *table[column].to_pylist()[1:]]
    put_column(folder, name, column=column, values=pa.array(values, type=table.schema.field(column).type))


def set_total(manifest: dict[str, Any]) -> None:
    manifest["totals"][0]["amount_inr"] = "200.01"


def flip_bit(folder: Path) -> None:
    body = bytearray((folder / "payments.parquet").read_bytes())
    body[len(body) // 2] ^= 1
    (folder / "payments.parquet").write_bytes(bytes(body))


def broken_text(folder: Path) -> None:
    raw = pa.array([b"\xff\xfe", b"B"], type=pa.binary())
    put_column(
        folder, "invoices.parquet", column="bill_ref", values=pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    )


def in_folder(name: str) -> Callable[[Path], object]:
    return lambda folder: folder.rename(folder.with_name(name))


def of_day(folder: Path) -> None:
    other = folder.parents[1] / "day=2026-05-30" / folder.name
    other.parent.mkdir()
    folder.rename(other)


FAULTS: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("bytes changed", flip_bit, "payments.parquet", "its digest is not the manifest's"),
    ("file missing", lambda f: (f / "invoices.parquet").unlink(), "invoices.parquet", "missing"),
    ("not Parquet", lambda f: put(f, "returns.parquet", b"PAR1 no"), "returns.parquet", "not readable as Parquet"),
    (
        "truncated",
        lambda f: put(f, "returns.parquet", (f / "returns.parquet").read_bytes()[:-60]),
        "returns.parquet",
        "not readable as Parquet",
    ),
    (
        "column of another type",
        lambda f: put_column(f, "invoices.parquet", column="amount_inr", values=pa.array(["123.00", "77.00"])),
        "invoices.parquet",
        "column amount_inr is missing or of another type",
    ),
    ("text not UTF-8", broken_text, "invoices.parquet", "not readable as Parquet"),
    (
        "no retailer",
        lambda f: put_first(f, "payments.parquet", column="subject_token", value=None),
        "payments.parquet",
        "column subject_token lacks a value",
    ),
    (
        "amount too large",
        lambda f: put_first(f, "invoices.parquet", column="amount_inr", value=919_876_543_210),
        "invoices.parquet",
        "column amount_inr is out of bounds",
    ),
    (
        "amount of nothing",
        lambda f: put_first(f, "returns.parquet", column="amount_inr", value=0),
        "returns.parquet",
        "column amount_inr is out of bounds",
    ),
    (
        "day of the future",
        lambda f: put_first(f, "payments.parquet", column="paid_on", value=date(2026, 6, 2)),
        "payments.parquet",
        "column paid_on is out of bounds",
    ),
    (
        "day of the last century",
        lambda f: put_first(f, "invoices.parquet", column="invoice_on", value=date(1999, 12, 31)),
        "invoices.parquet",
        "column invoice_on is out of bounds",
    ),
    (
        "due before it was issued",
        lambda f: put_first(f, "invoices.parquet", column="due_on", value=date(2026, 5, 10)),
        "invoices.parquet",
        "column due_on is out of bounds",
    ),
    (
        "bounced before it was paid",
        lambda f: put_first(f, "payments.parquet", column="bounced_on", value=date(2026, 5, 12)),
        "payments.parquet",
        "column bounced_on is out of bounds",
    ),
    (
        "bounced on a day of the future",
        lambda f: put_first(f, "payments.parquet", column="bounced_on", value=date(2026, 6, 2)),
        "payments.parquet",
        "column bounced_on is out of bounds",
    ),
    (
        "bounce of a payment that stands",
        lambda f: put_first(f, "payments.parquet", column="is_bounced", value=False),
        "payments.parquet",
        "column bounced_on is out of bounds",
    ),
    (
        "order below zero",
        lambda f: put_first(f, "returns.parquet", column="source_order", value=-1),
        "returns.parquet",
        "column source_order is out of bounds",
    ),
    (
        "order beyond exact integers",
        lambda f: put_first(f, "invoices.parquet", column="sequence", value=2**53),
        "invoices.parquet",
        "column sequence is out of bounds",
    ),
    (
        "nothing said of cancellation",
        lambda f: put_first(f, "returns.parquet", column="is_cancelled", value=None),
        "returns.parquet",
        "column is_cancelled lacks a value",
    ),
    (
        "columns of an older version",
        lambda f: edit_manifest(
            Batch("dist_two", NUMBER).payment("dev", "X3", "2026-05-13", amount="1").write(f.parents[3]),
            lambda manifest: manifest.update(schema_version=2),
        ),
        "payments.parquet",
        "column source_order is missing or of another type",
    ),
    (
        "a version to come",
        lambda f: edit_manifest(f, lambda manifest: manifest.update(schema_version=3)),
        "manifest.json",
        "not a manifest",
    ),
    (
        "another distributor's rows",
        lambda f: put_first(f, "retailers.parquet", column="distributor_id", value="dist_one"),
        "retailers.parquet",
        "rows of another distributor_id",
    ),
    (
        "one invoice twice",
        lambda f: put_first(f, "invoices.parquet", column="invoice_id", value="X2"),
        "invoices.parquet",
        "two rows of one invoice_id",
    ),
    (
        "fewer rows than claimed",
        lambda f: edit_manifest(f, lambda manifest: manifest["files"][0].update(rows=3)),
        "invoices.parquet",
        "it has not as many rows as the manifest says",
    ),
    (
        "other totals",
        lambda f: edit_manifest(f, set_total),
        "manifest.json",
        "its totals are not those of its rows: invoices 2026-05",
    ),
    ("manifest not JSON", lambda f: (f / "manifest.json").write_text("{"), "manifest.json", "not a manifest"),
    (
        "manifest nested deeply",
        lambda f: (f / "manifest.json").write_text("[" * 100_000),
        "manifest.json",
        "not a manifest",
    ),
    (
        "path instead of a name",
        lambda f: edit_manifest(f, lambda manifest: manifest["files"][0].update(name="../invoices.parquet")),
        "manifest.json",
        "not a manifest",
    ),
    ("folder of another batch", in_folder("batch=bat_other"), "manifest.json", "a manifest of another batch"),
    ("folder of another day", of_day, "manifest.json", "a manifest of another batch"),
    ("quote in the folder's name", in_folder("batch=bat_'x"), "manifest.json", "not the name of a batch's folder"),
    (
        "another day of arrival",
        lambda f: edit_manifest(f, lambda manifest: manifest.update(ingested_at="2026-06-02T00:00:00Z")),
        "manifest.json",
        "a manifest of another batch",
    ),
    (
        "covers days of the last century alone",
        lambda f: edit_manifest(f, lambda manifest: manifest.update(sync_to="0001-01-01T00:00:00Z")),
        "manifest.json",
        "its instants are out of bounds",
    ),
    (
        "instant beyond the calendar",
        lambda f: edit_manifest(f, lambda manifest: manifest.update(sync_to="9999-12-31T23:59:59Z")),
        "manifest.json",
        "not a manifest",
    ),
]


@pytest.mark.parametrize(
    ("fault", "object_name", "reason"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_bad_batch_is_set_aside_by_name_and_the_others_stand(
    tmp_path: Path, fault: Callable[[Path], object], object_name: str, reason: str
) -> None:
    batch(9, "dist_one").write(tmp_path)
    fault(batch().write(tmp_path))
    content = read_bronze(FolderStorage(tmp_path), now=NOW)
    assert [sound.distributor_id for sound in content.batches] == ["dist_one"]
    (left_out,) = content.set_aside
    assert left_out.folder.startswith("bronze/dist=dist_two/day=2026-05-3")
    assert (left_out.object_name, left_out.reason) == (object_name, reason)


def test_a_batch_that_arrived_on_a_day_to_come_is_set_aside(tmp_path: Path) -> None:
    later = batch()
    later.ingested_at = datetime(2026, 6, 2, tzinfo=UTC)
    later.write(tmp_path)
    assert read_bronze(FolderStorage(tmp_path), now=NOW).batches == []
    (left_out,) = read_bronze(FolderStorage(tmp_path), now=NOW).set_aside
    assert left_out.reason == "its instants are out of bounds"
    assert len(read_bronze(FolderStorage(tmp_path), now=datetime(2026, 6, 2, tzinfo=UTC)).batches) == 1


def test_a_sound_batch_is_taken_whatever_more_its_files_hold(tmp_path: Path) -> None:
    folder = batch().write(tmp_path)
    table = pq.read_table(folder / "returns.parquet").append_column("new", pa.array([1]))
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    put(folder, "returns.parquet", buffer.getvalue())
    master = {"table": "retailers", "month": "2026-05", "count": 1, "amount_inr": "0.00"}
    edit_manifest(folder, lambda manifest: manifest["totals"].append(master))
    (folder / "notes.txt").write_text("not named by the manifest")
    Batch("dist_two", 10).write(tmp_path)
    content = read_bronze(FolderStorage(tmp_path), now=NOW)
    assert (len(content.batches), content.set_aside) == (2, [])


async def test_a_run_beside_a_bad_batch_gives_the_same_gold_and_names_the_batch(
    golden_run: GoldenRun, new_pipeline: Callable[..., Pipeline], caplog: pytest.LogCaptureFixture
) -> None:
    poisoned = new_pipeline()
    poisoned.write(golden_ledger())
    put_first(poisoned.write([batch()])[0], "invoices.parquet", column="amount_inr", value=919_876_543_210)
    (poisoned.write([batch(9)])[0] / "manifest.json").write_text("{")
    with caplog.at_level(logging.ERROR, "altscore.pipeline"):
        await poisoned.run()
    pipelines = {"sound": golden_run.after_gold(), "poisoned": poisoned}
    gold, manifests = {}, {}
    for name, pipeline in pipelines.items():
        run_id = json.loads(pipeline.lake.read("gold/current.json").body)["run_id"]
        gold[name] = pipeline.lake.read(f"gold/run={run_id}/retailer_features/part-0.parquet").body
        manifests[name] = json.loads(pipeline.lake.read(f"gold/run={run_id}/manifest.json").body)
    assert gold["poisoned"] == gold["sound"]
    folder = "bronze/dist=dist_two/day=2026-05-31/batch=bat_" + "0" * 31
    assert manifests["poisoned"]["set_aside"] == [
        {
            "batch": f"{folder}{NUMBER}",
            "object": "invoices.parquet",
            "reason": "column amount_inr is out of bounds",
            "count": 4,
            "amount_inr": "301.00",
        },
        {
            "batch": f"{folder}9",
            "object": "manifest.json",
            "reason": "not a manifest",
            "count": 0,
            "amount_inr": "0.00",
        },
    ]
    totals = manifests["poisoned"]["totals"]
    assert totals.pop("set_aside") == {"batches": 2, "count": 4, "amount_inr": "301.00"}
    assert manifests["sound"]["totals"].pop("set_aside") == {"batches": 0, "count": 0, "amount_inr": "0.00"}
    assert totals == manifests["sound"]["totals"]
    assert manifests["poisoned"]["bronze"] == manifests["sound"]["bronze"]
    assert manifests["poisoned"]["run_key"] != manifests["sound"]["run_key"]
    errors = [record for record in caplog.records if record.message == "batch set aside"]
    assert [record.__dict__["batch"] for record in errors] == [f"{folder}{NUMBER}/", f"{folder}9/"]


async def test_a_repaired_batch_is_taken_by_the_next_run(new_pipeline: Callable[..., Pipeline]) -> None:
    pipeline = new_pipeline(consented=("dev",))
    pipeline.write(golden_ledger()[:1])
    folder = pipeline.write([batch()])[0]
    body = (folder / "invoices.parquet").read_bytes()
    (folder / "invoices.parquet").unlink()
    first = await pipeline.run()
    assert await pipeline.to_silver() is None
    (folder / "invoices.parquet").write_bytes(body)
    second = await pipeline.run()
    counts = [pipeline.gold(run_id)[retailer_id("dev")]["distributors_count"] for run_id in (first, second)]
    assert counts == [1, 2]


async def test_where_every_batch_is_bad_the_run_stops_and_the_pointer_stays(
    new_pipeline: Callable[..., Pipeline],
) -> None:
    pipeline = new_pipeline()
    (pipeline.write([batch()])[0] / "manifest.json").write_text("{")
    with pytest.raises(NoSoundBatch, match=r"batch=bat_0+8/manifest\.json: not a manifest"):
        await pipeline.to_silver()
    assert pipeline.lake.keys("") == []


def test_training_leaves_a_bad_batch_out_and_says_so(tmp_path: Path) -> None:
    for sound in golden_ledger():
        sound.write(tmp_path)
    (batch().write(tmp_path) / "manifest.json").write_text("{")
    people = identity_map(tmp_path / "map.parquet", ("asha", "dev"), ("dist_one", "dist_two"))
    make_training_set(tmp_path, people, snapshots=[AS_OF], out=tmp_path / "out", environment=dict(os.environ))
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    (left_out,) = manifest["set_aside"]
    assert left_out.endswith("batch=bat_00000000000000000000000000000008/manifest.json: not a manifest")
    assert len(manifest["files"]) == 1
