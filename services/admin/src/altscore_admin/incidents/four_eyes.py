"""Two persons approve before anything is sent: the second states the digest of exactly what the first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import asyncpg
from altscore_libs.canonical_json import canonical_digest
from altscore_libs.clock import Clock
from altscore_libs.ids import new_id

from altscore_admin.errors import ApprovalConflict, SameOperator
from altscore_admin.operators.domain import Operator

OPEN_FOR = timedelta(hours=24)
_ADD = """
INSERT INTO incident_approvals (approval_id, kind, subject, content_sha256, requested_by, requested_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_OPEN = """
SELECT content_sha256, requested_by, expires_at, approved_by FROM incident_approvals WHERE approval_id = $1 FOR UPDATE
"""
_APPROVE = "UPDATE incident_approvals SET approved_by = $2, approved_at = $3 WHERE approval_id = $1"


class ApprovalRequest(NamedTuple):
    """What waits for a second person."""

    approval_id: str
    content_sha256: str
    expires_at: datetime


class FourEyes(Protocol):
    """Asks for a second person's approval and takes it, in the caller's transaction."""

    async def request(
        self, connection: asyncpg.Connection, operator: Operator, *, kind: str, subject: str, content: Mapping[str, Any]
    ) -> ApprovalRequest:
        """Opens a request."""
        ...

    async def approve(
        self, connection: asyncpg.Connection, operator: Operator, *, approval_id: str, content_sha256: str
    ) -> None:
        """Approves a request once.

        Raises:
            SameOperator: the person who asked.
            ApprovalConflict: not open, expired, or of another content.
        """
        ...


@dataclass(frozen=True)
class TwoOperators:
    """Approvals of this package's own; the database refuses the same person too."""

    clock: Clock

    async def request(
        self, connection: asyncpg.Connection, operator: Operator, *, kind: str, subject: str, content: Mapping[str, Any]
    ) -> ApprovalRequest:
        """Opens a request for 24 hours."""
        now = self.clock.now()
        request = ApprovalRequest(new_id("apr"), canonical_digest(dict(content)).hex(), now + OPEN_FOR)
        await connection.execute(
            _ADD,
            *(request.approval_id, kind, subject, request.content_sha256),
            *(operator.operator_id, now, request.expires_at),
        )
        return request

    async def approve(
        self, connection: asyncpg.Connection, operator: Operator, *, approval_id: str, content_sha256: str
    ) -> None:
        """Approves an open request of exactly this content.

        Raises:
            SameOperator: the person who asked.
            ApprovalConflict: not open, expired, or of another content.
        """
        row = await connection.fetchrow(_OPEN, approval_id)
        if row is None or row["approved_by"] is not None or row["expires_at"] <= self.clock.now():
            raise ApprovalConflict("the request is not open")
        if row["requested_by"] == operator.operator_id:
            raise SameOperator("a second operator approves")
        if row["content_sha256"] != content_sha256:
            raise ApprovalConflict("what is approved is not what was asked for")
        await connection.execute(_APPROVE, approval_id, operator.operator_id, self.clock.now())
