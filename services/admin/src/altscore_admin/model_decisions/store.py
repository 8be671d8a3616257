"""SQL of decisions; takes a connection, never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import asyncpg

from altscore_admin.model_decisions.domain import DecisionStatement, Kind
from altscore_admin.models.domain import Proposal
from altscore_admin.models.store import Approval

_PROPOSE = """
INSERT INTO model_decisions (decision_id, kind, model_name, fields, statement_digest, proposed_by, proposed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_OPEN = """
SELECT decision_id, statement_digest, proposed_by, proposed_at FROM model_decisions
WHERE model_name = $1 AND kind = $2 AND status = 'proposed' FOR UPDATE
"""
_NEWEST = """
SELECT decision_id, statement_digest, proposed_by, proposed_at, approved_by, approved_at FROM model_decisions
WHERE model_name = $1 AND kind = ANY($2) AND status = 'decided' ORDER BY decided_seq DESC LIMIT 1
"""
_APPROVE = """
UPDATE model_decisions SET status = 'decided', approved_by = $2, approved_at = $3, decision_record = $4,
    signature_key_id = $5, signature = $6, decided_seq = nextval('model_decisions_decided')
WHERE decision_id = $1
"""


class Decided(NamedTuple):
    """The newest decision of a family."""

    decision_id: str
    statement_digest: str
    approvals: list[tuple[str, datetime]]


async def open_proposal(connection: asyncpg.Connection, model_name: str, kind: Kind) -> Proposal | None:
    """The open proposal of a kind, locked (model_decisions_one_open)."""
    row = await connection.fetchrow(_OPEN, model_name, kind)
    return Proposal(*row) if row else None


async def propose(
    connection: asyncpg.Connection, decision_id: str, statement: DecisionStatement, *, by: str, at: datetime
) -> None:
    """Opens a proposal."""
    await connection.execute(
        _PROPOSE,
        decision_id,
        statement.kind,
        statement.model_name,
        statement.fields,
        statement.digest,
        by,
        at,
    )


async def close_proposal(
    connection: asyncpg.Connection, decision_id: str, status: Literal["withdrawn", "expired"]
) -> None:
    """Ends a proposal that nobody approved."""
    await connection.execute("UPDATE model_decisions SET status = $2 WHERE decision_id = $1", decision_id, status)


async def approve(connection: asyncpg.Connection, decision_id: str, approval: Approval) -> None:
    """Decides; the database refuses the proposer's own approval."""
    await connection.execute(_APPROVE, decision_id, *approval)


async def newest(connection: asyncpg.Connection, model_name: str, kinds: Sequence[Kind]) -> Decided | None:
    """The newest decision of these kinds (model_decisions_history)."""
    row = await connection.fetchrow(_NEWEST, model_name, list(kinds))
    if row is None:
        return None
    approvals = [(row["proposed_by"], row["proposed_at"]), (row["approved_by"], row["approved_at"])]
    return Decided(row["decision_id"], row["statement_digest"], approvals)
