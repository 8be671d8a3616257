"""SQL of decisions; takes a connection, never commits."""

from collections.abc import Sequence
from typing import Literal

import asyncpg

from altscore_admin.approvals.domain import Approval, Proposal
from altscore_admin.model_decisions.domain import DecisionStatement, Kind, SignedDecision

_PROPOSE = """
INSERT INTO model_decisions (decision_id, kind, model_name, fields, statement_digest, proposed_by, proposed_at,
                             proposal_key_id, proposal_signature)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_OPEN = """
SELECT decision_id, statement_digest, proposed_by, proposed_at, proposal_key_id, proposal_signature
FROM model_decisions WHERE model_name = $1 AND kind = $2 AND status = 'proposed' FOR UPDATE
"""
_DECIDED = """
SELECT decision_id, kind, model_name, fields, proposed_at, decision_record, signature_key_id, signature
FROM model_decisions WHERE model_name = $1 AND kind = ANY($2) AND status = 'decided' ORDER BY decided_seq DESC
"""
_APPROVE = """
UPDATE model_decisions SET status = 'decided', approved_by = $2, approved_at = $3, decision_record = $4,
    signature_key_id = $5, signature = $6, decided_seq = nextval('model_decisions_decided')
WHERE decision_id = $1
"""


async def open_proposal(connection: asyncpg.Connection, model_name: str, kind: Kind) -> Proposal | None:
    """The open proposal of a kind, locked (model_decisions_one_open)."""
    row = await connection.fetchrow(_OPEN, model_name, kind)
    return Proposal(*row) if row else None


async def propose(connection: asyncpg.Connection, proposal: Proposal, statement: DecisionStatement) -> None:
    """Opens a proposal."""
    await connection.execute(
        _PROPOSE,
        proposal.proposal_id,
        statement.kind,
        statement.model_name,
        statement.fields,
        *proposal[1:],
    )


async def close_proposal(
    connection: asyncpg.Connection, decision_id: str, status: Literal["withdrawn", "expired"]
) -> None:
    """Ends a proposal that nobody approved."""
    await connection.execute("UPDATE model_decisions SET status = $2 WHERE decision_id = $1", decision_id, status)


async def approve(connection: asyncpg.Connection, decision_id: str, approval: Approval) -> None:
    """Decides; the database refuses the proposer's own approval."""
    await connection.execute(_APPROVE, decision_id, *approval)


async def decided(connection: asyncpg.Connection, model_name: str, kinds: Sequence[Kind]) -> list[SignedDecision]:
    """Decisions of these kinds with what was signed (model_decisions_history); none of them is verified."""
    return [SignedDecision(*row) for row in await connection.fetch(_DECIDED, model_name, list(kinds))]
