"""SQL of requests that another person approves; takes a connection, never commits."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.canonical_json import canonical_json

from altscore_admin.approvals.domain import PROPOSAL_LIFE, Approval, ApprovalRequest, Content, Proposal, State

_COLUMNS = """approval_id, kind, subject, content, content_sha256, state, proposed_by, proposed_at, expires_at,
       proposal_key_id, proposal_signature, approved_by, approved_at, approval_record, signature_key_id, signature,
       result, closed_by, closed_at, close_reason, failed_at, failure"""
_ADD = """
INSERT INTO approvals (approval_id, kind, subject, content, content_sha256, proposed_by, proposed_at, expires_at,
    proposal_key_id, proposal_signature)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_OPEN = f"SELECT {_COLUMNS} FROM approvals WHERE kind = $1 AND subject = $2 AND state = 'open' FOR UPDATE"  # noqa: S608
_END_OPEN = """
UPDATE approvals SET closed_at = $4,
    state = CASE WHEN lower(btrim(proposed_by)) = lower(btrim($3)) THEN 'withdrawn' ELSE 'rejected' END,
    closed_by = $3, close_reason = $5
WHERE approval_id = ANY(ARRAY(
    SELECT approval_id FROM approvals WHERE kind = $1 AND subject = $2 AND state = 'open' FOR UPDATE SKIP LOCKED
)) RETURNING approval_id, kind, content_sha256, state
"""
_BY_ID = f"SELECT {_COLUMNS} FROM approvals WHERE approval_id = $1"  # noqa: S608
_EXECUTED = f"""
SELECT {_COLUMNS} FROM approvals
WHERE kind = $1 AND subject = $2 AND state = 'executed' AND approved_at > $3 ORDER BY approved_at DESC LIMIT 100
"""  # noqa: S608
# Index: approvals_newest.
_PAGE = f"""
SELECT {_COLUMNS} FROM approvals WHERE state = $1 AND (proposed_at, approval_id) < ($2, $3)
ORDER BY proposed_at DESC, approval_id DESC LIMIT $4
"""  # noqa: S608
# Index: approvals_ending.
_EXPIRE = """
UPDATE approvals SET state = 'expired', closed_at = $1 WHERE approval_id = ANY(ARRAY(
    SELECT approval_id FROM approvals WHERE state = 'open' AND expires_at <= $1
    ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED
)) RETURNING approval_id, kind, content_sha256
"""
_EXECUTE = """
UPDATE approvals SET state = 'executed', approved_by = $2, approved_at = $3, approval_record = $4,
    signature_key_id = $5, signature = $6, result = $7, failed_at = NULL, failure = NULL
WHERE approval_id = $1
"""
_CLOSE = """
UPDATE approvals SET state = $2, closed_at = $3, closed_by = $4, close_reason = $5
WHERE approval_id = $1 AND state = 'open'
"""


async def add(connection: asyncpg.Connection, proposal: Proposal, content: Content) -> None:
    """Keeps a request; at most one of a kind is open about a subject (approvals_one_open)."""
    await connection.execute(
        _ADD,
        proposal.proposal_id,
        content.kind,
        content.subject,
        content.text,
        content.digest,
        proposal.proposed_by,
        proposal.proposed_at,
        proposal.proposed_at + PROPOSAL_LIFE,
        proposal.key_id,
        proposal.signature,
    )


async def open_about(connection: asyncpg.Connection, kind: str, subject: str) -> ApprovalRequest | None:
    """The open request of a kind about a subject, locked (approvals_one_open)."""
    row = await connection.fetchrow(_OPEN, kind, subject)
    return _request(row) if row is not None else None


async def lock_subject(connection: asyncpg.Connection, kind: str, subject: str) -> None:
    """Until the transaction ends, no other request of that kind about that subject begins."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", f"{kind} {subject}")


async def read(connection: asyncpg.Connection, approval_id: str) -> ApprovalRequest | None:
    """One request, not locked."""
    row = await connection.fetchrow(_BY_ID, approval_id)
    return _request(row) if row is not None else None


async def read_locked(connection: asyncpg.Connection, approval_id: str) -> ApprovalRequest | None:
    """One request, locked; None where another transaction holds it.

    It is not waited for: while one person's approval is carried out, waiting ones would hold every connection.
    """
    row = await connection.fetchrow(f"{_BY_ID} FOR UPDATE SKIP LOCKED", approval_id)
    return _request(row) if row is not None else None


async def executed_since(
    connection: asyncpg.Connection, kind: str, subject: str, since: datetime
) -> list[ApprovalRequest]:
    """Executed requests of a kind about a subject, the newest first (approvals_executed); none of them is verified."""
    return [_request(row) for row in await connection.fetch(_EXECUTED, kind, subject, since)]


async def page(
    connection: asyncpg.Connection, state: State, *, before: tuple[datetime, str], limit: int
) -> list[ApprovalRequest]:
    """Requests in a state, the newest first, behind a place."""
    return [_request(row) for row in await connection.fetch(_PAGE, state.value, *before, limit)]


async def expire(connection: asyncpg.Connection, now: datetime) -> list[asyncpg.Record]:
    """Ends requests that nobody approved in time; id, kind and digest of each."""
    return list(await connection.fetch(_EXPIRE, now))


async def execute(
    connection: asyncpg.Connection, approval_id: str, approval: Approval, result: Mapping[str, Any]
) -> None:
    """Keeps the approval and what came of it; the database refuses the proposer's own."""
    await connection.execute(_EXECUTE, approval_id, *approval, canonical_json(dict(result)).decode())


async def close(
    connection: asyncpg.Connection,
    approval_id: str,
    state: State,
    *,
    at: datetime,
    by: str | None = None,
    reason: str | None = None,
) -> None:
    """Ends an open request that is not carried out."""
    await connection.execute(_CLOSE, approval_id, state.value, at, by, reason)


async def end_open(
    connection: asyncpg.Connection, kind: str, subject: str, *, at: datetime, by: str, reason: str
) -> list[asyncpg.Record]:
    """Ends what is open of a kind about a subject, what is being carried out aside; id, kind, digest and state."""
    return list(await connection.fetch(_END_OPEN, kind, subject, by, at, reason))


async def note_failure(connection: asyncpg.Connection, approval_id: str, code: str, at: datetime) -> None:
    """Keeps why an open request was not carried out."""
    await connection.execute(
        "UPDATE approvals SET failed_at = $2, failure = $3 WHERE approval_id = $1 AND state = 'open'",
        approval_id,
        at,
        code,
    )


def _request(row: asyncpg.Record) -> ApprovalRequest:
    approval = None
    if row["approved_by"] is not None:
        approval = Approval(
            by=row["approved_by"],
            at=row["approved_at"],
            record=row["approval_record"],
            key_id=row["signature_key_id"],
            signature=row["signature"],
        )
    return ApprovalRequest(
        approval_id=row["approval_id"],
        content=Content(row["kind"], row["subject"], row["content"]),
        content_sha256=row["content_sha256"],
        state=State(row["state"]),
        proposal=Proposal(
            row["approval_id"],
            row["content_sha256"],
            proposed_by=row["proposed_by"],
            proposed_at=row["proposed_at"],
            key_id=row["proposal_key_id"],
            signature=row["proposal_signature"],
        ),
        expires_at=row["expires_at"],
        approval=approval,
        result=json.loads(row["result"]) if row["result"] is not None else None,
        closed_by=row["closed_by"],
        closed_at=row["closed_at"],
        close_reason=row["close_reason"],
        failed_at=row["failed_at"],
        failure=row["failure"],
    )
