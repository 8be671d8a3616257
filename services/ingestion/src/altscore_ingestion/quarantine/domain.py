"""What comes back from quarantine, in which order it was stated, and what of it the vault may be told. Pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from altscore_libs.canonical_json import canonical_digest
from altscore_libs.errors import FieldError

from altscore_ingestion.batches.domain import RecordState, SubjectIdentity
from altscore_ingestion.batches.order import Arrival
from altscore_ingestion.batches.payload import TABLES, BatchIn, Table
from altscore_ingestion.batches.records import CheckedBatch, Identity, Rejected
from altscore_ingestion.connectors.domain import QUARANTINE_SHOWN

QUARANTINE_KEPT = QUARANTINE_SHOWN
_LATER_LINE = FieldError("retailer_ref", "has a later line in the customer master, which stands")


class Place(NamedTuple):
    """Where a record stood in its batch."""

    table: Table
    position: int


@dataclass(frozen=True)
class SourceBatch:
    """The batch whose records are in quarantine, and its distributor as it stands now."""

    batch_id: str
    erp_type: str
    is_complete: bool
    received_at: datetime
    manifest_uri: str | None
    manifest_sha256: str | None
    is_active: bool
    max_amount_inr: Decimal

    def is_kept(self, now: datetime) -> bool:
        """Whether its quarantined records are still kept."""
        return now < self.received_at + QUARANTINE_KEPT


class ManifestHead(NamedTuple):
    """What the manifest of a batch keeps of its envelope."""

    sync_from: datetime
    sync_to: datetime
    sequence: int | None


class _Head(msgspec.Struct):
    sync_from: datetime
    sync_to: datetime
    sequence: int | None = None


class _Kept(msgspec.Struct):
    table: Table
    index: int
    record: str


def read_manifest_head(body: bytes, *, sha256: str | None) -> ManifestHead:
    """The envelope's period and sequence.

    Raises:
        ValueError: it is not the manifest with this digest.
    """
    if hashlib.sha256(body).hexdigest() != sha256:
        raise ValueError("not the manifest of the batch")
    try:
        head = msgspec.json.decode(body, type=_Head)
    except msgspec.MsgspecError as error:
        raise ValueError("not a manifest") from error
    return ManifestHead(head.sync_from, head.sync_to, head.sequence)


def read_kept(records: Sequence[dict[str, Any]]) -> dict[Place, msgspec.Raw]:
    """The decrypted records by their place.

    Raises:
        ValueError: not what a batch leaves in quarantine.
    """
    try:
        kept = msgspec.convert(records, type=list[_Kept])
    except msgspec.MsgspecError as error:
        raise ValueError("not records in quarantine") from error
    return {Place(item.table, item.index): msgspec.Raw(item.record.encode()) for item in kept}


@dataclass(frozen=True)
class Reopened:
    """Records from quarantine in the envelope that they came in.

    Attributes:
        batch: the records, in their order.
        places: where each stood, by table.
    """

    batch: BatchIn
    places: Mapping[Table, Sequence[Place]]

    @classmethod
    def of(cls, distributor_id: str, head: ManifestHead, records: Mapping[Place, msgspec.Raw]) -> "Reopened":
        """Puts records back into an envelope."""
        places = {table: sorted(place for place in records if place.table == table) for table in TABLES}
        lists = {table: [records[place] for place in places[table]] for table in TABLES}
        batch = BatchIn(
            distributor_id=distributor_id,
            sync_from=head.sync_from,
            sync_to=head.sync_to,
            sequence=head.sequence,
            invoices=lists["invoices"],
            payments=lists["payments"],
            returns=lists["returns"],
            retailers=lists["retailers"],
        )
        return cls(batch, places)

    def with_places(self, checked: CheckedBatch) -> CheckedBatch:
        """The checked records under the places that they had in their own batch."""
        return replace(
            checked,
            records=tuple(
                replace(item, index=self.places[item.table][item.index].position) for item in checked.records
            ),
            rejected=tuple(
                replace(item, index=self.places[item.table][item.index].position) for item in checked.rejected
            ),
        )

    def digest(self, batch_id: str, places: Iterable[Place]) -> bytes:
        """SHA-256 over the records at these places and their batch: another batch may hold equal ones."""
        chosen = set(places)
        return canonical_digest(
            [batch_id]
            + [
                [*place, bytes(raw).decode()]
                for table in TABLES
                for place, raw in zip(self.places[table], self.batch.records(table), strict=True)
                if place in chosen
            ]
        )


def without_older_lines(
    checked: CheckedBatch,
    by_ref: Mapping[str, SubjectIdentity],
    states: Mapping[tuple[Table, str], RecordState],
    *,
    arrival: Arrival,
) -> CheckedBatch:
    """Leaves out lines of the customer master that a later line has overtaken: Bronze has no history of them."""
    records, rejected = [], list(checked.rejected)
    for record in checked.records:
        subject = by_ref.get(record.retailer_ref or "") if record.table == "retailers" else None
        state = states.get(("retailers", subject.subject_token)) if subject else None
        if state is None or arrival.is_newer(arrival.order_of(record), state.standing):
            records.append(record)
        else:
            rejected.append(Rejected(record.table, record.index, (_LATER_LINE,)))
    return replace(checked, records=tuple(records), rejected=tuple(rejected))


def newer_facts(checked: CheckedBatch, by_ref: Mapping[str, SubjectIdentity]) -> list[Identity]:
    """What the vault does not know better about ledgers that it knew already.

    A line of the customer master that stands brings phone and name; a GSTIN is news where the ledger has shown none.
    """
    standing = {record.retailer_ref for record in checked.records if record.table == "retailers"}
    facts = []
    for identity in checked.identities:
        subject, is_standing = by_ref.get(identity.retailer_ref), identity.retailer_ref in standing
        known = Identity(
            identity.retailer_ref,
            gst=identity.gst if subject is not None and subject.gst_status == "absent" else None,
            phone=identity.phone if is_standing else None,
            shop_name=identity.shop_name if is_standing else None,
        )
        if subject is not None and (known.gst or known.phone or known.shop_name):
            facts.append(known)
    return facts


class Remaining(NamedTuple):
    """Records that stay in quarantine by one rule."""

    table: str
    field: str
    rule: str
    records: int


@dataclass(frozen=True)
class Reprocessing:
    """What became of the quarantined records of a batch.

    Attributes:
        batch_id: the batch that brought records to Bronze now; None when none passed.
        accepted: records that this batch wrote.
        outdated: of these, how many a later statement had overtaken: they are history and not live.
        duplicate: records whose content Bronze held already.
        remaining: what stays, by rule.
    """

    batch_id: str | None
    accepted: int
    outdated: int
    duplicate: int
    remaining: tuple[Remaining, ...]


def count_remaining(reasons: Iterable[tuple[str, FieldError]]) -> tuple[Remaining, ...]:
    """Counts tables with the first rule that a record breaks."""
    counted = Counter((table, reason.field, reason.reason) for table, reason in reasons)
    return tuple(Remaining(*rule, records=records) for rule, records in sorted(counted.items()))


def first_reason(stored: str) -> FieldError:
    """The first rule of a stored outcome."""
    return FieldError(**json.loads(stored)[0])
