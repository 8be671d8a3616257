"""Reads the chain and recomputes it and the tree over it, entry by entry; one snapshot, however many processes."""

import binascii
import hashlib
import struct
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from altscore_audit_verifier import tree
from altscore_audit_verifier.report import CannotVerify, Problem
from altscore_audit_verifier.segments import NOTHING_DELETED, Base

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MIN_RANGE = 20_000
TILE = 256
_COLUMNS = "seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash"
# PostgreSQL's binary form: a header, then for each row the number of fields and each field behind its length.
_COPY = sql.SQL("""
COPY (
    SELECT seq, event_id, occurred_at, recorded_at, prev_hash, entry_hash, action, payload FROM audit_log
    WHERE chain = {chain} AND seq BETWEEN {start} AND {end} ORDER BY seq
) TO STDOUT (FORMAT BINARY)
""")
_FIXED = struct.Struct(">hiqi16siqiqi32si32si")  # up to the length of the action
_SIGNATURE, _HEADER, _TRAILER = b"PGCOPY\n\xff\r\n\x00", 19, 2
_EPOCH_2000 = 946_684_800_000_000  # microseconds; PostgreSQL counts from 2000


class Row(NamedTuple):
    """An entry as it is stored in the table."""

    seq: int
    event_id: Any
    occurred_at: datetime
    recorded_at: datetime
    action: str
    payload: str
    prev_hash: bytes
    entry_hash: bytes


class Head(NamedTuple):
    """Where a chain says that it ends, and where it does."""

    seq: int
    entry_hash: bytes
    max_seq: int


