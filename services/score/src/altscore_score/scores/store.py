"""All SQL of the score service: takes a connection, never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from altscore_score.platform.dedicated_connections import DedicatedConnections
from altscore_score.scores.domain import ConsentKey
from altscore_score.scores.records import ScoreRecord, SignedRecord

PROJECTOR = "projector"
IDEMPOTENT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class LenderState:
    """Whether a lender may call, and since when its tokens count."""

    is_active: bool
    epoch_s: int | None


class ScoreRow(NamedTuple):
    """What score_for() returned, before the seal is checked."""

    is_granted: bool
    grant_version: int
    sealed: SignedRecord | None
    block_code: str | None
    blocked_at: datetime | None
    run_blocked_at: datetime | None


class StoredReply(NamedTuple):
    """The bytes that an X-Request-ID was answered with."""

    body_digest: bytes
    language: str
    reply: bytes


async def lender_states(connection: asyncpg.Connection) -> dict[str, LenderState]:
    """All lenders, by id."""
    rows = await connection.fetch("SELECT lender_id, is_active, tokens_valid_from FROM lender")
    return {
        row["lender_id"]: LenderState(
            row["is_active"],
            int(row["tokens_valid_from"].timestamp()) if row["tokens_valid_from"] is not None else None,
        )
        for row in rows
    }


async def revoked_tokens(connection: asyncpg.Connection) -> frozenset[str]:
    """Ids of revoked tokens until they are cleared, an hour after they expire (skew keeps them good for a while)."""
    rows = await connection.fetch("SELECT jti FROM revoked_token")
    return frozenset(row["jti"] for row in rows)


async def newest_run_block(connection: asyncpg.Connection) -> datetime | None:
    """When a scoring run was last blocked as a whole (run_block_newest)."""
    found: datetime | None = await connection.fetchval(
        "SELECT blocked_at FROM run_block ORDER BY blocked_at DESC LIMIT 1"
    )
    return found


async def secret_hash(connection: asyncpg.Connection, lender_id: str) -> str | None:
    """The argon2 hash of an active lender's secret."""
    found: str | None = await connection.fetchval(
        "SELECT secret_hash FROM lender WHERE lender_id = $1 AND is_active", lender_id
    )
    return found


async def add_lender(
    connection: asyncpg.Connection, lender_id: str, *, name: str, secret_hash: str, now: datetime
) -> bool:
    """Adds a lender; False when another call was faster."""
    added = await connection.fetchval(
        """INSERT INTO lender (lender_id, name, secret_hash, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (lender_id) DO NOTHING RETURNING true""",
        lender_id,
        name,
        secret_hash,
        now,
    )
    return added is not None


async def rename_lender(connection: asyncpg.Connection, lender_id: str, name: str) -> None:
    """Brings a lender's name up to date."""
    await connection.execute("UPDATE lender SET name = $2 WHERE lender_id = $1 AND name <> $2", lender_id, name)


async def lender_exists(connection: asyncpg.Connection, lender_id: str) -> bool:
    """Whether a lender is onboarded."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM lender WHERE lender_id = $1)", lender_id))


async def recent_failures(
    connection: asyncpg.Connection, client_id: str, source: str, *, now: datetime, within_s: int
) -> list[datetime]:
    """Instants of failed authentications of a pair (auth_failure_recent)."""
    rows = await connection.fetch(
        "SELECT failed_at FROM auth_failure WHERE client_id = $1 AND source = $2 AND failed_at > $3",
        client_id,
        source,
        now - timedelta(seconds=within_s),
    )
    return [row["failed_at"] for row in rows]


async def add_failure(connection: asyncpg.Connection, client_id: str, source: str, at: datetime) -> None:
    """Counts a failed authentication."""
    await connection.execute(
        "INSERT INTO auth_failure (client_id, source, failed_at) VALUES ($1, $2, $3)", client_id, source, at
    )


async def read_score(lanes: DedicatedConnections, context: str, ask: ConsentKey) -> ScoreRow:
    """The newest score and blocks under the lender's row-level security, in one round trip."""
    row = await lanes.fetchrow("SELECT * FROM score_for($1, $2, $3)", context, ask.retailer_id, ask.purpose)
    sealed = None
    if row["score_id"] is not None:
        sealed = SignedRecord(row["sealed_record"], row["seal_key_id"], row["seal"])
    return ScoreRow(
        row["is_granted"],
        row["grant_version"],
        sealed,
        row["block_code"],
        row["blocked_at"],
        row["run_blocked_at"],
    )


async def granted_purposes(connection: asyncpg.Connection, lender_id: str, retailer_id: str) -> list[str]:
    """Purposes for which the projection knows an active grant, sorted (consent_grant_by_retailer)."""
    rows = await connection.fetch(
        """SELECT purpose FROM consent_grant
        WHERE retailer_id = $1 AND lender_id = $2 AND is_active AND expires_at > now() ORDER BY purpose""",
        retailer_id,
        lender_id,
    )
    return [row["purpose"] for row in rows]


async def kept_reply(lanes: DedicatedConnections, context: str, key: UUID, *, now: datetime) -> StoredReply | None:
    """What an X-Request-ID of this lender was answered with in the last 24 hours, in one round trip."""
    row = await lanes.fetchrow("SELECT * FROM kept_reply_for($1, $2, $3)", context, key, now - IDEMPOTENT_FOR)
    return StoredReply(row["body_digest"], row["language"], row["reply"]) if row is not None else None


