"""Features and labels of past days for training: the same models as in production, the snapshot date given."""

import hashlib
import json
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from altscore_pipelines.bronze import Batch, SetAside, read_bronze, snapshot_day
from altscore_pipelines.errors import NoSoundBatch
from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from altscore_pipelines.jobs.bronze_to_silver import make_folders
from altscore_pipelines.plan import Identity, write_tables
from altscore_pipelines.storage import FolderStorage

LABEL_DAYS = 91
_STAGE = "path:models/stage"
_HORIZON = "horizon"
_SILVER = ("silver_ledger", "silver_payment", "silver_return", "silver_allocation", "silver_invoice", "silver_retailer")


def make_training_set(
    bronze: Path,
    identity_map: Path,
    snapshots: Sequence[date],
    out: Path,
    *,
    environment: Mapping[str, str],
    label_days: int = LABEL_DAYS,
) -> list[Path]:
    """Writes one `<snapshot>.parquet` per snapshot: Gold's columns, `label_bad` (1, 0, NULL) and `label_invoices`.

    Args:
        bronze: folder that holds `bronze/dist=…`.
        identity_map: Parquet of subject_token, retailer_id, gst_verified, and where known gst_state.
        snapshots: first instants of these days; features know only earlier events.
        out: folder of the result.
        environment: of the dbt process.
        label_days: an invoice unpaid that many days after it was due is bad; the manifest tells it.

    Returns:
        The files, in order of their snapshots. Retailers without an invoice before the snapshot are left out.

    Raises:
        NoSoundBatch: there is no batch to learn from.
        DbtFailed: a model failed.
    """
    batches, set_aside = read_bronze(FolderStorage(bronze))
    if not batches:
        raise NoSoundBatch(set_aside)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="training-", dir=out) as scratch:
        work = Path(scratch)
        lake = FolderStorage(work / "lake")
        end = snapshot_day(batches)
        stages = _stages(batches, [end, *snapshots])
        for run_id in {*stages.values(), _HORIZON, *(day.isoformat() for day in snapshots)}:
            make_folders(lake, run_id)
        for run_id in set(stages.values()):
            write_tables(lake, run_id, batches=batches, identities=_identities(identity_map))
        dbt = Dbt(PROJECT, work / "dbt", target="duckdb", environment=environment)
        dbt.run(_invocations(lake.root, stages, snapshots=snapshots, end=end, label_days=label_days))
        labels = pq.read_table(work / "lake/gold/run=horizon/labels/part-0.parquet")
        files = [_join(work / "lake", labels, day=day, out=out) for day in snapshots]
    _write_manifest(out, files, set_aside=set_aside, label_days=label_days)
    return files


def _write_manifest(out: Path, files: Sequence[Path], *, set_aside: Sequence[SetAside], label_days: int) -> None:
    """Digest of every file: training refuses a set that is not the one that was made. Unusable batches are named."""
    listed = [{"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in files]
    document = {"files": listed, "label_days": label_days, "set_aside": [str(batch) for batch in set_aside]}
    (out / "manifest.json").write_text(json.dumps(document, sort_keys=True), encoding="utf-8")


def _stages(batches: Sequence[Batch], days: Iterable[date]) -> dict[date, str]:
    """The stage that each day reads: days before which the same batches came share one."""
    covered = sorted({batch.covered_on for batch in batches})
    return {day: f"stage-{bisect_left(covered, day)}" for day in days}


def _invocations(
    root: str, stages: Mapping[date, str], *, snapshots: Sequence[date], end: date, label_days: int
) -> list[Invocation]:
    """Each stage once, then Silver and Gold per snapshot, and one Silver at the end of the ledger for the labels."""

    def variables(run_id: str, day: date, **more: Any) -> dict[str, Any]:
        return {"lake_root": root, "run_id": run_id, "as_of": day.isoformat(), **more}

    days = [day.isoformat() for day in snapshots]
    day_of = {stage: day for day, stage in stages.items()}
    labels = {"stage_run_id": stages[end], "label_snapshots": days, "label_days": label_days}
    return [
        *(
            Invocation("run", [_STAGE], variables(stage, day, statements_before=day.isoformat()))
            for stage, day in day_of.items()
        ),
        Invocation("run", [*_SILVER, "labels"], variables(_HORIZON, end, **labels)),
        *(
            Invocation(
                "run",
                [*_SILVER, "retailer_features"],
                variables(day.isoformat(), day, stage_run_id=stages[day]),
            )
            for day in snapshots
        ),
    ]


def _identities(path: Path) -> list[Identity]:
    columns = [name for name in pq.read_schema(path).names if name in Identity._fields]
    table = pq.read_table(path, columns=columns)
    return [Identity(**row) for row in table.to_pylist()]


def _join(lake: Path, labels: pa.Table, day: date, out: Path) -> Path:
    features = pq.read_table(lake / f"gold/run={day.isoformat()}/retailer_features/part-0.parquet")
    known = features.filter(pc.is_valid(features["recency_days"]))
    ours = labels.filter(pc.equal(labels["as_of_on"], pa.scalar(day, pa.date32()))).drop_columns(["as_of_on"])
    joined = known.join(ours, "retailer_id", join_type="left outer").sort_by("retailer_id")
    missing = pc.fill_null(joined["label_invoices"], 0)
    place = joined.schema.get_field_index("label_invoices")
    path = out / f"{day.isoformat()}.parquet"
    pq.write_table(joined.set_column(place, "label_invoices", missing), path, compression="zstd")
    return path
