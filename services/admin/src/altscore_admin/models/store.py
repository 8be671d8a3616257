"""SQL of promotions; takes a connection, never commits."""

from dataclasses import fields
from typing import Literal

import asyncpg

from altscore_admin.approvals.domain import Approval, Proposal
from altscore_admin.models.domain import Kind, SignedStatement, Statement

_PROPOSE = """
INSERT INTO promotions (promotion_id, kind, model_name, model_version, model_sha256, artifact_uri, taxonomy_digest,
    guardrail_digest, evaluation, statement_digest, proposed_by, proposed_at, proposal_key_id, proposal_signature)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_OPEN = """
SELECT promotion_id, statement_digest, proposed_by, proposed_at, proposal_key_id, proposal_signature FROM promotions
WHERE model_name = $1 AND kind = $2 AND status = 'proposed' FOR UPDATE
"""
_HISTORY = """
SELECT promotion_id, proposed_at, kind, model_name, model_version, model_sha256, artifact_uri, taxonomy_digest,
       guardrail_digest, evaluation, promotion_record, signature_key_id, signature
FROM promotions WHERE model_name = $1 AND status = 'promoted' ORDER BY seq DESC
"""
_STATED = tuple(field.name for field in fields(Statement))
_APPROVE = """
UPDATE promotions SET status = 'promoted', approved_by = $2, approved_at = $3, promotion_record = $4,
    signature_key_id = $5, signature = $6
WHERE promotion_id = $1
"""


async def lock_model(connection: asyncpg.Connection, model_name: str) -> None:
    """Until the transaction ends, no other promotion of this model begins."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", model_name)


async def open_proposal(connection: asyncpg.Connection, model_name: str, kind: Kind) -> Proposal | None:
    """The open proposal of a model, locked (promotions_one_open)."""
    row = await connection.fetchrow(_OPEN, model_name, kind)
    return Proposal(*row) if row else None


async def propose(connection: asyncpg.Connection, proposal: Proposal, statement: Statement) -> None:
    """Opens a proposal."""
    await connection.execute(
        _PROPOSE,
        proposal.proposal_id,
        statement.kind,
        statement.model_name,
        statement.model_version,
        statement.model_sha256,
        statement.artifact_uri,
        statement.taxonomy_digest,
        statement.guardrail_digest,
        statement.evaluation,
        *proposal[1:],
    )


async def close_proposal(
    connection: asyncpg.Connection, promotion_id: str, status: Literal["withdrawn", "expired"]
) -> None:
    """Ends a proposal that nobody approved."""
    await connection.execute("UPDATE promotions SET status = $2 WHERE promotion_id = $1", promotion_id, status)


async def approve(connection: asyncpg.Connection, promotion_id: str, approval: Approval) -> None:
    """Makes a proposal a promotion; the database refuses the proposer's own approval."""
    await connection.execute(_APPROVE, promotion_id, *approval)


async def history(connection: asyncpg.Connection, model_name: str) -> list[SignedStatement]:
    """Promoted statements of a model with what was signed (promotions_history); none of them is verified."""
    return [
        SignedStatement(
            promotion_id=row["promotion_id"],
            proposed_at=row["proposed_at"],
            statement=Statement(**{name: row[name] for name in _STATED}),
            record=row["promotion_record"],
            key_id=row["signature_key_id"],
            signature=row["signature"],
        )
        for row in await connection.fetch(_HISTORY, model_name)
    ]
