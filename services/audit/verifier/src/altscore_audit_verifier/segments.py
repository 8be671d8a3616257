"""Segments of a chain whose entries were deleted: signed before, due, decided about by two persons, their root kept."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import psycopg

from altscore_audit_verifier import tree
from altscore_audit_verifier.report import Problem
from altscore_audit_verifier.signatures import LABEL, Keys, is_signed

DECIDERS = "promotion"  # label of the key with which admin signs what two persons decide
KEPT_YEARS = {"general": 7, "failed_auth": 2}  # our own figures, not those of the database
TILE = 256
_INDIA = timezone(timedelta(hours=5, minutes=30))
_KIND = "audit_segment_deletion"
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class NotHeld(ValueError):
    """A segment or a decision does not hold; the text says why."""


class Segment(NamedTuple):
    """What a signed segment says, and the document's digest by which two persons name it."""

    chain: str
    month: str
    first_seq: int
    last_seq: int
    prev_hash: bytes
    last_hash: bytes
    root_hash: bytes
    sha256: str


class Deciders(NamedTuple):
    """Who decided, and when the second person did."""

    proposed_by: str
    approved_by: str
    approved_at: datetime


class Base(NamedTuple):
    """Up to where a chain was rightly deleted: where what is left of it begins, and the tree over what is gone."""

    seq: int
    entry_hash: bytes
    tiles: Sequence[bytes]


NOTHING_DELETED = Base(0, bytes(32), ())


def read_segment(document: str, signature: str, keys: Keys) -> Segment:
    """What a segment says that the key of checkpoints signed.

    Raises:
        NotHeld: it is no segment, or nobody on the list signed it.
    """
    try:
        fields = json.loads(document)
        if (fields["purpose"], fields["version"]) != ("audit_segment", 1):
            raise NotHeld("not a segment")
        key_id = str(fields["key_id"])
        segment = Segment(
            chain=str(fields["chain"]),
            month=str(fields["month"]),
            first_seq=int(fields["first_seq"]),
            last_seq=int(fields["last_seq"]),
            prev_hash=bytes.fromhex(fields["prev_hash"]),
            last_hash=bytes.fromhex(fields["last_hash"]),
            root_hash=bytes.fromhex(fields["root_hash"]),
            sha256=hashlib.sha256(document.encode()).hexdigest(),
        )
    except _MALFORMED as error:
        raise NotHeld("not a segment") from error
    _require_signed(document, signature, key_id, label=LABEL, keys=keys)
    if segment.last_seq % TILE or segment.first_seq > segment.last_seq:
        raise NotHeld("a segment ends with a whole tile")
    return segment


def read_decision(decision: Mapping[str, Any], segment: Segment, keys: Keys) -> Deciders:
    """The two persons who decided to delete this segment.

    Raises:
        NotHeld: nobody on the list signed it, it is about something else or of one person, or it came too early.
    """
    try:
        text = str(decision["record"])
        record = json.loads(text)
        content = record["content"]
        named = (record["purpose"], content["kind"], content["segment_sha256"])
        proposed_by, approved_by = (record[name].strip() for name in ("proposed_by", "approved_by"))
        approved_at, due_at = datetime.fromisoformat(record["approved_at"]), _due_at(segment)
        key_id, signature = str(decision["key_id"]), str(decision["signature"])
    except _MALFORMED as error:
        raise NotHeld("not a decision") from error
    _require_signed(text, signature, key_id, label=DECIDERS, keys=keys)
    if named != ("approval", _KIND, segment.sha256):
        raise NotHeld("the decision is about something else")
    if not proposed_by or not approved_by or proposed_by.casefold() == approved_by.casefold():
        raise NotHeld("the decision is of one person")
    if approved_at.tzinfo is None or approved_at < due_at:
        raise NotHeld("the decision came before the segment was due")
    return Deciders(proposed_by, approved_by, approved_at)


def base_of(connection: psycopg.Connection[Any], chain: str, keys: Keys) -> tuple[Base, list[Problem]]:
    """Up to where a chain was rightly deleted, and what of the deletions does not hold."""
    if connection.execute("SELECT to_regclass('audit_segment_deletion')").fetchone() == (None,):
        return NOTHING_DELETED, []
    problems: list[Problem] = []
    decided: list[Segment] = []
    for segment in _segments(connection, chain, keys, problems):
        statement = "SELECT record, key_id, signature FROM audit_segment_deletion WHERE chain = %s AND last_seq = %s"
        held = 0
        for row in connection.execute(statement, (chain, segment.last_seq)).fetchall():
            try:
                read_decision(dict(zip(("record", "key_id", "signature"), row, strict=True)), segment, keys)
                held += 1
            except NotHeld as error:
                problems.append(Problem(segment.first_seq, "deletion", str(error)))
        if held and segment.first_seq == (decided[-1].last_seq + 1 if decided else 1):
            decided.append(segment)
    if not decided:
        return NOTHING_DELETED, problems
    tiles, wrong = _tiles(connection, chain, decided)
    problems += [] if wrong is None else [wrong]
    return Base(decided[-1].last_seq, decided[-1].last_hash, tiles), problems


def _segments(
    connection: psycopg.Connection[Any], chain: str, keys: Keys, problems: list[Problem]
) -> Sequence[Segment]:
    """The signed segments of a chain by number, each at its place."""
    statement = "SELECT last_seq, document, signature FROM audit_segment WHERE chain = %s ORDER BY last_seq"
    segments: dict[int, Segment] = {}
    for last_seq, document, signature in connection.execute(statement, (chain,)).fetchall():
        try:
            segment = read_segment(document, signature, keys)
            if (segment.chain, segment.last_seq) != (chain, last_seq):
                raise NotHeld("it is stored where another segment belongs")
            segments[last_seq] = segment
        except NotHeld as error:
            problems.append(Problem(last_seq, "segment", str(error)))
    return list(segments.values())


def _tiles(
    connection: psycopg.Connection[Any], chain: str, decided: Sequence[Segment]
) -> tuple[list[bytes], Problem | None]:
    """The stored nodes over what is gone; they must have the roots that the segments name."""
    statement = "SELECT index, hash FROM audit_tree_node WHERE chain = %s AND level = 8 AND index < %s ORDER BY index"
    rows = connection.execute(statement, (chain, decided[-1].last_seq // TILE)).fetchall()
    tiles = [bytes(node) for _, node in rows]
    frontier, previous, seq = tree.Frontier(), bytes(32), 0
    for segment in decided:
        for node in tiles[seq // TILE : segment.last_seq // TILE]:
            frontier.add(node, TILE.bit_length() - 1)
        seq = segment.last_seq
        if segment.prev_hash != previous or frontier.root() != segment.root_hash or len(tiles) * TILE < seq:
            return tiles, Problem(segment.first_seq, "deletion", "the kept nodes do not have the segment's root")
        previous = segment.last_hash
    return tiles, None


def _due_at(segment: Segment) -> datetime:
    year, month = map(int, segment.month.split("-"))
    return datetime(year + month // 12 + KEPT_YEARS[segment.chain], month % 12 + 1, 1, tzinfo=_INDIA)


def _require_signed(text: str, signature: str, key_id: str, *, label: str, keys: Keys) -> None:
    if key_id.rpartition("-")[0] != label or key_id not in keys:
        raise NotHeld("signed by a key that is not on the list")
    if not is_signed(text, signature, keys[key_id]):
        raise NotHeld("the signature does not hold")
