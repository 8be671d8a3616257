"""SQL of the serving store: scores, blocks and grants. Takes a connection, never commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg

from altscore_score.scores.domain import ConsentKey, ScoreRecord, SignedRecord

PROJECTOR = "projector"
READ_SCORE = "SELECT * FROM score_for($1, $2, $3)"
"""The newest score and blocks under the lender's row-level security, in one round trip: context, retailer, purpose."""


class Changes(NamedTuple):
    """Retailers that changed, whether there are more, when that was read by the database's clock, and its snapshot."""

    retailer_ids: list[str]
    is_cut: bool
    read_at_s: float
    snapshot: str


async def changes_since(connection: asyncpg.Connection, snapshot: str, *, limit: int) -> Changes:
    """Retailers that changed in transactions that a snapshot did not show, of the last five hours.

    In one statement, so of one snapshot, which is where to go on; by retailer_change_by_transaction. A transaction that
    stays open, in whichever database of the server, has nobody read again what was read already.
    """
    row = await connection.fetchrow(
        """WITH unseen AS (
               SELECT retailer_id FROM retailer_change
               WHERE transaction_id >= pg_snapshot_xmin($1::text::pg_snapshot)
                 AND NOT pg_visible_in_snapshot(transaction_id, $1::text::pg_snapshot)
                 AND changed_at > now() - interval '5 hours' LIMIT $2)
           SELECT ARRAY(SELECT DISTINCT retailer_id FROM unseen) AS retailer_ids,
                  (SELECT count(*) FROM unseen) = $2 AS is_cut,
                  extract(epoch FROM clock_timestamp())::float8 AS read_at_s,
                  pg_current_snapshot()::text AS snapshot""",
        snapshot,
        limit,
    )
    return Changes(*row)


async def forget_old_changes(connection: asyncpg.Connection) -> None:
    """Removes changes that no cached score is older than."""
    await connection.execute("SELECT forget_old_changes()")


async def newest_run_block(connection: asyncpg.Connection) -> datetime | None:
    """When a scoring run was last blocked as a whole (run_block_newest)."""
    blocked_at: datetime | None = await connection.fetchval(
        "SELECT blocked_at FROM run_block ORDER BY blocked_at DESC LIMIT 1"
    )
    return blocked_at


async def granted_purposes(connection: asyncpg.Connection, lender_id: str, retailer_id: str) -> list[str]:
    """Purposes for which the projection knows an active grant, sorted (consent_grant_by_retailer)."""
    rows = await connection.fetch(
        """SELECT purpose FROM consent_grant
        WHERE retailer_id = $1 AND lender_id = $2 AND is_active AND expires_at > now() ORDER BY purpose""",
        retailer_id,
        lender_id,
    )
    return [row["purpose"] for row in rows]


async def claim_score_request(
    connection: asyncpg.Connection, lender_id: str, retailer_id: str, *, now: datetime, every_s: int
) -> bool:
    """Whether this lender's request for a score is old enough to be announced (again)."""
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


async def add_score(connection: asyncpg.Connection, record: ScoreRecord, signed: SignedRecord) -> None:
    """Projects a signed score; the same score twice is once."""
    await connection.execute(
        """INSERT INTO sealed_score (score_id, retailer_id, scored_at, sealed_record, seal_key_id, seal)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (score_id) DO NOTHING""",
        record.score_id,
        record.retailer_id,
        record.scored_at,
        signed.record,
        signed.key_id,
        signed.signature,
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


async def newest_version(connection: asyncpg.Connection, retailer_id: str) -> int:
    """The highest version that the projection knows of a retailer, 0 for none (consent_grant_by_retailer)."""
    version: int = await connection.fetchval(
        "SELECT coalesce(max(version), 0) FROM consent_grant WHERE retailer_id = $1", retailer_id
    )
    return version


async def grant(
    connection: asyncpg.Connection, key: ConsentKey, *, consent_id: str, version: int, expires_at: datetime
) -> None:
    """Projects a grant, unless the projection knows this version or a newer one (a revoke wins ties)."""
    await connection.execute(
        """INSERT INTO consent_grant AS old
            (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at)
        VALUES ($1, $2, $3, $4, $5, true, $6)
        ON CONFLICT (retailer_id, lender_id, purpose) DO UPDATE SET consent_id = excluded.consent_id,
            version = excluded.version, is_active = true, expires_at = excluded.expires_at, ended_at = NULL
        WHERE old.version < excluded.version""",
        key.retailer_id,
        key.lender_id,
        key.purpose,
        consent_id,
        version,
        expires_at,
    )


async def end_grant(
    connection: asyncpg.Connection, key: ConsentKey, *, consent_id: str, version: int, at: datetime
) -> None:
    """Projects the end of a grant; a tombstone stays even where the grant was never seen."""
    await connection.execute(
        """INSERT INTO consent_grant AS old
            (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at, ended_at)
        VALUES ($1, $2, $3, $4, $5, false, $6, $6)
        ON CONFLICT (retailer_id, lender_id, purpose) DO UPDATE SET consent_id = excluded.consent_id,
            version = excluded.version, is_active = false, ended_at = excluded.ended_at
        WHERE old.version <= excluded.version""",
        key.retailer_id,
        key.lender_id,
        key.purpose,
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


async def compact(connection: asyncpg.Connection, *, before: datetime, limit: int) -> tuple[int, int]:
    """Empties the records of the next `limit` scores before an instant that are not the last of their month.

    Returns:
        How many scores were looked at, and how many records were emptied.
    """
    row = await connection.fetchrow("SELECT examined, emptied FROM compact_scores($1, $2)", before, limit)
    return row["examined"], row["emptied"]