async def claim_score_request(
    connection: asyncpg.Connection, lender_id: str, retailer_id: str, *, now: datetime, every_s: int
) -> bool:
    """Whether this lender's wish for a score is new enough to be announced (again)."""
    claimed = await connection.fetchval(
        """INSERT INTO score_request AS old (lender_id, retailer_id, requested_at) VALUES ($1, $2, $3)
        ON CONFLICT (lender_id, retailer_id) DO UPDATE SET requested_at = excluded.requested_at
        WHERE old.requested_at <= $4 RETURNING true""",
        lender_id,
        retailer_id,
        now,
        now - timedelta(seconds=every_s),
    )
    return claimed is not None


async def add_score(connection: asyncpg.Connection, record: ScoreRecord, sealed: SignedRecord) -> None:
    """Projects a sealed score; the same score twice is once."""
    await connection.execute(
        """INSERT INTO sealed_score (score_id, retailer_id, scored_at, sealed_record, seal_key_id, seal)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (score_id) DO NOTHING""",
        record.score_id,
        record.retailer_id,
        record.scored_at,
        sealed.record,
        sealed.key_id,
        sealed.seal,
    )


async def add_block(
    connection: asyncpg.Connection, block_id: str, *, retailer_id: str, scope: str, reason: str, code: str, at: datetime
) -> None:
    """Projects the block of one retailer."""
    await connection.execute(
        """INSERT INTO score_block (block_id, retailer_id, scope, reason, code, blocked_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (block_id) DO NOTHING""",
        block_id,
        retailer_id,
        scope,
        reason,
        code,
        at,
    )


async def add_run_block(connection: asyncpg.Connection, block_id: str, *, reason: str, code: str, at: datetime) -> None:
    """Projects the block of a whole run."""
    await connection.execute(
        "INSERT INTO run_block (block_id, reason, code, blocked_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        block_id,
        reason,
        code,
        at,
    )


async def grant(
    connection: asyncpg.Connection, ask: ConsentKey, *, consent_id: str, version: int, expires_at: datetime
) -> None:
    """Projects a grant, unless the projection knows this version or a newer one (a revoke wins ties)."""
    await connection.execute(
        """INSERT INTO consent_grant AS old
            (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at)
        VALUES ($1, $2, $3, $4, $5, true, $6)
        ON CONFLICT (retailer_id, lender_id, purpose) DO UPDATE SET consent_id = excluded.consent_id,
            version = excluded.version, is_active = true, expires_at = excluded.expires_at
        WHERE old.version < excluded.version""",
        ask.retailer_id,
        ask.lender_id,
        ask.purpose,
        consent_id,
        version,
        expires_at,
    )


async def end_grant(
    connection: asyncpg.Connection, ask: ConsentKey, *, consent_id: str, version: int, at: datetime
) -> None:
    """Projects the end of a grant; a tombstone stays even where the grant was never seen."""
    await connection.execute(
        """INSERT INTO consent_grant AS old
            (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at)
        VALUES ($1, $2, $3, $4, $5, false, $6)
        ON CONFLICT (retailer_id, lender_id, purpose) DO UPDATE SET consent_id = excluded.consent_id,
            version = excluded.version, is_active = false
        WHERE old.version <= excluded.version""",
        ask.retailer_id,
        ask.lender_id,
        ask.purpose,
        consent_id,
        version,
        at,
    )


async def mark_stale(connection: asyncpg.Connection, retailer_id: str) -> None:
    """Has the worker drop a retailer's cached scores once this transaction is committed."""
    await connection.execute("INSERT INTO stale_cache (retailer_id) VALUES ($1)", retailer_id)
    await connection.execute("SELECT pg_notify('stale_cache', '')")


async def stale_retailers(connection: asyncpg.Connection, limit: int) -> list[tuple[int, str]]:
    """Marks that wait, oldest first."""
    rows = await connection.fetch("SELECT id, retailer_id FROM stale_cache ORDER BY id LIMIT $1", limit)
    return [(row["id"], row["retailer_id"]) for row in rows]


async def lenders_of(connection: asyncpg.Connection, retailer_id: str) -> list[str]:
    """Lenders that ever had a grant of a retailer; the projector sees all."""
    rows = await connection.fetch(
        "SELECT DISTINCT lender_id FROM consent_grant WHERE retailer_id = $1 ORDER BY lender_id", retailer_id
    )
    return [row["lender_id"] for row in rows]


async def forget_stale(connection: asyncpg.Connection, ids: Sequence[int]) -> None:
    """Removes marks that were acted upon."""
    await connection.execute("DELETE FROM stale_cache WHERE id = ANY($1)", list(ids))


async def clear_old(connection: asyncpg.Connection, *, now: datetime) -> None:
    """Removes replies, failures and revocations that no rule reads any more."""
    await connection.execute("DELETE FROM idempotent_reply WHERE replied_at <= $1", now - IDEMPOTENT_FOR)
    await connection.execute("DELETE FROM auth_failure WHERE failed_at <= $1", now - timedelta(hours=1))
    await connection.execute("DELETE FROM revoked_token WHERE expires_at <= $1", now - timedelta(hours=1))
