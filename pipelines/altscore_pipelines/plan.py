"""What a run works on, fixed before it starts: batches, consent, identities, snapshot day, code."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from altscore_libs.canonical_json import canonical_json

from altscore_pipelines.bronze import Batch, BronzeContent, SetAside
from altscore_pipelines.erp_totals import newest_statements
from altscore_pipelines.storage import Storage

PACKAGE = Path(__file__).resolve().parent


class Identity(NamedTuple):
    """The vault's answer for one ledger of a consented retailer; `gst_state`: first two digits of a verified GSTIN."""

    subject_token: str
    retailer_id: str
    gst_verified: bool
    gst_state: str | None = None


@dataclass(frozen=True)
class RunPlan:
    """Everything that decides what a run yields."""

    run_id: str
    run_key: str
    as_of_on: date
    consent_version: int
    code_version: str
    bronze: tuple[tuple[str, str], ...]
    set_aside: tuple[SetAside, ...]

    def variables(self) -> dict[str, Any]:
        """dbt's variables of this run."""
        return {"run_id": self.run_id, "as_of": self.as_of_on.isoformat()}


def run_key(bronze: BronzeContent, *, consent_version: int, code_version: str, as_of_on: date) -> str:
    """Digest of a run's inputs, what is set aside included; equal inputs, equal Gold (decision 62)."""
    document = {
        "bronze": sorted((batch.batch_id, batch.manifest_sha256) for batch in bronze.batches),
        "set_aside": sorted(str(batch) for batch in bronze.set_aside),
        "consent_version": consent_version,
        "code_version": code_version,
        "as_of_on": as_of_on.isoformat(),
    }
    return hashlib.sha256(canonical_json(document)).hexdigest()


def code_version(engine: str, project: Path) -> str:
    """Engine and digest of the SQL and Python that make Silver and Gold."""
    files = [path for pattern in ("*.sql", "*.yml") for path in project.rglob(pattern)]
    generated = {"target", "logs", "tests"}
    files = [path for path in files if not generated & set(path.relative_to(project).parts)]
    files += PACKAGE.rglob("*.py")
    digest = hashlib.sha256()
    for name, path in sorted((path.as_posix().rpartition("/")[2], path) for path in files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return f"{engine}-{digest.hexdigest()[:32]}"


def plan_key(run_id: str) -> str:
    """Key of the plan's document."""
    return f"silver/run={run_id}/plan/plan.json"


def identity_map_prefix(run_id: str) -> str:
    """Where the identity map stands while the run lasts."""
    return f"silver/run={run_id}/plan/identity_map/"


def write_plan(lake: Storage, plan: RunPlan, batches: Sequence[Batch], identities: Sequence[Identity]) -> None:
    """Writes the plan's tables for dbt and, last, its document."""
    write_tables(lake, plan.run_id, batches=batches, identities=identities)
    document = {
        "run_id": plan.run_id,
        "run_key": plan.run_key,
        "as_of_on": plan.as_of_on.isoformat(),
        "consent_version": plan.consent_version,
        "code_version": plan.code_version,
        "bronze": [list(pair) for pair in plan.bronze],
        "set_aside": [batch.document() for batch in plan.set_aside],
    }
    lake.write(plan_key(plan.run_id), canonical_json(document))


def read_plan(lake: Storage, run_id: str) -> RunPlan:
    """The plan of a run.

    Raises:
        Missing: no such run.
    """
    document = json.loads(lake.read(plan_key(run_id)).body)
    return RunPlan(
        run_id=document["run_id"],
        run_key=document["run_key"],
        as_of_on=date.fromisoformat(document["as_of_on"]),
        consent_version=document["consent_version"],
        code_version=document["code_version"],
        bronze=tuple((batch_id, sha256) for batch_id, sha256 in document["bronze"]),
        set_aside=tuple(SetAside(**batch) for batch in document["set_aside"]),
    )


def write_tables(lake: Storage, run_id: str, batches: Sequence[Batch], identities: Sequence[Identity]) -> None:
    """Writes what dbt reads as the source `plan`."""
    files = [(table, where, batch.schema_version) for batch in batches for table, where in batch.files]
    accepted = [(batch.batch_id, batch.distributor_id, *total) for batch in batches for total in batch.totals]
    synced = [(batch.batch_id, batch.distributor_id, batch.covered_on) for batch in batches]
    text, number, paise = pa.string(), pa.int64(), pa.decimal128(28, 0)
    tables = {
        "files": _table(files, {"table_name": text, "uri": text, "schema_version": pa.int32()}),
        "batches": _table(synced, {"batch_id": text, "distributor_id": text, "covered_on": pa.date32()}),
        "accepted_totals": _table(
            accepted,
            {
                "batch_id": text,
                "distributor_id": text,
                "table_name": text,
                "month": text,
                "row_count": number,
                "amount_paise": paise,
            },
        ),
        "erp_totals": _table(
            newest_statements(batches),
            {
                "distributor_id": text,
                "table_name": text,
                "month": text,
                "document_count": number,
                "amount_paise": paise,
                "is_newest": pa.bool_(),
            },
        ),
        "identity_map": _table(
            sorted(identities),
            {"subject_token": text, "retailer_id": text, "gst_verified": pa.bool_(), "gst_state": text},
        ),
    }
    for name, table in tables.items():
        lake.write(f"silver/run={run_id}/plan/{name}/part-0.parquet", _parquet(table))


def _table(rows: Sequence[tuple[Any, ...]], columns: Mapping[str, pa.DataType]) -> pa.Table:
    schema = pa.schema(list(columns.items()))
    arrays = [pa.array([row[place] for row in rows], type=field.type) for place, field in enumerate(schema)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
