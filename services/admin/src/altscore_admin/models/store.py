"""SQL of promotions; takes a connection, never commits."""

from datetime import datetime
from typing import Literal, NamedTuple

import asyncpg

from altscore_admin.models.domain import Kind, Proposal, SignedStatement, Statement

_PROPOSE = """
INSERT INTO promotions (promotion_id, kind, model_name, model_version, model_sha256, artifact_uri, taxonomy_digest,
    guardrail_digest, evaluation, statement_digest, proposed_by, proposed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_OPEN = """
SELECT promotion_id, statement_digest, proposed_by, proposed_at FROM promotions
WHERE model_name = $1 AND kind = $2 AND status = 'proposed' FOR UPDATE
"""
_CHAMPION = """
SELECT promotion_id, statement_digest, proposed_by, proposed_at, approved_by, approved_at FROM promotions
WHERE model_name = $1 AND status = 'promoted' ORDER BY seq DESC LIMIT 1
"""
_HISTORY = """
SELECT kind, model_name, model_version, model_sha256, artifact_uri, taxonomy_digest, guardrail_digest, evaluation,
       promotion_record, signature_key_id, signature
FROM promotions WHERE model_name = $1 AND status = 'promoted' ORDER BY seq DESC
"""
_SIGNATURE = 3  # columns behind those of the statement
_APPROVE = """
UPDATE promotions SET status = 'promoted', approved_by = $2, approved_at = $3, promotion_record = $4,
    signature_key_id = $5, signature = $6
WHERE promotion_id = $1
"""


class Approval(NamedTuple):
    """The second operator's approval, with the signed record."""

    by: str
    at: datetime
    record: str
    key_id: str
    signature: str


class Champion(NamedTuple):
    """The newest promotion of a model."""

    promotion_id: str
    statement_digest: str
    approvals: list[tuple[str, datetime]]


async def lock_model(connection: asyncpg.Connection, model_name: str) -> None:
    """Until the transaction ends, no other promotion of this model begins."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", model_name)


async def open_proposal(connection: asyncpg.Connection, model_name: str, kind: Kind) -> Proposal | None:
    """The open proposal of a model, locked (promotions_one_open)."""
    row = await connection.fetchrow(_OPEN, model_name, kind)
    return Proposal(**dict(row)) if row else None


async def propose(
    connection: asyncpg.Connection, promotion_id: str, statement: Statement, *, by: str, at: datetime
) -> None:
    """Opens a proposal."""
    await connection.execute(
        _PROPOSE,
        promotion_id,
        statement.kind,
        statement.model_name,
        statement.model_version,
        statement.model_sha256,
        statement.artifact_uri,
        statement.taxonomy_digest,
        statement.guardrail_digest,
        statement.evaluation,
        statement.digest,
        by,
        at,
    )


async def close_proposal(
    connection: asyncpg.Connection, promotion_id: str, status: Literal["withdrawn", "expired"]
) -> None:
    """Ends a proposal that nobody approved."""
    await connection.execute("UPDATE promotions SET status = $2 WHERE promotion_id = $1", promotion_id, status)


async def approve(connection: asyncpg.Connection, promotion_id: str, approval: Approval) -> None:
    """Makes a proposal a promotion; the database refuses the proposer's own approval."""
    await connection.execute(_APPROVE, promotion_id, *approval)


async def champion(connection: asyncpg.Connection, model_name: str) -> Champion | None:
    """The newest promotion of a model (promotions_history)."""
    row = await connection.fetchrow(_CHAMPION, model_name)
    if row is None:
        return None
    approvals = [(row["proposed_by"], row["proposed_at"]), (row["approved_by"], row["approved_at"])]
    return Champion(row["promotion_id"], row["statement_digest"], approvals)


async def history(connection: asyncpg.Connection, model_name: str) -> list[SignedStatement]:
    """Promoted statements of a model with what was signed, newest first (promotions_history)."""
    rows = [tuple(row) for row in await connection.fetch(_HISTORY, model_name)]
    return [SignedStatement(Statement(*row[:-_SIGNATURE]), *row[-_SIGNATURE:]) for row in rows]
