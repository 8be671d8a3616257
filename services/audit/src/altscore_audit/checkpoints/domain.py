"""Rules of checkpoints: when one is due, the text that is signed, where it is kept. No I/O, no clock."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import format_instant
from altscore_libs.merkle_tree import HASH_BYTES

from altscore_audit.chain.domain import Link

CHECKPOINT_ROWS = 1_000
SIGNING_KEY, WITNESS_KEY = "audit-checkpoint", "audit-witness"
VERSION = 2
"""Of the documents that are signed now. Those of version 1 name no tree; they stay valid for what they say."""


@dataclass(frozen=True)
class Checkpoint:
    """What a signed document says, and the document; of version 1 it names no root."""

    chain: str
    seq: int
    entry_hash: bytes
    root_hash: bytes | None
    key_id: str
    document: str
    signature: bytes


@dataclass(frozen=True)
class Cosignature:
    """What the witness signed about a checkpoint: the exact text, and the signature over it."""

    statement: str
    signature: bytes


class SignedTree(NamedTuple):
    """A checkpoint that names a root, and the witness's signature over it, None where no witness has signed it."""

    checkpoint: Checkpoint
    cosignature: Cosignature | None


def witness_of(statement: str, checkpoint: Checkpoint) -> str | None:
    """The key id of the witness that a statement names, None where it is not about this checkpoint."""
    try:
        fields = json.loads(statement)
        named, witness = fields["checkpoint_sha256"], str(fields["witness"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return witness if named == hashlib.sha256(checkpoint.document.encode()).hexdigest() else None


def tree_above(trees: Sequence[SignedTree], seq: int) -> SignedTree | None:
    """The first of some trees that holds an entry."""
    return next((tree for tree in trees if tree.checkpoint.seq >= seq), None)


def checkpoint_due(unsigned_rows: int, oldest_unsigned_s: float, interval_s: float) -> bool:
    """Whether a chain needs a checkpoint: 1,000 rows, or any row older than the interval.

    Args:
        unsigned_rows: entries behind the newest checkpoint.
        oldest_unsigned_s: age of the oldest of them, seconds.
        interval_s: longest time that an entry stays without a signed checkpoint, seconds.

    Source: decision 42.
    """
    return unsigned_rows >= CHECKPOINT_ROWS or (unsigned_rows > 0 and oldest_unsigned_s >= interval_s)


def checkpoint_document(link: Link, root_hash: bytes, *, signed_at: datetime, key_id: str) -> str:
    """The RFC 8785 text that is signed: the head of the chain, and root and size of the tree over it."""
    return canonical_json(
        {
            "version": VERSION,
            "chain": link.chain,
            "seq": link.seq,
            "entry_hash": link.entry_hash.hex(),
            "tree_size": link.seq,
            "root_hash": root_hash.hex(),
            "signed_at": format_instant(signed_at, "microseconds"),
            "key_id": key_id,
        }
    ).decode()


def read_checkpoint(document: str, signature: bytes) -> Checkpoint | None:
    """What a document says, None for one that is no checkpoint. Whether it is signed is another question."""
    try:
        fields = json.loads(document)
        root_hash = _hash(fields["root_hash"]) if fields["version"] == VERSION else None
        if fields["version"] not in (1, VERSION) or (root_hash and fields["tree_size"] != fields["seq"]):
            return None
        return Checkpoint(
            chain=str(fields["chain"]),
            seq=int(fields["seq"]),
            entry_hash=_hash(fields["entry_hash"]),
            root_hash=root_hash,
            key_id=str(fields["key_id"]),
            document=document,
            signature=signature,
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _hash(text: Any) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != HASH_BYTES:
        raise ValueError("not a hash")
    return raw


def checkpoint_key(chain: str, seq: int) -> str:
    """Key of a checkpoint in the bucket; names sort as numbers do."""
    return f"checkpoints/{chain}/{seq:020d}.json"
