"""Audit entries by COPY into the audit service's own schema; nothing of them is random between two runs."""

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

CHUNK = 100_000
END_AT = datetime(2026, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=365)
LENDERS = 50
ROWS_PER_RETAILER, ROWS_PER_REQUEST = 100, 4
ACTIONS = ("score_requested", "consent_checked", "consent_granted", "batch_ingested", "admin_data_access")
"""Of a hundred entries 60, 25, 9, 5 and 1 have these."""
_SHARES = (60, 85, 94, 99, 100)
_ACTORS = {"consent_checked": "consent", "consent_granted": "webhook", "batch_ingested": "ingestion"}
_HASH = hashlib.sha256(b"").digest()
_COPY = """
COPY audit_log (chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash)
FROM STDIN WITH (FORMAT BINARY)
"""
_TYPES = ("text", "int8", "uuid", "timestamptz", "timestamptz", "text", "text", "bytea", "bytea")
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit_log' AND indexname LIKE '%newest%'"


def load(dsn: str, rows: int) -> dict[str, float]:
    """Fills an empty log; the search's indexes are built afterwards, by their own definitions.

    Args:
        dsn: of a superuser.
        rows: entries.

    Returns:
        Seconds of both parts, and the size of the table with its indexes, MiB.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        indexes = connection.execute(_INDEXES).fetchall()
        if not indexes:
            raise SystemExit("the schema has no index for the search")
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        begun = time.monotonic()
        for first in range(0, rows, CHUNK):
            with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for row in entries(first, min(first + CHUNK, rows), rows):
                    copy.write_row(row)
        loaded = time.monotonic()
        connection.execute("SET maintenance_work_mem = '256MB'")
        for _, definition in indexes:
            connection.execute(definition.encode())
        connection.execute("VACUUM ANALYZE audit_log")
        size = connection.execute("SELECT pg_total_relation_size('audit_log')").fetchone()
    return {
        "copy_s": round(loaded - begun, 1),
        "indexes_s": round(time.monotonic() - loaded, 1),
        "size_mib": round((size[0] if size else 0) / 2**20),
    }


def entries(first: int, last: int, rows: int) -> Iterator[tuple[Any, ...]]:
    """Rows of the log, oldest first, evenly over a year."""
    for number in range(first, last):
        at = END_AT - SPAN * ((rows - number) / rows)
        yield "general", number + 1, event_id(number), at, at, action(number), payload(number, rows), _HASH, _HASH


def event_id(number: int) -> UUID:
    """Of an entry; in the order of time only as far as a random id is."""
    return UUID(bytes=hashlib.sha256(f"event {number}".encode()).digest()[:16])


def action(number: int) -> str:
    """Of an entry."""
    place = number * 37 % 100
    return next(name for name, end in zip(ACTIONS, _SHARES, strict=True) if place < end)


def retailer_id(number: int, rows: int) -> str:
    """The retailer of an entry: each has about a hundred, spread over the year."""
    return f"ret_{number * 7919 % max(1, rows // ROWS_PER_RETAILER):016x}"


def lender_id(number: int) -> str:
    """The lender of an entry."""
    return f"lender_bench_{number * 31 % LENDERS:02d}"


def request_id(number: int) -> str:
    """The request of an entry: four follow each other in one."""
    return str(UUID(int=0x0197A3F2000070008000000000000000 + number // ROWS_PER_REQUEST))


def payload(number: int, rows: int) -> str:
    """The text that is hashed."""
    name = action(number)
    actor = lender_id(number) if name == "score_requested" else _ACTORS.get(name, f"ops-{number % 20}")
    details = {"request_id": request_id(number), "lender_id": lender_id(number), "number": str(number)}
    entry = {
        "action": name,
        "actor": actor,
        "details": details,
        "outcome": "ok",
        "reason": None,
        "subject": retailer_id(number, rows),
    }
    return json.dumps(entry, separators=(",", ":"), sort_keys=True)
