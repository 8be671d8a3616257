"""Rules of a batch: whose its records are, what is new and what a correction, and its result. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from altscore_libs.canonical_json import canonical_digest
from altscore_libs.errors import FieldError

from altscore_ingestion.batches.order import Arrival, Standing, StatementOrder
from altscore_ingestion.batches.payload import Table
from altscore_ingestion.batches.records import Record, Rejected, Value
from altscore_ingestion.totals.domain import ErpTotal, MonthKey

# Fields that records had not when the first digests were stored; what they say by default is no content.
LATER_FIELDS: dict[Table, frozenset[str]] = {
    "payments": frozenset({"bounced_on", "is_cancelled"}),
    "returns": frozenset({"is_cancelled"}),
}


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
    sequence: int | None = None
    erp_totals: Mapping[MonthKey, ErpTotal] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """Folder of the batch in the Bronze bucket; by day of arrival (UTC)."""
        return f"bronze/dist={self.distributor_id}/day={self.ingested_at:%Y-%m-%d}/batch={self.batch_id}"


@dataclass(frozen=True)
class StoredBatch:
    """A batch as the database knows it.

    Attributes:
        is_announced: the broker has acknowledged its event, or nothing waits that could be its event.
    """

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
    is_announced: bool

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


class RecordState(NamedTuple):
    """What is stored of a record.

    Attributes:
        content_version: number of its versions in Bronze, outdated ones included.
        content_sha256: digest of the live content.
        subject_token: whose it is.
        order: the newest statement of the live content.
        stated_at: when that statement arrived.
        dated_on, amount_inr, is_cancelled: of the live content; None where it was stored before they were kept, and
            for the customer master.
    """

    content_version: int
    content_sha256: bytes
    subject_token: str
    order: StatementOrder
    stated_at: datetime
    dated_on: date | None
    amount_inr: Decimal | None
    is_cancelled: bool | None

    @property
    def standing(self) -> Standing:
        """Where its live content stands."""
        return Standing(self.order, self.stated_at)


class ContentKey(NamedTuple):
    """A content that a record had."""

    table: Table
    key: str
    content_sha256: bytes


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
    order: StatementOrder
    is_outdated: bool

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


@dataclass(frozen=True)
class AssignedVersions:
    """What a batch changes.

    Attributes:
        versioned: the records to write, each with its version.
        duplicates: records whose content Bronze holds already.
        states: per (table, key) the new state of a record that changed, or whose content was stated anew.
        superseded: contents that are not, or no longer, live.
    """

    versioned: list[Versioned]
    duplicates: list[Record]
    states: dict[tuple[Table, str], RecordState]
    superseded: set[ContentKey]


_ERASED = FieldError("retailer_ref", "belongs to a retailer who was erased at their own request; do not send it again")
_NOT_INTACT = FieldError(
    "retailer_ref", "what is stored about the retailer is being examined; nothing needs to be sent again"
)


def resolve(
    records: Iterable[Record],
    tokens: Mapping[str, str],
    stored_invoices: Mapping[str, RecordState],
    *,
    arrival: Arrival,
    standing: Mapping[tuple[Table, str], RecordState] = MappingProxyType({}),
    erased: Set[str] = frozenset(),
    not_intact: Set[str] = frozenset(),
) -> tuple[list[tuple[Record, str]], list[Rejected]]:
    """Gives every record the subject token of its retailer.

    Args:
        records: the accepted records.
        tokens: subject token by retailer_ref; a retailer who was erased has none, and nothing about them is kept.
        stored_invoices: states of invoices of earlier batches, by invoice id.
        arrival: of the batch.
        standing: states of the records that this batch withdraws without naming their retailers.
        erased: subject tokens of owners of stored records who were erased; nothing about them is kept either.
        not_intact: references whose identity the vault does not stand for; their records wait in quarantine.

    Returns:
        Records with tokens, and those of erased retailers or whose only pointer is an unknown invoice or record.
    """
    listed = list(records)
    owners = {key: (state.standing, state.subject_token) for key, state in stored_invoices.items()}
    for record in listed:
        token = tokens.get(record.retailer_ref or "")
        if record.table == "invoices" and token is not None:
            order = arrival.order_of(record)
            if record.key not in owners or arrival.is_newer(order, owners[record.key][0]):
                owners[record.key] = (Standing(order, arrival.at), token)
    resolved: list[tuple[Record, str]] = []
    rejected: list[Rejected] = []
    for record in listed:
        if (token := tokens.get(record.retailer_ref or "")) is not None:
            resolved.append((record, token))
        elif record.retailer_ref in not_intact:
            rejected.append(Rejected(record.table, record.index, (_NOT_INTACT,)))
        elif record.retailer_ref:
            rejected.append(Rejected(record.table, record.index, (_ERASED,), is_kept=False))
        elif owner := _owner(record, owners, standing):
            if owner in erased:
                rejected.append(Rejected(record.table, record.index, (_ERASED,), is_kept=False))
            else:
                resolved.append((record, owner))
        else:
            reason = FieldError("retailer_ref", "is missing, and the invoice is unknown")
            rejected.append(Rejected(record.table, record.index, (reason,)))
    return resolved, rejected


def _owner(
    record: Record,
    owners: Mapping[str, tuple[Standing, str]],
    standing: Mapping[tuple[Table, str], RecordState],
) -> str | None:
    """Whose a record is that names no retailer: that of what it withdraws, else that of the invoice it names."""
    withdrawn = standing.get((record.table, record.key)) if record.withdraws else None
    if withdrawn is not None:
        return withdrawn.subject_token
    owner = owners.get(record.invoice_id or "")
    return None if owner is None else owner[1]


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

    A field of LATER_FIELDS that says nothing is left out, so that a record sent again has the digest it always had.

    Args:
        record: the record.
        subject_token: keyed token of its retailer, so that no personal data enters the digest.
        extra: columns that the vault's answer adds.
    """
    later = LATER_FIELDS.get(record.table, frozenset())
    own = {name: value for name, value in record.values.items() if value or name not in later}
    content = {**own, **extra, "subject_token": subject_token}
    return canonical_digest(
        {name: str(value) if isinstance(value, date | Decimal) else value for name, value in content.items()}
    )