def recomputed(chain: str, row: Row) -> bytes:
    """The hash that an entry with this content must have."""
    lines = [
        "altscore-audit-1",
        chain,
        str(row.seq),
        bytes(row.prev_hash).hex(),
        str(row.event_id),
        str((row.occurred_at - _EPOCH) // _MICROSECOND),
        str((row.recorded_at - _EPOCH) // _MICROSECOND),
        row.action,
        row.payload,
    ]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).digest()


# A round over a large chain lasts longer than what the role may take by default (its statements and idle transactions).
_OPTIONS = "-c timezone=UTC -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"


@contextmanager
def snapshot(dsn: str, imported: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """A read-only connection that sees one instant of the database.

    Raises:
        CannotVerify: the database does not answer, or the role may not read.
    """
    try:
        with psycopg.connect(dsn, options=_OPTIONS) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            if imported:
                connection.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(imported))
            yield connection
    except psycopg.Error as error:
        raise CannotVerify(f"database: {type(error).__name__}") from error


def heads(connection: psycopg.Connection[Any]) -> dict[str, Head]:
    """Head of every chain."""
    rows = connection.execute(
        "SELECT c.chain, c.last_seq, c.last_hash,"
        " coalesce((SELECT max(seq) FROM audit_log l WHERE l.chain = c.chain), 0) FROM audit_chain c"
    ).fetchall()
    return {chain: Head(seq, bytes(entry_hash), max_seq) for chain, seq, entry_hash, max_seq in rows}


def entry_hash(connection: psycopg.Connection[Any], chain: str, seq: int) -> bytes | None:
    """The hash that is stored at a place, None when there is no entry."""
    row = connection.execute("SELECT entry_hash FROM audit_log WHERE chain = %s AND seq = %s", (chain, seq)).fetchone()
    return bytes(row[0]) if row else None


def unlike_nodes(
    connection: psycopg.Connection[Any], chain: str, level: int, nodes: Sequence[bytes]
) -> Iterator[tuple[int, bytes | None]]:
    """The stored nodes of a level that are not these, by index; None for one that is gone.

    A node behind these is none of them: it was stored for entries that do not exist.
    """
    statement = "SELECT index, hash FROM audit_tree_node WHERE chain = %s AND level = %s ORDER BY index"
    stored = {index: bytes(node) for index, node in connection.execute(statement, (chain, level)).fetchall()}
    for index, node in enumerate(nodes):
        if stored.get(index) != node:
            yield index, stored.get(index)
    yield from ((index, stored[index]) for index in sorted(stored) if not 0 <= index < len(nodes))


def entry_hashes(connection: psycopg.Connection[Any], chain: str, seqs: Collection[int]) -> dict[int, bytes]:
    """The hashes that are stored at some places."""
    statement = "SELECT seq, entry_hash FROM audit_log WHERE chain = %s AND seq = ANY (%s)"
    return {seq: bytes(stored) for seq, stored in connection.execute(statement, (chain, list(seqs))).fetchall()}


class Range(NamedTuple):
    """Entries that are recomputed together; they begin with a tile."""

    chain: str
    start: int
    end: int
    sizes: frozenset[int]
    tile: int
    base: Base


class Part(NamedTuple):
    """A range that was recomputed: the first problem in it, and the tree over it.

    Args:
        problem: None when every entry follows.
        tiles: root of each complete tile of `TILE` leaves.
        tails: for each size that was asked for, the root over the leaves behind its last complete tile.
    """

    problem: Problem | None
    tiles: list[bytes]
    tails: dict[int, bytes]


class Recomputed(NamedTuple):
    """A whole chain that was recomputed: its first problem, the tree's roots, and the tiles that they were made of."""

    problem: Problem | None
    roots: dict[int, bytes]
    tiles: list[bytes]


def check_chain(
    dsn: str,
    connection: psycopg.Connection[Any],
    chain: str,
    *,
    last_seq: int,
    workers: int,
    sizes: Collection[int] = (),
    base: Base = NOTHING_DELETED,
    min_range: int = MIN_RANGE,
    tile: int = TILE,
) -> Recomputed:
    """Recomputes a chain up to `last_seq`; the first entry that is missing, changed or linked wrongly is a problem.

    Args:
        dsn: for the other processes.
        connection: whose snapshot all of them use.
        chain: to check.
        last_seq: where it must end.
        workers: most processes; short chains are read by this one.
        sizes: of the trees whose roots are asked for.
        base: up to where it was rightly deleted, at the end of a tile.
        min_range: fewest entries that are worth a process.
        tile: leaves of a tile, a power of two; ranges begin with one.
    """
    size = -(-max(min_range, -(-(last_seq - base.seq) // max(1, workers))) // tile) * tile
    ranges = [(start, min(start + size - 1, last_seq)) for start in range(base.seq + 1, last_seq + 1, size)]
    asked = frozenset(sizes)
    bare = base._replace(tiles=())
    tasks = [Range(chain=chain, start=start, end=end, sizes=asked, tile=tile, base=bare) for start, end in ranges]
    if len(tasks) <= 1:
        parts = [_check_range(connection, task) for task in tasks]
    else:
        exported = connection.execute("SELECT pg_export_snapshot()").fetchone()
        check = partial(_check_range_apart, dsn, exported[0] if exported else "")
        with ProcessPoolExecutor(max_workers=workers) as processes:
            parts = list(processes.map(check, tasks))
    problems = [part.problem for part in parts if part.problem is not None]
    tiles = [*base.tiles, *(root for part in parts for root in part.tiles)]
    tails = {at: tail for part in parts for at, tail in part.tails.items()}
    return Recomputed(
        problem=min(problems, key=lambda problem: problem.seq, default=None),
        roots={} if problems else _roots(tiles, tails, asked, tile),
        tiles=tiles,
    )


def _roots(tiles: Sequence[bytes], tails: dict[int, bytes], sizes: Collection[int], tile: int) -> dict[int, bytes]:
    """Root of the tree of each size."""
    frontier, added, roots = tree.Frontier(), 0, {}
    for size in sorted(sizes):
        if size // tile > len(tiles) or (size % tile and size not in tails):
            continue  # behind the end
        for root in tiles[added : size // tile]:
            frontier.add(root, tile.bit_length() - 1)
        added = size // tile
        roots[size] = frontier.root(tails.get(size))
    return roots


def _check_range_apart(dsn: str, imported: str, part: Range) -> Part:
    with snapshot(dsn, imported) as connection:
        return _check_range(connection, part)


def _check_range(connection: psycopg.Connection[Any], part: Range) -> Part:
    base = part.base
    is_first = part.start == base.seq + 1
    previous = base.entry_hash if is_first else entry_hash(connection, part.chain, part.start - 1)
    if previous is None:
        return Part(Problem(part.start - 1, "missing", "the entry is gone"), [], {})
    growth = _Growth(part)
    unlike = _first_unlike(connection, part, previous, growth)
    if unlike is None:
        return Part(None, growth.tiles, growth.tails)
    return Part(_problem_at(connection, part.chain, *unlike), [], {})


class _Growth:
    """The tree over a range that begins with a tile."""

    def __init__(self, part: Range) -> None:
        self.tiles: list[bytes] = []
        self.tails: dict[int, bytes] = {}
        self.leaves: list[bytes] = []
        self.tile = part.tile
        self._first_tile = (part.start - 1) // part.tile
        self._asked: dict[int, list[int]] = {}
        for size in part.sizes:
            self._asked.setdefault(size // part.tile, []).append(size)

    def close(self) -> None:
        """Takes the leaves of a tile, complete or not, and forgets them."""
        number = self._first_tile + len(self.tiles)
        asked = {size % self.tile: size for size in self._asked.get(number, ()) if size % self.tile}
        frontier = tree.Frontier()
        for place, leaf in enumerate(self.leaves[: max(asked, default=0)], start=1):
            frontier.add(leaf)
            if place in asked:
                self.tails[asked[place]] = frontier.root()
        if len(self.leaves) == self.tile:
            self.tiles.append(tree.complete_root(self.leaves))
        self.leaves.clear()


def _first_unlike(
    connection: psycopg.Connection[Any], part: Range, previous: bytes, growth: _Growth
) -> tuple[int, bytes] | None:
    """The first place whose entry is not as it must be with the hash before it, None when all are.

    This is where the time goes: the rows come in binary, and nothing is made of them but the text that is hashed.
    """
    statement = _COPY.format(chain=part.chain, start=part.start, end=part.end)
    unlike: tuple[int, bytes] | None = None
    prefix, expected = b"altscore-audit-1\n%s\n" % part.chain.encode(), part.start
    sha256, unpack, hexlify, fixed = hashlib.sha256, _FIXED.unpack_from, binascii.hexlify, _FIXED.size
    leaves, tile = growth.leaves, growth.tile
    with connection.cursor().copy(statement) as copy:
        for block in copy:
            if unlike is not None:
                continue  # what is left is read and forgotten: a copy that is cut off ends the transaction
            offset = _HEADER if expected == part.start and bytes(block[:11]) == _SIGNATURE else 0
            while len(block) - offset > _TRAILER:
                try:
                    values = unpack(block, offset)
                    at = offset + fixed + values[-1]
                    length = int.from_bytes(block[at : at + 4], "big")
                    text = block[at + 4 : at + 4 + length]
                except struct.error:
                    unlike = expected, previous
                    break
                _, _, seq, _, event, _, occurred, _, recorded, _, prev, _, entry, _ = values
                event = hexlify(event)
                line = b"%s%d\n%s\n%s-%s-%s-%s-%s\n%d\n%d\n%s\n%s" % (
                    prefix, seq, hexlify(prev), event[:8], event[8:12], event[12:16], event[16:20], event[20:],
                    occurred + _EPOCH_2000, recorded + _EPOCH_2000, block[offset + fixed : at], text,
                )  # fmt: skip
                if seq != expected or prev != previous or sha256(line).digest() != entry:
                    unlike = expected, previous
                    break
                leaves.append(sha256(b"\x00" + entry).digest())
                if len(leaves) == tile:
                    growth.close()
                offset, previous, expected = at + 4 + length, entry, expected + 1
    growth.close()
    return (expected, previous) if unlike is None and expected <= part.end else unlike


def _problem_at(connection: psycopg.Connection[Any], chain: str, seq: int, previous: bytes) -> Problem:
    """What is wrong with an entry that is not as it must be."""
    stored = connection.execute(
        f"SELECT {_COLUMNS} FROM audit_log WHERE chain = %s AND seq = %s",  # noqa: S608  # constants
        (chain, seq),
    ).fetchone()
    if stored is None:
        return Problem(seq, "missing", "the entry is gone")
    row = Row(*stored)
    if recomputed(chain, row) != bytes(row.entry_hash):
        return Problem(row.seq, "changed", "the content does not have this hash")
    if bytes(row.prev_hash) != previous:
        return _relinked(connection, chain, row)
    return Problem(row.seq, "changed", "the entry is not stored as an entry is")


def _relinked(connection: psycopg.Connection[Any], chain: str, row: Row) -> Problem:
    """Which of two neighbours that do not fit was changed: the one that its other neighbour disowns too."""
    later = connection.execute(
        "SELECT prev_hash FROM audit_log WHERE chain = %s AND seq = %s"
        " UNION ALL SELECT last_hash FROM audit_chain WHERE chain = %s AND last_seq = %s",
        (chain, row.seq + 1, chain, row.seq),
    ).fetchone()
    if row.seq > 1 and later is not None and bytes(later[0]) == bytes(row.entry_hash):
        return Problem(row.seq - 1, "changed", "content and hash were both replaced; the next entry disowns them")
    return Problem(row.seq, "relinked", "the entry does not follow from the one before it")
