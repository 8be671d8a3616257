"""An explanation as JSON and as a table for a terminal. Neither holds a phone, a GSTIN, a name or a subject token."""

import json
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from altscore_libs.instants import format_instant

from altscore_pipelines.explain.records import ROLES, Explanation, SourceRecord

_SHORT = 12  # digits of a digest in the table
_FIGURES_LEFT_OUT = {"amount_capped_inr", "due_on_source", "ingested_at"}


def to_json(explanation: Explanation) -> str:
    """Everything, for programs; money and dates as texts."""
    document = asdict(explanation)
    document["records"] = [_record(record) for record in explanation.records]
    return json.dumps(_plain(document), ensure_ascii=False, indent=2)


def to_table(explanation: Explanation) -> str:
    """The same for a reader, records in the order of their roles."""
    lines = [
        f"{explanation.feature} of {explanation.retailer_id} = {_text(explanation.value)}",
        f"  {explanation.definition}",
        f"  run {explanation.run_id}, snapshot {explanation.as_of_on}, manifest {explanation.manifest_sha256[:_SHORT]}",
        *(_ledger(row) for row in explanation.ledgers),
    ]
    if not explanation.is_current_code:
        lines.append("  the run was made by another version of the SQL than the one that is installed here")
    for role, meaning in ROLES.items():
        of_role = [record for record in explanation.records if record.role == role]
        if of_role:
            lines += ["", f"{role} ({len(of_role)}): {meaning}", *_columns([_cells(record) for record in of_role])]
    if explanation.allocations:
        cells = [
            [
                row["distributor_id"],
                f"{row['source']} {row['source_id']}",
                f"-> {row['invoice_id']}",
                str(row["allocated_on"]),
                f"{row['amount_inr']}",
                row["method"] + (" write-off" if row["is_write_off"] else ""),
            ]
            for row in explanation.allocations
        ]
        lines += ["", f"allocations ({len(cells)})", *_columns(cells)]
    verdict = "agrees" if explanation.agrees else "does not agree"
    return "\n".join([*lines, "", f"recomputed from these records alone: {_text(explanation.recomputed)}: {verdict}"])


def _ledger(row: dict[str, Any]) -> str:
    seen = f"covers {row['covered_on']}, its accounts are seen from {row['account_as_of_on']}"
    return f"  {row['distributor_id']} {seen}" + ("" if row["is_counted"] else "; too late to count")


def _cells(record: SourceRecord) -> list[str]:
    name = " ".join(part for part in (record.key.table, record.key.document_id) if part)
    line = f"/{record.key.line_no}" if record.key.line_no > 1 else ""
    figures = {key: value for key, value in record.figures.items() if key not in _FIGURES_LEFT_OUT}
    known = [f"{key}={_text(value)}" for key, value in figures.items() if value is not None]
    origin = record.origin
    place = (
        ""
        if origin is None
        else f"{origin.batch_id} ({origin.manifest_sha256[:_SHORT]}) {origin.record_id} v{origin.content_version}"
    )
    amount = "" if record.amount_inr is None else f"{record.amount_inr}"
    return [record.key.distributor_id, name + line, str(record.on or ""), amount, place, " ".join(known)]


def _columns(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _record(record: SourceRecord) -> dict[str, Any]:
    return {**record.key._asdict(), **{name: value for name, value in asdict(record).items() if name != "key"}}


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return format_instant(value, "auto")
    if isinstance(value, Decimal | date):
        return str(value)
    return value