def assign_versions(
    candidates: Iterable[Candidate],
    stored: Mapping[tuple[Table, str], RecordState],
    *,
    superseded: Set[ContentKey],
    arrival: Arrival,
) -> AssignedVersions:
    """Tells new records and corrections from duplicates and from statements that a newer one overtook.

    The newest statement is live: greatest source order, then sequence, then arrival. A content equal to the live one
    is a duplicate, which may move the order of the live one. An older statement is outdated: it is written as history
    unless Bronze holds its content.

    Args:
        candidates: in the order of the batch.
        stored: states by (table, key).
        superseded: known contents of these records that are not live.
        arrival: of the batch.
    """
    assigned = AssignedVersions(versioned=[], duplicates=[], states={}, superseded=set())
    for item in candidates:
        place, order = (item.record.table, item.key), arrival.order_of(item.record)
        before = assigned.states.get(place) or stored.get(place)
        content = ContentKey(item.record.table, item.key, item.content_sha256)
        if before is not None and before.content_sha256 == item.content_sha256:
            newest = Standing(order, arrival.at) if arrival.is_newer(order, before.standing) else before.standing
            restated = _live_state(item, newest, content_version=before.content_version)
            if restated != before:
                assigned.states[place] = restated
            assigned.duplicates.append(item.record)
            continue
        is_outdated = before is not None and not arrival.is_newer(order, before.standing)
        if is_outdated and (content in superseded or content in assigned.superseded):
            assigned.duplicates.append(item.record)
            continue
        version = 1 if before is None else before.content_version + 1
        if before is not None and is_outdated:
            assigned.superseded.add(content)
            assigned.states[place] = before._replace(content_version=version)
        else:
            if before is not None:
                assigned.superseded.add(content._replace(content_sha256=before.content_sha256))
            assigned.states[place] = _live_state(item, Standing(order, arrival.at), content_version=version)
        assigned.versioned.append(
            Versioned(
                record=item.record,
                key=item.key,
                subject_token=item.subject_token,
                content_version=version,
                content_sha256=item.content_sha256,
                order=order,
                is_outdated=is_outdated,
            )
        )
    return assigned


def _live_state(item: Candidate, standing: Standing, *, content_version: int) -> RecordState:
    amount, is_cancelled = item.record.values.get("amount_inr"), item.record.values.get("is_cancelled")
    return RecordState(
        content_version=content_version,
        content_sha256=item.content_sha256,
        subject_token=item.subject_token,
        order=standing.order,
        stated_at=standing.stated_at,
        dated_on=item.record.dated_on,
        amount_inr=amount if isinstance(amount, Decimal) else None,
        is_cancelled=is_cancelled if isinstance(is_cancelled, bool) else None,
    )


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
