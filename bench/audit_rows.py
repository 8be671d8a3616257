"""How many rows a second the audit chain takes: a throw-away PostgreSQL, the real function, batches of 500."""

import datetime as dt
import time

import asyncpg
import psycopg
from altscore_libs import db
from altscore_libs.ids import uuid7
from altscore_libs.testing_postgres import PostgresServer

from demo.context import ROOT

ROWS = 10_000
BATCH = 500
APPEND = "SELECT appended FROM audit_append('general', $1, $2, $3, $4)"


async def measure() -> float:
    """Rows a second through audit_append(), fsync off (a throw-away cluster)."""
    server = PostgresServer()
    server.start()
    try:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            for role in ("audit_owner", "audit"):
                connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        server.execute("CREATE DATABASE audit OWNER audit_owner")
        db.upgrade(server.dsn("audit", "audit_owner"), ROOT / "services/audit/migrations")
        connection_ = await asyncpg.connect(server.dsn("audit", "audit"))
        payload = '{"action":"score_requested","actor":"lender_bench","details":{},"outcome":"ok","reason":null}'
        now = dt.datetime.now(dt.UTC)
        started = time.perf_counter()
        for _ in range(ROWS // BATCH):
            ids = [uuid7() for _ in range(BATCH)]
            await connection_.fetchval(APPEND, ids, [now] * BATCH, ["score_requested"] * BATCH, [payload] * BATCH)
        elapsed = time.perf_counter() - started
        await connection_.close()
    finally:
        server.stop()
    return ROWS / elapsed
