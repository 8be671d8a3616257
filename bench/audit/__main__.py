"""`python -m bench.audit`: rows a second that the audit chain takes, durable and with its tree, and that are verified.

Each beside a naive version of the same promise: an insert per event with the hash made by the client, and a verifier
that reads rows as Python objects. Medians of three. Writes var/bench/audit.json; 1 when a limit is missed.
"""

import argparse
import hashlib
import json
import os
import platform
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from altscore_audit_verifier import rows, tree
from altscore_libs.ids import uuid7
from altscore_local.layout import ROOT
from rich.console import Console
from rich.table import Table

from bench.audit_search.entries import payload
from bench.databases import migrated_database

RUNS = 3
BATCH = 500  # of the worker
APPEND_LIMIT, VERIFY_LIMIT = 10_000, 150_000
NAIVE_TABLE = """
CREATE TABLE naive_log (
    seq bigint PRIMARY KEY, event_id uuid UNIQUE, occurred_at timestamptz, recorded_at timestamptz, action text,
    payload jsonb, prev_hash bytea, entry_hash bytea
);
CREATE INDEX ON naive_log ((payload ->> 'subject'), occurred_at);
CREATE INDEX ON naive_log ((payload -> 'details' ->> 'request_id'), occurred_at);
CREATE INDEX ON naive_log ((payload ->> 'actor'), occurred_at);
CREATE INDEX ON naive_log (action, occurred_at);
CREATE INDEX ON naive_log (occurred_at)
"""
SEARCH_INDEXES = "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'audit_log_newest%'"
Rate = Callable[[], float]


