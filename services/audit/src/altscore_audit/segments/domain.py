"""Rules of segments: which entries a month's segment holds, when it is due, and whose decision deletes it. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import INDIA, format_instant
from altscore_libs.signer import SignatureVerifier, is_signed

from altscore_audit.chain.domain import Rule, locked_until
from altscore_audit.checkpoints.domain import SIGNING_KEY

TILE = 256  # a segment ends with a complete stored node, so that proofs of later entries need nothing that was in it
PURPOSE, VERSION = "audit_segment", 1
KIND = "audit_segment_deletion"  # of the request that two persons decide at admin
DECIDED = "audit_segment_deletion_decided"  # the action by which admin hands their decision over
DECIDERS_KEY = "promotion"  # admin's key of what two persons decide


@dataclass(frozen=True)
class Segment:
    """Consecutive entries of a chain that are deleted together or not at all.

    Attributes:
        chain: of which.
        month: in India, `2026-05`; nothing in it was chained after that month.
        first_seq: of its first entry.
        last_seq: of its last one, a multiple of `TILE`.
        prev_hash: of the entry before it.
        last_hash: of its last entry.
        root_hash: of the chain's tree with `last_seq` entries.
        due_at: until when it is kept.
    """

    chain: str
    month: str
    first_seq: int
    last_seq: int
    prev_hash: bytes
    last_hash: bytes
    root_hash: bytes
    due_at: datetime


class SignedSegment(NamedTuple):
    """A segment and the document that says it, signed like a checkpoint."""

    segment: Segment
    document: str
    signature: str

    @property
    def sha256(self) -> str:
        """By which two persons name it, hex."""
        return hashlib.sha256(self.document.encode()).hexdigest()


class Decision(NamedTuple):
    """What admin signed for two persons."""

    record: str
    key_id: str
    signature: str


def month_of(at: datetime) -> str:
    """The month in India of an instant."""
    return at.astimezone(INDIA).strftime("%Y-%m")


def end_of(month: str) -> datetime:
    """When a month is over in India."""
    year, number = map(int, month.split("-"))
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=INDIA)


def due_at(month: str, chain: str, rules: Mapping[str, Rule]) -> datetime:
    """Until when the entries of a month are kept: as long as the longest-kept action of their chain."""
    return locked_until(rules, chain, end_of(month))


def object_key(segment: Segment, *, is_deletion: bool = False) -> str:
    """Key of a segment's document in the bucket, or of the decision to delete it; names sort as segments do."""
    return f"segments/{segment.chain}/{segment.last_seq:020d}{'.deleted' if is_deletion else ''}.json"


def segment_document(segment: Segment, *, signed_at: datetime, key_id: str) -> str:
    """The RFC 8785 text that is signed; it has no member by which a checkpoint is known."""
    return canonical_json(
        {
            "purpose": PURPOSE,
            "version": VERSION,
            "chain": segment.chain,
            "month": segment.month,
            "first_seq": segment.first_seq,
            "last_seq": segment.last_seq,
            "prev_hash": segment.prev_hash.hex(),
            "last_hash": segment.last_hash.hex(),
            "root_hash": segment.root_hash.hex(),
            "due_at": format_instant(segment.due_at, "seconds"),
            "signed_at": format_instant(signed_at, "microseconds"),
            "key_id": key_id,
        }
    ).decode()


def signed_segment(document: str, signature: str, keys: SignatureVerifier) -> SignedSegment | None:
    """The segment of a row that the key of checkpoints signed; None for any other row."""
    try:
        fields = json.loads(document)
        if (fields["purpose"], fields["version"]) != (PURPOSE, VERSION):
            return None
        segment = Segment(
            chain=str(fields["chain"]),
            month=str(fields["month"]),
            first_seq=int(fields["first_seq"]),
            last_seq=int(fields["last_seq"]),
            prev_hash=bytes.fromhex(fields["prev_hash"]),
            last_hash=bytes.fromhex(fields["last_hash"]),
            root_hash=bytes.fromhex(fields["root_hash"]),
            due_at=datetime.fromisoformat(fields["due_at"]),
        )
        key_id = str(fields["key_id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not is_signed(document, signature, label=SIGNING_KEY, key_id=key_id, keys=keys):
        return None
    return SignedSegment(segment, document, signature)


def decision_of(payload: str) -> Decision | None:
    """The decision that an entry of the action `DECIDED` hands over; None when it holds none."""
    try:
        details = json.loads(payload)["details"]
        return Decision(str(details["record"]), str(details["key_id"]), str(details["signature"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def decides(decision: Decision, signed: SignedSegment, *, keys: SignatureVerifier, now: datetime) -> bool:
    """Whether two persons decided to delete exactly this segment, after it was due."""
    if not is_signed(decision.record, decision.signature, label=DECIDERS_KEY, key_id=decision.key_id, keys=keys):
        return False
    try:
        record = json.loads(decision.record)
        content, approved_at = record["content"], datetime.fromisoformat(record["approved_at"])
        persons = [_person(record["proposed_by"]), _person(record["approved_by"])]
        named = (record["purpose"], content["kind"], content["segment_sha256"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    if named != ("approval", KIND, signed.sha256) or not all(persons) or persons[0] == persons[1]:
        return False
    return signed.segment.due_at <= min(now, approved_at)


def _person(operator: Any) -> str:
    person: str = operator.strip().casefold()
    return person
