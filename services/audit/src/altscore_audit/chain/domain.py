"""Rules of the chain: what is chained where, and the text that is hashed. No I/O, no clock."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import NAMESPACE_OID, UUID, uuid5

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import format_instant

if TYPE_CHECKING:  # types alone: the module itself talks to Kafka
    from altscore_libs.consumer import RawMessage, Received

GENERAL = "general"
FAILED_AUTH = "failed_auth"
CHAINS = (GENERAL, FAILED_AUTH)
_DAYS_A_YEAR = 366  # never shorter than the retention
UNLISTED = "unlisted_action"
UNREADABLE = "unreadable_event"
CONFLICTING = "conflicting_event"
RESERVED_ACTIONS = frozenset({UNLISTED, UNREADABLE, CONFLICTING})  # of this service; no producer may set them
GENESIS = bytes(32)  # the hash before the first entry
MAX_SEQ = 2**53 - 1  # RFC 8785 numbers are doubles
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Rule(NamedTuple):
    """Where entries of an action belong and how long they are kept, years."""

    chain: str
    retention_years: int


@dataclass(frozen=True)
class Entry:
    """An event that is to be chained."""

    chain: str
    event_id: UUID
    occurred_at: datetime
    action: str
    payload: str


@dataclass(frozen=True)
class Link:
    """An entry as the database chained it."""

    chain: str
    seq: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    action: str
    payload: str
    prev_hash: bytes
    entry_hash: bytes


def rules_of(table: Mapping[str, Mapping[str, Any]]) -> dict[str, Rule]:
    """The rule of every action in schemas/audit/actions.yml.

    Raises:
        ValueError: an action names a chain that does not exist.
    """
    rules = {action: Rule(str(row["chain"]), int(row["retention_years"])) for action, row in table.items()}
    if unknown := {rule.chain for rule in rules.values()} - set(CHAINS):
        raise ValueError(f"no such chain: {', '.join(sorted(unknown))}")
    return rules


def locked_until(rules: Mapping[str, Rule], chain: str, now: datetime) -> datetime:
    """Until when evidence of a chain that is stored now is locked: as long as its longest-kept action."""
    years = max((rule.retention_years for rule in rules.values() if rule.chain == chain), default=7)
    return now + timedelta(days=_DAYS_A_YEAR * years)


def entry_of(event: "Received", rules: Mapping[str, Rule]) -> Entry:
    """The entry of an audit event; an unlisted action is chained too, under a name of this service.

    Raises:
        ValueError: the event has no RFC 8785 form.
    """
    fields = {
        "event_id": str(event.event_id),
        "occurred_at": format_instant(event.occurred_at, "microseconds"),
        "producer": event.producer,
        "producer_seq": event.producer_seq,
        **event.data,
    }
    if event.trace_id is not None:
        fields["trace_id"] = event.trace_id
    payload = canonical_json(fields).decode()
    action = str(event.data["action"])
    rule = None if action in RESERVED_ACTIONS else rules.get(action)
    if rule is None:
        chain, action = GENERAL, UNLISTED
    else:
        chain = rule.chain
    return Entry(chain=chain, event_id=event.event_id, occurred_at=event.occurred_at, action=action, payload=payload)


def without_trace(entry: Entry) -> Entry:
    """The entry as it was made before entries named their trace; one that names none is itself."""
    fields = json.loads(entry.payload)
    fields.pop("trace_id", None)
    return replace(entry, payload=canonical_json(fields).decode())


def unreadable_entry(raw: "RawMessage", reason: str, seen_at: datetime) -> Entry:
    """The entry of a message that cannot be read: where it is and its digest, so that it can be found and proven.

    The id follows from place and content, so a second delivery is the same entry, whatever the second reason was, and
    another message at a place that a restored broker gives again is another entry.
    """
    place, digest = f"{raw.topic}/{raw.partition}/{raw.offset}", hashlib.sha256(raw.value)
    payload = canonical_json(
        {
            "topic": raw.topic,
            "partition": raw.partition,
            "offset": raw.offset,
            "sha256": base64.b64encode(digest.digest()).decode(),
            "bytes": len(raw.value),
            "reason": reason,
        }
    ).decode()
    identifier = uuid5(NAMESPACE_OID, f"altscore-audit:{place}/{digest.hexdigest()}")
    return Entry(chain=GENERAL, event_id=identifier, occurred_at=seen_at, action=UNREADABLE, payload=payload)


def conflicting_entry(entry: Entry) -> Entry:
    """The entry of an event whose id is already chained with another content: kept whole beside the first."""
    digest = hashlib.sha256(entry.payload.encode()).hexdigest()
    payload = canonical_json(
        {"conflicts_with": str(entry.event_id), "action": entry.action, "claimed_payload": entry.payload}
    ).decode()
    identifier = uuid5(entry.event_id, f"altscore-audit:{digest}")
    return replace(entry, event_id=identifier, action=CONFLICTING, payload=payload)


def refusal_entry(event_id: UUID, at: datetime, *, caller: str | None, route: str) -> Entry:
    """The entry of a caller that this service's own API refused."""
    payload: dict[str, Any] = {
        "event_id": str(event_id),
        "occurred_at": format_instant(at, "microseconds"),
        "producer": "audit",
        "producer_seq": None,
        "action": "failed_auth",
        "actor": caller or "nobody",
        "subject": route,
        "outcome": "refused",
        "reason": "certificate may not call this route",
        "details": {},
    }
    return Entry(
        chain=FAILED_AUTH,
        event_id=event_id,
        occurred_at=at,
        action="failed_auth",
        payload=canonical_json(payload).decode(),
    )


def is_countable(event: "Received") -> bool:
    """Whether the envelope names a producer and a number that counting can hold."""
    name = event.producer
    return (
        0 < len(name) <= 32
        and all(letter.isascii() and (letter.islower() or letter == "_") for letter in name)
        and 0 < event.producer_seq <= MAX_SEQ
    )


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def link_hash(link: Link) -> bytes:
    """What `entry_hash` must be; the same text that the database's audit_hash() makes."""
    text = "\n".join(
        (
            "altscore-audit-1",
            link.chain,
            str(link.seq),
            link.prev_hash.hex(),
            str(link.event_id),
            str(_micros(link.occurred_at)),
            str(_micros(link.recorded_at)),
            link.action,
            link.payload,
        )
    )
    return hashlib.sha256(text.encode()).digest()


def first_broken(links: Iterable[Link], *, after_seq: int, after_hash: bytes) -> int | None:
    """Sequence number of the first link that does not follow from the one before it, None when all do."""
    seq, previous = after_seq, after_hash
    for link in links:
        seq += 1
        if link.seq != seq or link.prev_hash != previous or link.entry_hash != link_hash(link):
            return seq
        previous = link.entry_hash
    return None
