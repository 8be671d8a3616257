"""A batch as Bronze keeps it, and what its rows mean for the newest statement of each record. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from altscore_ingestion.batches.bronze import SCHEMA_VERSION, SCHEMAS
from altscore_ingestion.batches.domain import (
    BatchHeader,
    Candidate,
    ContentKey,
    Counts,
    RecordState,
    SubjectIdentity,
    candidate,
)
from altscore_ingestion.batches.order import Standing, StatementOrder
from altscore_ingestion.batches.payload import Table
from altscore_ingestion.batches.records import Record
from altscore_ingestion.totals.domain import ErpTotal, MonthKey

_NOT_THE_RECORDS = frozenset(
    {
        *("distributor_id", "batch_id", "record_id", "subject_token", "sealed_identity", "erp_type"),
        *("schema_version", "ingested_at", "row_sha256"),
        *("content_version", "source_order", "sequence", "is_outdated"),
    }
)
_DAY: Mapping[Table, str] = {"invoices": "invoice_on", "payments": "paid_on", "returns": "returned_on"}
_UNKNOWN_GST = "absent"  # until a line of the customer master says it


class BronzeUnreadable(ValueError):
    """A batch in Bronze is not what its manifest says."""


class ManifestFile(msgspec.Struct, frozen=True):
    """A Parquet file of the batch."""

    name: str
    sha256: str

    @property
    def table(self) -> str:
        """The table that it holds; a file that did not get its own name bears its digest too."""
        return self.name.partition(".")[0]


class _Total(msgspec.Struct, frozen=True):
    table: Table
    month: str
    count: int
    amount_inr: Decimal


class Manifest(msgspec.Struct, frozen=True):
    """What is needed of a manifest."""

    schema_version: int
    batch_id: str
    distributor_id: str
    erp_type: str
    ingested_at: datetime
    sync_from: datetime
    sync_to: datetime
    files: list[ManifestFile]
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int
    sequence: int | None = None
    erp_totals: list[_Total] = []

    @property
    def counts(self) -> Counts:
        """Where its records went."""
        return Counts(self.submitted, self.accepted, quarantined=self.quarantined, duplicate=self.duplicate)

    def header(self) -> BatchHeader:
        """As the batch was taken."""
        totals = {
            MonthKey(total.table, date.fromisoformat(f"{total.month}-01")): ErpTotal(total.count, total.amount_inr)
            for total in self.erp_totals
            if total.table != "retailers"
        }
        return BatchHeader(
            batch_id=self.batch_id,
            distributor_id=self.distributor_id,
            erp_type=self.erp_type,
            ingested_at=self.ingested_at,
            sync_from=self.sync_from,
            sync_to=self.sync_to,
            sequence=self.sequence,
            erp_totals=totals,
        )


def read_manifest(body: bytes, *, distributor_id: str, batch_id: str) -> Manifest:
    """The manifest of a folder.

    Raises:
        BronzeUnreadable: no manifest, of another folder, or of a schema that is not read.
    """
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BronzeUnreadable("not a manifest") from error
    if (manifest.distributor_id, manifest.batch_id) != (distributor_id, batch_id):
        raise BronzeUnreadable("the manifest of another batch")
    if manifest.schema_version != SCHEMA_VERSION:
        raise BronzeUnreadable("a manifest of another schema")
    return manifest


class Stated(NamedTuple):
    """A row of Bronze as the statement that it was.

    Attributes:
        is_history: a newer statement had overtaken it when it arrived.
    """

    candidate: Candidate
    subject: SubjectIdentity
    order: StatementOrder
    content_version: int
    is_history: bool


def stated(table: Table, row: Mapping[str, Any]) -> Stated:
    """A row of a file, with the digest that its content had."""
    values = {name: row[name] for name in SCHEMAS[table].names if name not in _NOT_THE_RECORDS}
    gst_status = str(values.pop("gst_status")) if table == "retailers" else _UNKNOWN_GST
    subject = SubjectIdentity(row["subject_token"], bytes(row["sealed_identity"]), gst_status)
    record = Record(
        table=table,
        index=0,
        key=_key(table, row),
        retailer_ref=None,
        invoice_id=None,
        dated_on=row[_DAY[table]] if table in _DAY else None,
        values=values,
    )
    order = StatementOrder(row.get("source_order", 0), row.get("sequence", 0))
    is_history = bool(row.get("is_outdated", False))
    return Stated(
        candidate=candidate(record, subject),
        subject=subject,
        order=order,
        content_version=row["content_version"],
        is_history=is_history,
    )


def _key(table: Table, row: Mapping[str, Any]) -> str:
    match table:
        case "payments":
            return f"{row['payment_id']}#{row['line_no']}"
        case "invoices":
            return str(row["invoice_id"])
        case "returns":
            return str(row["return_id"])
        case _:
            return str(row["subject_token"])


@dataclass(frozen=True)
class Changes:
    """What a batch changes: new states, and contents that are not live."""

    states: dict[tuple[Table, str], RecordState]
    superseded: set[ContentKey]


def taken_in(
    rows: Iterable[Stated], stored: Mapping[tuple[Table, str], RecordState], *, arrived_at: datetime
) -> Changes:
    """What the rows of a batch mean beside what is stored, whichever of both is the newer.

    The greatest source order, then sequence, then arrival is live, as it was when the batch came in (decision 79).
    """
    changes = Changes(states={}, superseded=set())
    for row in rows:
        item = row.candidate
        place = (item.record.table, item.key)
        before = changes.states.get(place) or stored.get(place)
        standing = Standing(row.order, arrived_at)
        content = ContentKey(item.record.table, item.key, item.content_sha256)
        if before is None:
            changes.states[place] = _live(row, standing, version=row.content_version)
            continue
        version = max(before.content_version, row.content_version)
        is_newer = not row.is_history and standing >= before.standing  # of two in one batch the later stands
        if is_newer:
            if before.content_sha256 != item.content_sha256:
                changes.superseded.add(content._replace(content_sha256=before.content_sha256))
            changes.states[place] = _live(row, standing, version=version)
        else:
            if before.content_sha256 != item.content_sha256:
                changes.superseded.add(content)
            changes.states[place] = before._replace(content_version=version)
    return changes


def _live(row: Stated, standing: Standing, *, version: int) -> RecordState:
    values = row.candidate.record.values
    amount, is_cancelled = values.get("amount_inr"), values.get("is_cancelled")
    return RecordState(
        content_version=version,
        content_sha256=row.candidate.content_sha256,
        subject_token=row.candidate.subject_token,
        order=standing.order,
        stated_at=standing.stated_at,
        dated_on=row.candidate.record.dated_on,
        amount_inr=amount if isinstance(amount, Decimal) else None,
        is_cancelled=is_cancelled if isinstance(is_cancelled, bool) else None,
    )


def unknown_body(batch_id: str) -> bytes:
    """Stands for the digest of a body that Bronze does not keep; no body has it."""
    return hashlib.sha256(f"recovered|{batch_id}".encode()).digest()