def main() -> int:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="bench.audit", description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000, help="that the verifier reads")
    options = parser.parse_args()
    with migrated_database("audit", "services/audit/migrations", is_durable=True) as server:
        with psycopg.connect(server.dsn("audit", "audit"), autocommit=True) as connection:
            append = median(lambda: appended(connection, options.rows // 10))
        with psycopg.connect(server.dsn("audit"), autocommit=True) as connection:
            connection.execute(NAIVE_TABLE)
            naive_append = median(lambda: naively_appended(connection, options.rows // 150))
            fill(connection, options.rows)
        dsn = server.dsn("audit", "audit")
        verify = median(lambda: verified(dsn, options.rows, os.cpu_count() or 1))
        verify_alone = median(lambda: verified(dsn, options.rows, 1))
        naive_verify = median(lambda: naively_verified(dsn, options.rows // 4))
    figures = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load": os.getloadavg()[0],
        "append_rows_per_s": append,
        "naive_append_rows_per_s": naive_append,
        "verify_rows_per_s": verify,
        "verify_alone_rows_per_s": verify_alone,
        "naive_verify_rows_per_s": naive_verify,
    }
    out = ROOT / "var" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "audit.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures)
    return 0 if append >= APPEND_LIMIT and verify >= VERIFY_LIMIT else 1


def median(rate: Rate) -> float:
    """Of a few runs, rows a second."""
    return round(statistics.median(rate() for _ in range(RUNS)))


def batch(first: int, size: int) -> tuple[list[uuid.UUID], list[datetime], list[str], list[str]]:
    """Arguments of audit_append."""
    now = datetime.now(UTC)
    texts = [payload(number, 1_000_000) for number in range(first, first + size)]
    return [uuid7() for _ in texts], [now] * size, ["score_requested"] * size, texts


def appended(connection: psycopg.Connection[Any], count: int) -> float:
    """Rows a second through the database's function, a durable commit for each batch, all indexes, the tree."""
    batches = [batch(first, BATCH) for first in range(0, count, BATCH)]
    begun = time.perf_counter()
    for arguments in batches:
        connection.execute("SELECT audit_append('general', %s, %s, %s, %s)", arguments)
    return len(batches) * BATCH / (time.perf_counter() - begun)


def naively_appended(connection: psycopg.Connection[Any], count: int) -> float:
    """Rows a second with an insert and a commit for each event, the hash made by the client."""
    ids, at, actions, texts = batch(0, count)
    last = connection.execute("SELECT coalesce(max(seq), 0) FROM naive_log").fetchone()
    seq, previous = last[0] if last else 0, bytes(32)
    begun = time.perf_counter()
    for event_id, occurred_at, action, text in zip(ids, at, actions, texts, strict=True):
        with connection.transaction():
            connection.execute("LOCK TABLE naive_log IN EXCLUSIVE MODE")
            seq, recorded_at = seq + 1, datetime.now(UTC)
            line = f"{seq}\n{previous.hex()}\n{event_id}\n{occurred_at}\n{recorded_at}\n{action}\n{text}"
            entry_hash = hashlib.sha256(line.encode()).digest()
            connection.execute(
                "INSERT INTO naive_log VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (seq, event_id, occurred_at, recorded_at, action, text, previous, entry_hash),
            )
            previous = entry_hash
    return count / (time.perf_counter() - begun)


def fill(connection: psycopg.Connection[Any], count: int) -> None:
    """Lengthens the chain, without the search's indexes and without waiting for the disk: that is not measured."""
    for (name,) in connection.execute(SEARCH_INDEXES).fetchall():
        connection.execute(f"DROP INDEX {name}".encode())
    connection.execute("SET synchronous_commit = off")
    held = connection.execute("SELECT last_seq FROM audit_chain WHERE chain = 'general'").fetchone()
    for first in range(held[0] if held else 0, count, 5_000):
        connection.execute("SELECT audit_append('general', %s, %s, %s, %s)", batch(first, min(5_000, count - first)))
    connection.execute("VACUUM ANALYZE audit_log")


def verified(dsn: str, count: int, workers: int) -> float:
    """Rows a second that the verifier reads and recomputes, the tree included."""
    begun = time.perf_counter()
    with rows.snapshot(dsn) as connection:
        chain = rows.check_chain(dsn, connection, "general", last_seq=count, workers=workers, sizes=[count])
    elapsed_s = time.perf_counter() - begun
    if chain.problem is not None or count not in chain.roots:
        raise SystemExit("the chain of the benchmark does not verify")
    return count / elapsed_s


def naively_verified(dsn: str, count: int) -> float:
    """Rows a second of a verifier that reads rows as Python objects."""
    begun, previous, frontier = time.perf_counter(), bytes(32), tree.Frontier()
    statement = (
        "SELECT seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash FROM audit_log"
        " WHERE chain = 'general' AND seq <= %s ORDER BY seq"
    )
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection, connection.cursor("naive") as cursor:
        cursor.itersize = 5_000
        for values in cursor.execute(statement, (count,)):
            row = rows.Row(*values)
            if rows.recomputed("general", row) != bytes(row.entry_hash) or bytes(row.prev_hash) != previous:
                raise SystemExit("the chain of the benchmark does not verify")
            previous = bytes(row.entry_hash)
            frontier.add(tree.leaf(previous))
    frontier.root()
    return count / (time.perf_counter() - begun)


def show(figures: dict[str, Any]) -> None:
    """The table."""
    console = Console(width=120)
    console.print(f"{figures['machine']}; load average {figures['load']:.1f}; medians of {RUNS}, rows a second")
    table = Table("", "ours", "naive", "ratio", "limit")
    for name, ours, naive, limit in (
        ("append, durable, with the tree", "append", "naive_append", f"{APPEND_LIMIT:,}"),
        ("verify, with the tree, every core", "verify", "naive_verify", f"{VERIFY_LIMIT:,}"),
        ("verify, with the tree, one process", "verify_alone", "naive_verify", ""),
    ):
        fast, slow = figures[f"{ours}_rows_per_s"], figures[f"{naive}_rows_per_s"]
        table.add_row(name, f"{fast:,.0f}", f"{slow:,.0f}", f"{fast / slow:.1f}", limit)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
