"""SQL of the two persons of an erasure and of what stores reported; takes a connection, never commits."""

import json
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from altscore_admin.erasures.domain import Proposal, StoreReport

_OPEN = """
SELECT approval_id, content, content_sha256, proposed_by, proposed_at FROM rights_approvals
WHERE subject = $1 AND kind = $2 AND approved_by IS NULL FOR UPDATE
"""
_PROPOSE = """
INSERT INTO rights_approvals (approval_id, subject, kind, content, content_sha256, proposed_by, proposed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def open_proposal(connection: asyncpg.Connection, subject: str, kind: str) -> Proposal | None:
    """What is proposed and not approved, locked (rights_approvals_one_open)."""
    row = await connection.fetchrow(_OPEN, subject, kind)
    if row is None:
        return None
    return Proposal(
        approval_id=row["approval_id"],
        content=json.loads(row["content"]),
        content_sha256=row["content_sha256"],
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
    )


async def propose(connection: asyncpg.Connection, proposal: Proposal, *, subject: str, kind: str) -> None:
    """Opens a proposal."""
    content = json.dumps(proposal.content)
    values = (content, proposal.content_sha256, proposal.proposed_by, proposal.proposed_at)
    await connection.execute(_PROPOSE, proposal.approval_id, subject, kind, *values)


async def approve(connection: asyncpg.Connection, approval_id: str, *, by: str, at: datetime) -> None:
    """Approves; the database refuses the proposer's own approval, and a second one."""
    await connection.execute(
        "UPDATE rights_approvals SET approved_by = $2, approved_at = $3 WHERE approval_id = $1", approval_id, by, at
    )


async def add_reports(connection: asyncpg.Connection, request_id: str, reports: Sequence[StoreReport]) -> list[str]:
    """Keeps what stores reported; the stores that had not reported before."""
    rows = await connection.fetch(
        "INSERT INTO rights_store_reports (request_id, store, reported_at, counts)"
        " SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::jsonb[]) ON CONFLICT DO NOTHING RETURNING store",
        request_id,
        [report.store for report in reports],
        [report.reported_at for report in reports],
        [json.dumps(report.counts) for report in reports],
    )
    return [row["store"] for row in rows]


async def reports(connection: asyncpg.Connection, request_id: str) -> list[StoreReport]:
    """What stores reported, by store."""
    rows = await connection.fetch(
        "SELECT store, reported_at, counts FROM rights_store_reports WHERE request_id = $1 ORDER BY store", request_id
    )
    return [StoreReport(row["store"], row["reported_at"], json.loads(row["counts"])) for row in rows]
