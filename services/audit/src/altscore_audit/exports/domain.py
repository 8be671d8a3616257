"""Rules of the daily export: which entries make a file, what is in it, and when it counts. No I/O, no clock."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from altscore_libs.instants import INDIA
from altscore_libs.merkle_tree import GrowingTree, leaf_hash

from altscore_audit.chain.domain import Link, first_broken

MOST_ENTRIES = 20_000
MOST_BYTES = 33_554_432
_INSTANT = pa.timestamp("us", tz="UTC")
_HASH = pa.binary(32)
SCHEMA = pa.schema(
    [
        *(("chain", pa.string()), ("seq", pa.int64()), ("event_id", pa.string())),
        *(("occurred_at", _INSTANT), ("recorded_at", _INSTANT), ("action", pa.string()), ("payload", pa.string())),
        *(("prev_hash", _HASH), ("entry_hash", _HASH)),
    ]
)


class Expected(NamedTuple):
    """What a file must hold to count."""

    first_seq: int
    last_seq: int
    prev_hash: bytes
    last_hash: bytes
    root_hash: bytes
    """Of the chain's tree with `last_seq` entries."""


def day_of(link: Link) -> date:
    """The day in India on which an entry was chained: in the chain's order, days never go back."""
    return link.recorded_at.astimezone(INDIA).date()


def is_over(day: date, now: datetime) -> bool:
    """Whether nothing more is chained on a day."""
    return day < now.astimezone(INDIA).date()


class Portion:
    """The next entries that belong into one file: of one day, and few enough to be held in memory."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self._bytes = 0

    def take(self, links: Iterable[Link]) -> bool:
        """Takes entries in order; False when one was left for the next file."""
        for link in links:
            self._bytes += len(link.payload.encode())
            if self.links and (
                day_of(link) != day_of(self.links[0]) or len(self.links) == MOST_ENTRIES or self._bytes > MOST_BYTES
            ):
                return False
            self.links.append(link)
        return True


def object_key(first: Link) -> str:
    """Key of the file that begins with an entry; names sort as entries do."""
    return f"exports/{first.chain}/{day_of(first).isoformat()}/{first.seq:020d}.parquet"


def file_of(links: Sequence[Link]) -> bytes:
    """The entries as a Parquet file, hashes and the hashed text exactly as they are."""
    rows = [{**vars(link), "event_id": str(link.event_id)} for link in links]
    body = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), body, compression="zstd")
    return body.getvalue()


def is_whole(body: bytes, expected: Expected, tree_before: GrowingTree) -> bool:
    """Whether a file that was read back holds exactly these entries: count, chain, first and last hash, root.

    Args:
        body: as it was read.
        expected: what the chain says.
        tree_before: the tree over the entries before, to which those of the file are appended.
    """
    try:
        # `read_table` takes a schema with Arrow's data sets alone, which no image has.
        table = pq.ParquetFile(io.BytesIO(body)).read(use_threads=False)
        rows: list[dict[str, Any]] = table.to_pylist() if table.schema.equals(SCHEMA) else []
        links = [Link(**{**row, "event_id": UUID(row["event_id"])}) for row in rows]
    except (pa.ArrowException, OSError, ValueError, TypeError, AttributeError):
        return False
    if len(links) != expected.last_seq - expected.first_seq + 1:
        return False
    if first_broken(links, after_seq=expected.first_seq - 1, after_hash=expected.prev_hash) is not None:
        return False
    for link in links:
        tree_before.append(leaf_hash(link.entry_hash))
    return (links[-1].entry_hash, tree_before.root()) == (expected.last_hash, expected.root_hash)
