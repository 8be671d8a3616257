"""Months of the audit log whose time to be kept is over: two persons have one deleted; its root and proof stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.errors import NotFound
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.domain import ApprovalRequest
from altscore_admin.approvals.service import ApprovalService, Approved
from altscore_admin.clients import UpstreamClients
from altscore_admin.errors import ApprovalConflict
from altscore_admin.operators.domain import Operator

KIND = "audit_segment_deletion"
DECIDED = "audit_segment_deletion_decided"  # by its entry the audit service learns of it and deletes
_SHOWN = ("chain", "month", "first_seq", "last_seq")


@dataclass(frozen=True)
class SegmentDeletion:
    """What is asked for, and the executor that hands the signed decision over."""

    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients

    async def content(self, chain: str, month: str) -> dict[str, Any]:
        """What the second person approves: the segment by its numbers and the digest of its signed document.

        Raises:
            NotFound: no month of this chain is signed under this name.
            ApprovalConflict: it is still kept, it is gone, or an older one is decided about first.
        """
        segments = (await self.upstream.audit_segments({"chain": chain}))["segments"]
        named: list[dict[str, Any]] = [item for item in segments if item["month"] == month]
        if not named:
            raise NotFound("no such segment")
        [segment] = named
        if segment not in [item for item in segments if not item["is_gone"] and item["decision"] is None][:1]:
            raise ApprovalConflict("it was decided about, or an older segment is decided about first")
        if self.clock.now() < datetime.fromisoformat(segment["due_at"]):
            raise ApprovalConflict(f"the segment is kept until {segment['due_at']}")
        return {**{name: segment[name] for name in _SHOWN}, "segment_sha256": segment["sha256"]}

    async def hand_over(self, connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Executor: the audit service receives both persons' signed record with the entry about it.

        Raises:
            NotFound, ApprovalConflict: as `content`; the segment may have changed since it was asked for.
        """
        chain, month = approved.fields["chain"], approved.fields["month"]
        if (await self.content(chain, month))["segment_sha256"] != approved.fields["segment_sha256"]:
            raise ApprovalConflict("the segment is another than the one that was asked about")
        await self.outbox.audit(
            connection,
            DECIDED,
            actor=approved.operator.operator_id,
            subject=f"{chain}/{month}",
            outcome="ok",
            details={
                "approval_id": approved.approval_id,
                "record": approved.approval.record,
                "key_id": approved.approval.key_id,
                "signature": approved.approval.signature,
            },
        )
        return {"last_seq": approved.fields["last_seq"]}


@dataclass(frozen=True)
class SegmentService:
    """Requests the deletion of a month."""

    deletion: SegmentDeletion
    approvals: ApprovalService

    async def ask(self, operator: Operator, *, chain: str, month: str, ticket: str) -> ApprovalRequest:
        """Requests that the oldest month of a chain be deleted; another super admin approves it.

        Raises:
            NotFound, ApprovalConflict: as `SegmentDeletion.content`, or another request about it is open.
        """
        content = {**await self.deletion.content(chain, month), "ticket": ticket}
        return await self.approvals.ask(operator, kind=KIND, subject=f"{chain}/{month}", content=content)
