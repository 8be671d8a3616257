"""SQL as score's database role: the outbox holds what was disclosed to every lender, and shows none of it."""

from pathlib import Path

import asyncpg
import psycopg
import pytest
from altscore_libs.ids import uuid7
from altscore_libs.testing import postgres_fixtures
from altscore_score.platform.migration import put_context_key

CONTEXT_KEY = b"c" * 32


def _with_context_key(owner_dsn: str) -> None:
    put_context_key(owner_dsn, CONTEXT_KEY)


template, database, pool = postgres_fixtures(
    "score",
    Path(__file__).parents[2] / "services/score/migrations",
    after_upgrade=_with_context_key,
    further_roles=("score_access",),
)
INSERT = "INSERT INTO outbox (event_id, name, topic, key, payload) VALUES ($1, 'audit_event', 'altscore.audit', $2, $3)"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT payload FROM outbox",
        "SELECT key FROM outbox",
        "SELECT outbox FROM outbox",
        "SELECT id FROM outbox WHERE key = 'lender_ugro'",
        "SELECT id FROM outbox ORDER BY payload",
        "COPY outbox (payload) TO STDOUT",
        "INSERT INTO outbox (event_id, name, topic, key, payload) VALUES (gen_random_uuid(), 'n', 't', 'k', '')"
        " RETURNING payload",
        "SELECT row_ids FROM outbox_trace",
    ],
)
def test_no_statement_shows_an_event(database: object, query: str) -> None:
    with psycopg.connect(database.app_dsn) as thief, pytest.raises(psycopg.errors.InsufficientPrivilege):  # type: ignore[attr-defined]
        thief.execute(query.encode())


async def test_the_service_writes_all_the_same(pool: asyncpg.Pool) -> None:
    await pool.execute(INSERT, uuid7(), "lender_ugro", b"what was shown")
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 1
