"""Rules of checkpoints: when one is due, the text that is signed, where it is kept. No I/O, no clock."""

from datetime import datetime

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import format_instant

from altscore_audit.chain.domain import Link

CHECKPOINT_ROWS = 1_000


def checkpoint_due(unsigned_rows: int, oldest_unsigned_s: float, interval_s: float) -> bool:
    """Whether a chain needs a checkpoint: 1,000 rows, or any row older than the interval.

    Args:
        unsigned_rows: entries behind the newest checkpoint.
        oldest_unsigned_s: age of the oldest of them, seconds.
        interval_s: longest time that an entry stays without a signed checkpoint, seconds.

    Source: decision 42.
    """
    return unsigned_rows >= CHECKPOINT_ROWS or (unsigned_rows > 0 and oldest_unsigned_s >= interval_s)


def checkpoint_document(link: Link, *, signed_at: datetime, key_id: str) -> str:
    """The RFC 8785 text that is signed."""
    return canonical_json(
        {
            "version": 1,
            "chain": link.chain,
            "seq": link.seq,
            "entry_hash": link.entry_hash.hex(),
            "signed_at": format_instant(signed_at, "microseconds"),
            "key_id": key_id,
        }
    ).decode()


def checkpoint_key(chain: str, seq: int) -> str:
    """Key of a checkpoint in the bucket; names sort as numbers do."""
    return f"checkpoints/{chain}/{seq:020d}.json"
