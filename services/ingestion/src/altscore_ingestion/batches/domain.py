"""Rules of a batch: whose its records are, what is new and what a correction, and its result. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from altscore_libs.canonical_json import canonical_digest
from altscore_libs.errors import FieldError

from altscore_ingestion.batches.payload import Table
from altscore_ingestion.batches.records import Record, Rejected, Value


class Counts(NamedTuple):
    """Where the records of a batch went: accepted + quarantined + duplicate = submitted."""

    submitted: int
    accepted: int
    quarantined: int
    duplicate: int


@dataclass(frozen=True)
class BatchHeader:
    """What all rows of a batch share."""

    batch_id: str
    distributor_id: str
    erp_type: str
    ingested_at: datetime
    sync_from: datetime
    sync_to: datetime

    @property
    def prefix(self) -> str:
        """Folder of the batch in the Bronze bucket; by day of arrival (UTC)."""
        return f"bronze/dist={self.distributor_id}/day={self.ingested_at:%Y-%m-%d}/batch={self.batch_id}"


@dataclass(frozen=True)
class StoredBatch:
    """A batch as the database knows it."""

    batch_id: str
    distributor_id: str
    client_batch_id: UUID
    body_sha256: bytes
    erp_type: str
    state: str
    received_at: datetime
    submitted: int
    accepted: int | None
    quarantined: int | None
    duplicate: int | None
    completeness: Decimal | None

    @property
    def is_complete(self) -> bool:
        """Whether it is in Bronze and announced."""
        return self.state == "complete"

    def original_result(self) -> dict[str, Any]:
        """The result of a complete batch, as its first sender was told it."""
        return {
            "batch_id": self.batch_id,
            "submitted": self.submitted,
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "duplicate": self.duplicate,
            "status": "complete",
        }


@dataclass(frozen=True)
class RecordOutcome:
    """A record that is not in Bronze."""

    table: str
    index: int
    status: str
    reasons: list[dict[str, str]]


class SubjectIdentity(NamedTuple):
    """The vault's answer for one ledger: keyed token and encrypted identity."""

    subject_token: str
    encrypted_identity: bytes
    gst_status: str


class ExistingRow(NamedTuple):
    """What is stored of a record: newest version, digest of its content, whose it is."""

    content_version: int
    content_sha256: bytes
    subject_token: str


class Candidate(NamedTuple):
    """A record of a known retailer before it is compared with what is stored."""

    record: Record
    key: str
    subject_token: str
    content_sha256: bytes


@dataclass(frozen=True, slots=True)
class Versioned:
    """A record with its retailer and its version, as Bronze will hold it."""

    record: Record
    key: str
    subject_token: str
    content_version: int
    content_sha256: bytes

    @property
    def amount_inr(self) -> Decimal:
        """The amount of an invoice, payment or return.

        Raises:
            TypeError: a line of the customer master has none.
        """
        value = self.record.values.get("amount_inr")
        if not isinstance(value, Decimal):
            raise TypeError(f"a record of {self.record.table} has no amount")
        return value


def resolve(
    records: Iterable[Record], tokens: Mapping[str, str], stored_invoices: Mapping[str, str]
) -> tuple[list[tuple[Record, str]], list[Rejected]]:
    """Gives every record the subject token of its retailer.

    Args:
        records: the accepted records.
        tokens: subject token by retailer_ref.
        stored_invoices: subject token by invoice id, of earlier batches.

    Returns:
        Records with tokens, and those whose only pointer is an unknown invoice.
    """
    listed = list(records)
    token_of_invoice = dict(stored_invoices)
    token_of_invoice |= {
        record.key: tokens[record.retailer_ref]
        for record in listed
        if record.table == "invoices" and record.retailer_ref
    }
    resolved: list[tuple[Record, str]] = []
    rejected: list[Rejected] = []
    for record in listed:
        if record.retailer_ref:
            resolved.append((record, tokens[record.retailer_ref]))
        elif token := token_of_invoice.get(record.invoice_id or ""):
            resolved.append((record, token))
        else:
            reason = FieldError("retailer_ref", "is missing, and the invoice is unknown")
            rejected.append(Rejected(record.table, record.index, (reason,)))
    return resolved, rejected


def candidate(record: Record, subject: SubjectIdentity) -> Candidate:
    """Key and content of a record; a line of the master is known by its token, and a new phone or name changes it."""
    extra: dict[str, Value] = {}
    key = record.key
    if record.table == "retailers":
        identity = hashlib.sha256(subject.encrypted_identity).hexdigest()
        extra = {"gst_status": subject.gst_status, "identity": identity}
        key = subject.subject_token
    digest = content_digest(record, subject.subject_token, extra=extra)
    return Candidate(record=record, key=key, subject_token=subject.subject_token, content_sha256=digest)


def content_digest(record: Record, subject_token: str, *, extra: Mapping[str, Value]) -> bytes:
    """SHA-256 of a record's content as canonical JSON; an equal digest is a duplicate, another one a correction.

    Args:
        record: the record.
        subject_token: keyed token of its retailer, so that no personal data enters the digest.
        extra: columns that the vault's answer adds.
    """
    content = {**record.values, **extra, "subject_token": subject_token}
    return canonical_digest(
        {name: str(value) if isinstance(value, date | Decimal) else value for name, value in content.items()}
    )


def assign_versions(
    candidates: Iterable[Candidate], stored: Mapping[tuple[Table, str], ExistingRow]
) -> tuple[list[Versioned], list[Record]]:
    """Tells new records and corrections from duplicates.

    Args:
        candidates: in the order of the batch.
        stored: newest stored version per (table, key).

    Returns:
        The records to write, each with its version, and the duplicates: same content as the newest version.
    """
    newest = dict(stored)
    versioned: list[Versioned] = []
    duplicates: list[Record] = []
    for record, key, token, digest in candidates:
        before = newest.get((record.table, key))
        if before is not None and before.content_sha256 == digest:
            duplicates.append(record)
            continue
        version = 1 if before is None else before.content_version + 1
        newest[(record.table, key)] = ExistingRow(version, digest, token)
        versioned.append(
            Versioned(record=record, key=key, subject_token=token, content_version=version, content_sha256=digest)
        )
    return versioned, duplicates


def invoiced_inr(records: Iterable[Versioned]) -> Decimal:
    """Sum of the invoices among these records, rupees."""
    return sum((item.amount_inr for item in records if item.record.table == "invoices"), Decimal("0.00"))


def completeness(records: Sequence[Record], *, verified_refs: frozenset[str]) -> Decimal:
    """How complete a batch is, 0-100 with one decimal; informational (decision 68 defines the retailer's own).

    50 x share of invoices with a due date (default terms count half) + 25 x share of payments that name an invoice or
    a bill + 25 x share of invoices whose retailer has a verified GSTIN. A part without records counts in full.
    """
    invoices = [record for record in records if record.table == "invoices"]
    payments = [record for record in records if record.table == "payments"]
    due = sum(
        Decimal("0.5") if record.values["due_on_is_default"] else Decimal(1)
        for record in invoices
        if record.values["due_on"]
    )
    named = sum(1 for record in payments if record.values["invoice_id"] or record.values["bill_ref"])
    verified = sum(1 for record in invoices if record.retailer_ref in verified_refs)
    score = (
        50 * _share(due, len(invoices))
        + 25 * _share(Decimal(named), len(payments))
        + 25 * _share(Decimal(verified), len(invoices))
    )
    return score.quantize(Decimal("0.1"))


def _share(part: Decimal | int, whole: int) -> Decimal:
    return Decimal(part) / whole if whole else Decimal(1)
