"""SQL of what is held of a retailer, in the projector's context; takes a connection, never commits."""

import asyncpg

from altscore_score.scores.domain import SignedRecord


async def scores(connection: asyncpg.Connection, retailer_id: str) -> list[SignedRecord]:
    """Every stored score with its signature, newest first (sealed_score_newest)."""
    rows = await connection.fetch(
        """SELECT sealed_record, seal_key_id, seal FROM sealed_score
        WHERE retailer_id = $1 ORDER BY scored_at DESC, score_id DESC""",
        retailer_id,
    )
    return [SignedRecord(row["sealed_record"], row["seal_key_id"], row["seal"]) for row in rows]


async def blocks(connection: asyncpg.Connection, retailer_id: str) -> list[asyncpg.Record]:
    """Every block of a retailer, newest first (score_block_newest)."""
    return list(
        await connection.fetch(
            """SELECT block_id, scope, reason, code, blocked_at FROM score_block
            WHERE retailer_id = $1 ORDER BY blocked_at DESC, block_id""",
            retailer_id,
        )
    )


async def consented_lenders(connection: asyncpg.Connection, retailer_id: str) -> list[str]:
    """Lenders with an active grant, sorted (consent_grant_by_retailer)."""
    rows = await connection.fetch(
        """SELECT DISTINCT lender_id FROM consent_grant
        WHERE retailer_id = $1 AND is_active AND expires_at > now() ORDER BY lender_id""",
        retailer_id,
    )
    return [row["lender_id"] for row in rows]
