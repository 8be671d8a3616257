"""The file of a proof, read strictly: every member has one form, so that two texts are never taken for the same."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HASH, _SIGNATURE = re.compile("[0-9a-f]{64}"), re.compile("[0-9a-f]{128}")
_COPIED = ("event_id", "action", "occurred_at")  # the payload of an event says them too
_NAMED_BY_AUDIT = {"unlisted_action", "conflicting_event", "unreadable_event"}  # over a payload that says otherwise
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTS = ("chain", "event_id", "occurred_at", "recorded_at", "action", "payload")
_MEMBERS = {
    "": {"version", "entry", "path", "checkpoint", "cosignature"},
    "version 1": {"version", "entry", "path", "checkpoint"},
    "cosignature.": {"statement", "signature"},
    "entry.": {*_TEXTS, "seq", "prev_hash", "entry_hash"},
    "checkpoint.": {"document", "signature"},
}


class NotProven(Exception):
    """The bundle contradicts itself or its checkpoint; the text names the member."""


class Bundle(NamedTuple):
    """A proof whose members all have the form that they must have."""

    entry: Mapping[str, Any]
    entry_hash: bytes
    path: list[bytes]
    checkpoint: Mapping[str, Any]


def read_bundle(bundle: Any) -> Bundle:
    """A proof, read.

    Raises:
        NotProven: a member is missing, too many or of another form.
    """
    _require(isinstance(bundle, dict), "file: this is no proof bundle")
    version = bundle.get("version")
    _require(type(version) is int and version in (1, 2), "version: this verifier knows the versions 1 and 2")
    _require_members(bundle, "" if version == 2 else "version 1")
    cosignature = bundle.get("cosignature")
    if cosignature is not None:
        _require_members(cosignature, "cosignature.")
        _require(_is_text(cosignature["statement"]), "cosignature.statement: not a text")
        _require(_matches(_SIGNATURE, cosignature["signature"]), "cosignature.signature: not a signature")
    entry, path, checkpoint = bundle["entry"], bundle["path"], bundle["checkpoint"]
    _require_members(entry, "entry.")
    _require_members(checkpoint, "checkpoint.")
    for name in _TEXTS:
        _require(_is_text(entry[name]), f"entry.{name}: not a text")
    _require(type(entry["seq"]) is int and entry["seq"] > 0, "entry.seq: not a number of an entry")
    for name in ("occurred_at", "recorded_at"):
        _require(_micros(entry[name]) is not None, f"entry.{name}: not an instant with a zone")
    for name in ("prev_hash", "entry_hash"):
        _require(_matches(_HASH, entry[name]), f"entry.{name}: not a hash")
    for name in _TEXTS[:-1]:  # the same hashed text could be read as another entry
        _require("\n" not in entry[name], f"entry.{name}: it has a line break")
    _require(type(path) is list and all(_matches(_HASH, sibling) for sibling in path), "path: not a list of hashes")
    _require(_is_text(checkpoint["document"]), "checkpoint.document: not a text")
    _require(_matches(_SIGNATURE, checkpoint["signature"]), "checkpoint.signature: not a signature")
    return Bundle(
        entry=entry,
        entry_hash=bytes.fromhex(entry["entry_hash"]),
        path=[bytes.fromhex(sibling) for sibling in path],
        checkpoint=checkpoint,
    )


def entry_hash(entry: Mapping[str, Any]) -> bytes:
    """The hash that an entry with this content must have."""
    lines = [
        "altscore-audit-1",
        entry["chain"],
        str(entry["seq"]),
        entry["prev_hash"],
        entry["event_id"],
        str(_micros(entry["occurred_at"])),
        str(_micros(entry["recorded_at"])),
        entry["action"],
        entry["payload"],
    ]
    return hashlib.sha256("\n".join(lines).encode()).digest()


def suspects(entry: Mapping[str, Any]) -> str:
    """The members of an entry that can have been changed, where its content does not have its hash."""
    try:
        copied = json.loads(entry["payload"])
        copies = {name: copied[name] for name in _COPIED}
    except (ValueError, KeyError, TypeError, RecursionError):
        return "entry.payload, entry.event_id, entry.action, entry.occurred_at, entry.recorded_at or entry.prev_hash"
    if _micros(copies["occurred_at"]) == _micros(entry["occurred_at"]):
        copies["occurred_at"] = entry["occurred_at"]  # the same instant, written otherwise
    if entry["action"] in _NAMED_BY_AUDIT:
        copies["action"] = entry["action"]
    if differing := [name for name in _COPIED if copies[name] != entry[name]]:
        return f"entry.{differing[0]} or entry.payload"
    return "entry.payload, entry.recorded_at or entry.prev_hash"


def _require_members(value: Any, place: str) -> None:
    _require(isinstance(value, dict), f"{place.rstrip('.') or 'file'}: this is no proof bundle")
    if differing := sorted(_MEMBERS[place] ^ set(value)):
        name = f"{place.removeprefix('version 1')}{differing[0]}"
        raise NotProven(f"{'version or ' * (name == 'cosignature')}{name}: this is no proof bundle")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotProven(otherwise)


def _is_text(value: Any) -> bool:
    return type(value) is str and _SURROGATE.search(value) is None


def _matches(form: re.Pattern[str], value: Any) -> bool:
    return type(value) is str and form.fullmatch(value) is not None


def _micros(text: Any) -> int | None:
    """Microseconds since 1970, None for no instant."""
    try:
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return None if at.tzinfo is None else (at - _EPOCH) // timedelta(microseconds=1)
