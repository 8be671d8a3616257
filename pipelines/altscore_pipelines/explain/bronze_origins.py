"""Where in Bronze a record of Silver comes from: its newest statement, in files checked against their manifests."""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from altscore_pipelines.bronze import PREFIX
from altscore_pipelines.bronze_manifest import read_manifest
from altscore_pipelines.bronze_rows import COLUMNS, LATER_COLUMNS, ORDERED_VERSION, read_rows
from altscore_pipelines.errors import BronzeChanged, RowsUnusable
from altscore_pipelines.explain.records import Key, Origin, SourceRecord
from altscore_pipelines.plan import RunPlan
from altscore_pipelines.storage import Storage

_TABLES = {"invoices": "invoice", "payments": "payment", "returns": "return"}
_DOCUMENT = {"invoices": "invoice_id", "payments": "payment_id", "returns": "return_id"}
_LATER_VALUES = {"source_order": 0, "sequence": 0, "is_outdated": False, "is_cancelled": False, "bounced_on": None}
Row = dict[str, Any]


class Located(NamedTuple):
    """The records with their origins, and their Bronze rows by Bronze table, as schema version 2 has them."""

    records: list[SourceRecord]
    rows: dict[str, list[Row]]


def locate(bronze: Storage, lake: Storage, *, plan: RunPlan, records: Sequence[SourceRecord]) -> Located:
    """Finds the newest statement of every record in the batches of the run.

    Args:
        bronze: root of Bronze.
        lake: root of Silver, for the run's list of files.
        plan: of the run.
        records: of Silver, with `record_id` among their figures.

    Raises:
        BronzeChanged: a file or manifest is not the one that the run read, or a record is not there.
    """
    documents = {record.key: record for record in records if record.key.table != "retailer"}
    statements = _statements(bronze, lake, plan, documents=documents)
    located: list[SourceRecord] = []
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for record in records:
        if record.key.table == "retailer":
            located.append(record)
            rows["retailers"].append(_master_row(record))
            continue
        table, own = statements.get(record.key, ("", []))
        counting = [row for row in own if row["record_id"] == record.figures["record_id"]]
        if not counting:
            raise BronzeChanged(f"record {record.figures['record_id']} of {record.key.distributor_id} is not there")
        newest = max(counting, key=_newness)
        rows[table].append(newest)
        figures = {name: value for name, value in record.figures.items() if name != "record_id"}
        located.append(replace(record, figures=figures, origin=_origin(newest, plan, statements=len(own))))
    return Located(located, rows)


def _statements(
    bronze: Storage, lake: Storage, plan: RunPlan, *, documents: Mapping[Key, SourceRecord]
) -> dict[Key, tuple[str, list[Row]]]:
    """Every statement of the documents that the run's batches hold."""
    distributors = {key.distributor_id for key in documents}
    tables = {key.table for key in documents}
    manifests = dict(plan.bronze)
    statements: dict[Key, tuple[str, list[Row]]] = {}
    for folder, files in _files_by_folder(lake, plan.run_id).items():
        if _distributor_of(folder) not in distributors:
            continue
        body = bronze.read(f"{folder}manifest.json").body
        try:
            manifest = read_manifest(folder, body, now=None)
        except RowsUnusable as error:
            raise BronzeChanged(f"{folder}manifest.json: {error.reason}") from None
        if hashlib.sha256(body).hexdigest() != manifests.get(manifest.batch_id):
            raise BronzeChanged(f"{folder}manifest.json is not the one that the run read")
        digests = {file.table: file.sha256 for file in manifest.files}
        for table, key in files:
            if _TABLES.get(table) in tables:
                content = bronze.read(key).body
                if hashlib.sha256(content).hexdigest() != digests.get(table):
                    raise BronzeChanged(f"{key} is not the one that its manifest names")
                for row in _rows(table, content, manifest.schema_version, documents=documents):
                    statements.setdefault(_key(table, row), (table, []))[1].append(row)
    return statements


def _files_by_folder(lake: Storage, run_id: str) -> dict[str, list[tuple[str, str]]]:
    """Table and key of every Bronze file of the run, by the batch's folder."""
    listed = pq.read_table(io.BytesIO(lake.read(f"silver/run={run_id}/plan/files/part-0.parquet").body)).to_pylist()
    folders: dict[str, list[tuple[str, str]]] = {}
    for file in listed:
        key = PREFIX + file["uri"].rpartition(f"/{PREFIX}")[2]
        folders.setdefault(key.rpartition("/")[0] + "/", []).append((file["table_name"], key))
    return folders


def _distributor_of(folder: str) -> str:
    return folder.partition("dist=")[2].partition("/")[0]


def _rows(table: str, content: bytes, schema_version: int, *, documents: Mapping[Key, SourceRecord]) -> Iterable[Row]:
    ids = {key.document_id for key in documents if key.table == _TABLES[table]}
    rows = read_rows(table, content, schema_version=schema_version)
    ours = rows.filter(pc.is_in(rows[_DOCUMENT[table]], pa.array(sorted(ids), pa.string())))
    missing = LATER_COLUMNS[table] if schema_version < ORDERED_VERSION else {}
    for row in ours.to_pylist():
        complete = row | {name: _LATER_VALUES[name] for name in missing}
        if _key(table, complete) in documents:
            yield complete


def _key(table: str, row: Row) -> Key:
    line_no = int(row["line_no"]) if table == "payments" else 1
    return Key(_TABLES[table], row["distributor_id"], row[_DOCUMENT[table]], line_no=line_no)


def _newness(row: Row) -> tuple[Any, ...]:
    """Order of statements, as `newness_of` in dbt/macros/bronze.sql has it."""
    places = ("source_order", "sequence", "content_version", "ingested_at", "batch_id")
    return (not row["is_outdated"], *(row[name] for name in places))


def _origin(row: Row, plan: RunPlan, *, statements: int) -> Origin:
    return Origin(
        batch_id=row["batch_id"],
        manifest_sha256=dict(plan.bronze)[row["batch_id"]],
        record_id=row["record_id"],
        content_version=row["content_version"],
        arrived_at=row["ingested_at"],
        statements=statements,
    )


def _master_row(record: SourceRecord) -> Row:
    """A Bronze row that says what Silver knows of a master record: the record itself can no longer be told apart."""
    return {
        "distributor_id": record.key.distributor_id,
        "batch_id": "",
        "record_id": "",
        "content_version": 1,
        "gst_status": "",
        **record.figures,
    }
