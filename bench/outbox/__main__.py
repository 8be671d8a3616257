"""What an insert into an outbox costs, before ADR 0048 and since: `python -m bench.outbox`.

Rounds of both alternate on one throw-away cluster, without fsync, so that the disk does not hide the work; it prints
medians.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import psycopg
from altscore_libs.ddl import outbox_accounting, outbox_tables
from altscore_libs.outbox_macs import RowMacs
from altscore_libs.testing_postgres import PostgresServer

PAYLOAD = b"p" * 300
SIZES = (1, 16, 64, 200)
ROLE = "shop"
_BEFORE = """
INSERT INTO outbox (event_id, name, topic, key, payload)
SELECT event_id, 'audit_event', 'altscore.audit', 'k', payload
FROM unnest(%s::uuid[], %s::bytea[]) AS n (event_id, payload)
"""
_AFTER = """
INSERT INTO outbox (event_id, name, topic, key, payload, mac)
SELECT event_id, 'audit_event', 'altscore.audit', 'k', payload, mac
FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS n (event_id, payload, mac)
"""


def databases(server: PostgresServer) -> None:
    """Makes both databases."""
    for login in (f"{ROLE}_owner", ROLE, f"{ROLE}_relay"):
        server.execute(f"CREATE ROLE {login} LOGIN")
    for name in ("before", "after"):
        server.create(name, owner=f"{ROLE}_owner")
        with psycopg.connect(server.dsn(name, f"{ROLE}_owner"), autocommit=True) as owner:
            owner.execute(outbox_tables(ROLE).encode())
            if name == "after":
                owner.execute(outbox_accounting(ROLE).encode())


def cpu_us(connection: psycopg.Connection[tuple[object, ...]]) -> float:
    """How long the connection's process in PostgreSQL has computed, microseconds; what else runs does not count."""
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1_000


def round_us(
    connection: psycopg.Connection[tuple[object, ...]], rows: int, transactions: int, *, is_after: bool
) -> float:
    """Microseconds of PostgreSQL's processor for one row, its share of the transaction included."""
    macs = [b"m" * 32] * rows
    started_us = cpu_us(connection)
    for _ in range(transactions):
        ids = [uuid4() for _ in range(rows)]
        columns: Sequence[object] = [ids, [PAYLOAD] * rows, *([macs] if is_after else [])]
        connection.execute((_AFTER if is_after else _BEFORE).encode(), columns)
        connection.commit()
    return (cpu_us(connection) - started_us) / rows / transactions


def mac_us(times: int = 20_000) -> float:
    """Microseconds of one MAC."""
    macs, event_id = RowMacs(ROLE, [b"k" * 32]), uuid4()
    started_s = time.perf_counter()
    for _ in range(times):
        macs.of(event_id, "audit_event", topic="altscore.audit", key="lender_shriram", payload=PAYLOAD)
    return (time.perf_counter() - started_s) * 1e6 / times


def main() -> None:
    """Prints one line for each size."""
    parser = argparse.ArgumentParser(prog="bench.outbox")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--rows", type=int, default=4_000, help="inserted in a round")
    options = parser.parse_args()
    server = PostgresServer()
    server.start()
    try:
        databases(server)
        with psycopg.connect(server.dsn("before", ROLE)) as before, psycopg.connect(server.dsn("after", ROLE)) as after:
            for rows in SIZES:
                figures: dict[bool, list[float]] = {False: [], True: []}
                for _ in range(options.rounds):
                    for is_after, connection in ((False, before), (True, after)):
                        transactions = min(1_000, options.rows // rows)
                        figures[is_after].append(round_us(connection, rows, transactions, is_after=is_after))
                former, now = (statistics.median(figures[key]) for key in (False, True))
                sys.stdout.write(f"{rows:4} rows: {former:7.1f} us before, {now:7.1f} us after, {now - former:+6.1f}\n")
        sys.stdout.write(f"MAC: {mac_us():.2f} us\n")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
