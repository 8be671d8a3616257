"""The second person's half of an erasure: nothing is approved that the retailer has objected to meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound

from altscore_admin.approvals.service import Approved
from altscore_admin.clients import UpstreamClients
from altscore_admin.erasures import domain
from altscore_admin.erasures.domain import AuditedFact
from altscore_admin.errors import ApprovalConflict, RightsStepRefused
from altscore_admin.rights import store as rights
from altscore_admin.rights.domain import Kind, State, Step, check_notice, next_state
from altscore_admin.rights.service import Row, StepLog, cancel, locked

PAGE, MOST_PAGES = 500, 20


@dataclass(frozen=True)
class Trail:
    """What the audit trail says of a retailer, and whether they objected."""

    pool: asyncpg.Pool
    upstream: UpstreamClients
    log: StepLog

    async def facts(self, retailer_id: str, action: str, row: Row) -> list[AuditedFact]:
        """Entries about a retailer since the notice was asked for.

        Raises:
            Unavailable: the audit trail cannot be read whole.
        """
        since = row["notice_requested_at"]
        query: dict[str, Any] = {
            "retailer_id": retailer_id,
            "action": action,
            "since": since.isoformat().replace("+00:00", "Z"),
            "limit": PAGE,
        }
        items = await self.upstream.search_audit_whole(query, MOST_PAGES)
        return [fact for item in items if (fact := domain.audited_fact(item)) is not None]

    async def stops(self, row: Row) -> bool:
        """Whether the retailer has objected; then the request is cancelled, in a transaction of its own.

        Raises:
            Unavailable: the audit trail cannot be read, so nobody knows.
        """
        facts = await self.facts(row["retailer_id"], "reply_received", row)
        if domain.objection(facts, row["notice_requested_at"]) is None:
            return False
        async with transaction(self.pool) as connection:
            current = await locked(connection, row["request_id"])
            if current["state"] in (State.NOTIFYING, State.NOTIFIED):
                await cancel(self.log, connection, current, actor="retailer", details={"channel": "whatsapp"})
        return True


@dataclass(frozen=True)
class ErasureStart:
    """The executor: what two persons want is approved, and the worker then asks the vault."""

    clock: Clock
    log: StepLog
    trail: Trail
    notice: timedelta

    async def start(self, connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Approves the erasure, once the notice has run.

        Raises:
            NoticeRunning: the retailer may still object.
            RightsStepRefused: the retailer has objected meanwhile, and the request is cancelled; or it is over.
            ApprovalConflict: the request is about another retailer than the two persons signed.
            Unavailable: the audit trail cannot be read, so nobody knows whether the retailer objected.
        """
        row = await rights.get(connection, approved.subject)
        if row is None:
            raise NotFound("no such rights request")
        if domain.content_of(row) != approved.fields:
            raise ApprovalConflict("the erasure is another than the one that was proposed")
        next_state(Kind(row["kind"]), State(row["state"]), Step.ERASURE_APPROVED)
        check_notice(row["notice_at"], self.clock.now(), self.notice)
        if await self.trail.stops(row):  # before the row is locked: a stop is kept though this approval is not
            raise RightsStepRefused("the retailer has objected; nothing is erased")
        row = await locked(connection, approved.subject)
        details = {"approval_id": approved.approval_id, "proposed_by": approved.proposed_by}
        by = approved.operator.operator_id
        changed = await self.log.take(connection, row, Step.ERASURE_APPROVED, actor=by, details=details)
        return {"state": changed["state"]}
