"""SQL of batches: under its X-Request-ID a batch keeps the digest of its body and what became of its items."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import orjson

from altscore_score.idempotency.domain import VALID_FOR
from altscore_score.score_batches.domain import BatchMemory

_NO_LANGUAGE = ""
_SAVE = """
INSERT INTO idempotent_reply AS old (lender_id, request_key, body_digest, language, reply, replied_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (lender_id, request_key) DO UPDATE SET body_digest = excluded.body_digest, language = excluded.language,
    reply = excluded.reply, replied_at = CASE WHEN old.replied_at <= $7 THEN excluded.replied_at ELSE old.replied_at END
WHERE old.replied_at <= $7 OR old.body_digest = excluded.body_digest
"""


class StoredBatch(NamedTuple):
    """A batch as it is kept."""

    body_digest: bytes
    refused: frozenset[str]
    tried: frozenset[str]


async def find(connection: asyncpg.Connection, lender_id: str, key: UUID, *, now: datetime) -> StoredBatch | None:
    """What was sent under this X-Request-ID in the last 24 hours (primary key)."""
    row = await connection.fetchrow(
        "SELECT body_digest, language, reply FROM idempotent_reply"
        " WHERE lender_id = $1 AND request_key = $2 AND replied_at > $3",
        lender_id,
        key,
        now - VALID_FOR,
    )
    if row is None:
        return None
    kept = orjson.loads(row["reply"]) if row["language"] == _NO_LANGUAGE else {}
    return StoredBatch(row["body_digest"], frozenset(kept.get("refused", ())), frozenset(kept.get("tried", ())))


async def answered_keys(
    connection: asyncpg.Connection, lender_id: str, keys: Sequence[UUID], *, now: datetime
) -> set[UUID]:
    """Which of these X-Request-IDs of items have a stored score (primary key)."""
    rows = await connection.fetch(
        "SELECT request_key FROM idempotent_reply"
        " WHERE lender_id = $1 AND request_key = ANY($2::uuid[]) AND replied_at > $3",
        lender_id,
        keys,
        now - VALID_FOR,
    )
    return {row["request_key"] for row in rows}


async def save(
    connection: asyncpg.Connection,
    lender_id: str,
    key: UUID,
    *,
    body_digest: bytes,
    memory: BatchMemory,
    now: datetime,
) -> bool:
    """Keeps a batch; False where another body was sent under its X-Request-ID."""
    kept = orjson.dumps({"refused": sorted(memory.refused), "tried": sorted(memory.tried)})
    done: str = await connection.execute(_SAVE, lender_id, key, body_digest, _NO_LANGUAGE, kept, now, now - VALID_FOR)
    return done.endswith(" 1")
