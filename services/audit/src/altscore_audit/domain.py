"""Rules of the chain: what is chained where, the text that is hashed, when a checkpoint is due. No I/O, no clock."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, UUID, uuid5

from altscore_libs.consumer import RawMessage, Received
from altscore_libs.signer import canonical

GENERAL = "general"
FAILED_AUTH = "failed_auth"
CHAINS = (GENERAL, FAILED_AUTH)
UNLISTED = "unlisted_action"
UNREADABLE = "unreadable_event"
CONFLICTING = "conflicting_event"
OURS = frozenset({UNLISTED, UNREADABLE, CONFLICTING})  # marks of this service; no producer may set them
CHECKPOINT_ROWS = 1_000
MAX_SEQ = 2**53 - 1  # RFC 8785 numbers are doubles
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Rule(NamedTuple):
    """Where entries of an action belong and how long they are kept, years."""

    chain: str
    retention_years: int


@dataclass(frozen=True)
class Entry:
    """Something to be chained."""

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


def retention_years(rules: Mapping[str, Rule], chain: str) -> int:
    """How long a chain's checkpoints are locked: as long as its longest-kept action, years."""
    return max((rule.retention_years for rule in rules.values() if rule.chain == chain), default=7)


def instant(at: datetime) -> str:
    """UTC with microseconds, one form only."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry_of(event: Received, rules: Mapping[str, Rule]) -> Entry:
    """The entry of an audit event; an action that nobody listed is chained all the same, under a name of ours.

    Raises:
        ValueError: the event has no RFC 8785 form.
    """
    payload = canonical(
        {
            "event_id": str(event.event_id),
            "occurred_at": instant(event.occurred_at),
            "producer": event.producer,
            "producer_seq": event.producer_seq,
            **event.data,
        }
    ).decode()
    action = str(event.data["action"])
    rule = None if action in OURS else rules.get(action)
    if rule is None:
        return Entry(GENERAL, event.event_id, event.occurred_at, UNLISTED, payload)
    return Entry(rule.chain, event.event_id, event.occurred_at, action, payload)


def unreadable(raw: RawMessage, reason: str, seen_at: datetime) -> Entry:
    """The entry of a message that nobody can read: where it is and its digest, so that it can be found and proven.

    The id follows from the place, so a second delivery is the same entry, whatever the second reason was.
    """
    place = f"{raw.topic}/{raw.partition}/{raw.offset}"
    payload = canonical(
        {
            "topic": raw.topic,
            "partition": raw.partition,
            "offset": raw.offset,
            "sha256": base64.b64encode(hashlib.sha256(raw.value).digest()).decode(),
            "bytes": len(raw.value),
            "reason": reason,
        }
    ).decode()
    return Entry(GENERAL, uuid5(NAMESPACE_OID, f"altscore-audit:{place}"), seen_at, UNREADABLE, payload)


def conflicting(entry: Entry) -> Entry:
    """The entry of an event whose id stands already with another content: kept whole beside the first."""
    digest = hashlib.sha256(entry.payload.encode()).hexdigest()
    payload = canonical(
        {"conflicts_with": str(entry.event_id), "action": entry.action, "claimed_payload": entry.payload}
    ).decode()
    identifier = uuid5(entry.event_id, f"altscore-audit:{digest}")
    return Entry(entry.chain, identifier, entry.occurred_at, CONFLICTING, payload)


def is_countable(event: Received) -> bool:
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


def checkpoint_due(unsealed_rows: int, oldest_unsealed_s: float, interval_s: float) -> bool:
    """Whether a chain needs a checkpoint: 1,000 rows, or any row older than the interval.

    Args:
        unsealed_rows: entries behind the newest checkpoint.
        oldest_unsealed_s: age of the oldest of them, seconds.
        interval_s: longest time that an entry stays without a signed checkpoint, seconds.

    Source: decisions 42.
    """
    return unsealed_rows >= CHECKPOINT_ROWS or (unsealed_rows > 0 and oldest_unsealed_s >= interval_s)


def checkpoint_document(link: Link, *, signed_at: datetime, key_id: str) -> str:
    """The RFC 8785 text that is signed."""
    return canonical(
        {
            "version": 1,
            "chain": link.chain,
            "seq": link.seq,
            "entry_hash": link.entry_hash.hex(),
            "signed_at": instant(signed_at),
            "key_id": key_id,
        }
    ).decode()


def checkpoint_key(chain: str, seq: int) -> str:
    """Where a checkpoint stands in the bucket; names sort as numbers do."""
    return f"checkpoints/{chain}/{seq:020d}.json"
