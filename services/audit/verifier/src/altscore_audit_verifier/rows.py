"""Reads the chain and recomputes it, entry by entry; one snapshot, however many processes."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import psycopg

from altscore_audit_verifier.report import CannotVerify, Problem

GENESIS = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PAGE = 5_000
MIN_RANGE = 20_000
_COLUMNS = "seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash"


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


@contextmanager
def snapshot(dsn: str, imported: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """A read-only connection that sees one instant of the database.

    Raises:
        CannotVerify: the database does not answer, or the role may not read.
    """
    try:
        with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
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


def check_chain(
    dsn: str,
    connection: psycopg.Connection[Any],
    chain: str,
    *,
    last_seq: int,
    workers: int,
    min_range: int = MIN_RANGE,
) -> Problem | None:
    """The first entry up to `last_seq` that is missing, changed or linked wrongly; None when all follow.

    Args:
        dsn: for the other processes.
        connection: whose snapshot all of them use.
        chain: to check.
        last_seq: where it must end.
        workers: most processes; short chains are read by this one.
        min_range: fewest entries that are worth a process.
    """
    size = max(min_range, -(-last_seq // max(1, workers)))
    ranges = [(start, min(start + size - 1, last_seq)) for start in range(1, last_seq + 1, size)]
    if len(ranges) <= 1:
        return _check_range(connection, chain, 1, last_seq)
    exported = connection.execute("SELECT pg_export_snapshot()").fetchone()
    check = partial(_check_range_apart, dsn, exported[0] if exported else "", chain)
    with ProcessPoolExecutor(max_workers=workers) as processes:
        problems = [problem for problem in processes.map(check, ranges) if problem is not None]
    return min(problems, key=lambda problem: problem.seq, default=None)


def _check_range_apart(dsn: str, imported: str, chain: str, part: tuple[int, int]) -> Problem | None:
    with snapshot(dsn, imported) as connection:
        return _check_range(connection, chain, *part)


def _check_range(connection: psycopg.Connection[Any], chain: str, start: int, end: int) -> Problem | None:
    previous = GENESIS if start == 1 else entry_hash(connection, chain, start - 1)
    if previous is None:
        return Problem(start - 1, "missing", "the entry is gone")
    expected = start
    for row in _rows(connection, chain, start, end):
        if row.seq != expected:
            return Problem(expected, "missing", "the entry is gone")
        if recomputed(chain, row) != bytes(row.entry_hash):
            return Problem(row.seq, "changed", "the content does not have this hash")
        if bytes(row.prev_hash) != previous:
            return _relinked(connection, chain, row)
        previous, expected = bytes(row.entry_hash), expected + 1
    return Problem(expected, "missing", "the entry is gone") if expected <= end else None


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


def _rows(connection: psycopg.Connection[Any], chain: str, start: int, end: int) -> Iterator[Row]:
    after = start - 1
    while True:
        page = connection.execute(
            f"SELECT {_COLUMNS} FROM audit_log WHERE chain = %s AND seq > %s AND seq <= %s ORDER BY seq LIMIT {_PAGE}",  # noqa: S608  # constants
            (chain, after, end),
        ).fetchall()
        yield from (Row(*values) for values in page)
        if len(page) < _PAGE:
            return
        after = page[-1][0]
