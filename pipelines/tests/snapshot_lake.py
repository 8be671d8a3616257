"""Bronze looked at on several days, in one process of dbt: its start costs more than its work."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from altscore_pipelines.jobs.bronze_to_silver import make_folders
from altscore_pipelines.plan import Identity, write_tables
from altscore_pipelines.storage import FolderStorage
from conftest import SHORT_LIVED_JVM
from ledgers import Batch, retailer_id, token
from oracle.records import Ledger

STAGE = "stage"


@dataclass(frozen=True)
class Snapshot:
    """A run over Bronze as it was known on a day.

    Attributes:
        models: that are made after the stage.
        label_days: days that labels are made for; only where `models` has labels.
    """

    day: date
    models: Sequence[str]
    label_days: Sequence[date] = field(default=())


class SnapshotLake:
    """Bronze and the tables made of it, in a folder."""

    def __init__(self, root: Path, batches: Sequence[Batch], identities: Sequence[Identity]) -> None:
        self._lake = FolderStorage(root / "lake-bucket")
        for batch in batches:
            batch.write(root / "bronze-bucket")
        content = read_bronze(FolderStorage(root / "bronze-bucket"))
        assert content.set_aside == []
        write_tables(self._lake, STAGE, batches=content.batches, identities=identities)

    def invocations(self, snapshots: Mapping[str, Snapshot]) -> list[Invocation]:
        """Stage once, then every run's models; labels see the same Silver as the others."""
        end = max(snapshot.day for snapshot in snapshots.values()).isoformat()
        shared = {"lake_root": self._lake.root, "stage_run_id": STAGE}
        calls = [Invocation("run", ["path:models/stage"], {**shared, "run_id": STAGE, "as_of": end})]
        make_folders(self._lake, STAGE)
        for run_id, snapshot in snapshots.items():
            make_folders(self._lake, run_id)
            days = [day.isoformat() for day in snapshot.label_days]
            variables = {**shared, "run_id": run_id, "as_of": snapshot.day.isoformat(), "label_snapshots": days}
            calls.append(Invocation("run", list(snapshot.models), variables))
        return calls

    def table(self, layer: str, run_id: str, name: str) -> pa.Table:
        """A table of a run; the stage and the plan are shared."""
        return pq.read_table(Path(self._lake.root) / layer / f"run={run_id}" / name)

    def gold_bytes(self, run_id: str) -> bytes:
        """Gold's file."""
        return (Path(self._lake.root) / f"gold/run={run_id}/retailer_features/part-0.parquet").read_bytes()


def run_dbt(work: Path, invocations: Sequence[Invocation], *, target: str = "duckdb") -> None:
    """All of them in one process."""
    environment = dict(os.environ) | {"DBT_MEMORY": "2GB", "JAVA_TOOL_OPTIONS": SHORT_LIVED_JVM}
    Dbt(PROJECT, work, target=target, environment=environment).run(invocations)


def identities_of(ledger: Ledger) -> list[Identity]:
    """The vault's answer: every customer's ledger of a retailer who consents; a GSTIN is verified in the first."""
    return [
        Identity(
            token(own.split("/")[1], own),
            retailer_id(retailer),
            gst_verified=retailer in ledger.verified and own.endswith("/1"),
            gst_state=ledger.gst_states.get(retailer),
        )
        for own, retailer in ledger.owners.items()
        if retailer in ledger.consented
    ]
