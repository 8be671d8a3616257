"""Erasures: proposed after the notice, approved by another person, done by the vault, reported by every store."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, NotFound
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys, Signer

from altscore_admin.approvals.domain import ApprovalRequest
from altscore_admin.approvals.service import ApprovalService
from altscore_admin.clients import UpstreamClients
from altscore_admin.erasures import domain, store
from altscore_admin.erasures.approval import Trail
from altscore_admin.erasures.domain import StoreReport, Stores
from altscore_admin.errors import ApprovalConflict, RightsStepRefused
from altscore_admin.operators.domain import Operator
from altscore_admin.rights import store as rights
from altscore_admin.rights.domain import (
    UNKNOWN_RETAILER,
    Channel,
    Kind,
    State,
    Step,
    check_notice,
    next_state,
)
from altscore_admin.rights.service import RightsRequest, Row, StepLog, locked, timed

EVER = datetime(2000, 1, 1, tzinfo=UTC)
WATCHED = (State.NOTIFYING, State.NOTIFIED, State.APPROVED, State.ERASING)
_log = logging.getLogger("altscore.admin.erasures")


class Proof(NamedTuple):
    """What proves an erasure: the request, its signed report (None until all stores reported), what they said."""

    row: Row
    reports: list[StoreReport]
    missing: list[str]


@dataclass(frozen=True)
class ErasureService:
    """Brings a verified erasure request to its end."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients
    log: StepLog
    approvals: ApprovalService
    trail: Trail
    signer: Signer
    keys: PublicKeys
    stores: Stores
    notice: timedelta
    requests_page: int = 200
    """Running erasures that are read at a time."""

    async def notice_given(
        self, operator: Operator, request_id: str, channel: Channel, *, ticket: str
    ) -> RightsRequest:
        """The retailer was told by other means; 48 hours run from now."""
        async with transaction(self.pool) as connection:
            row = await locked(connection, request_id)
            now, details = self.clock.now(), {"channel": channel, "ticket": ticket}
            if row["state"] != State.NOTIFIED:
                row = await self.log.take(
                    connection,
                    row,
                    Step.NOTICE_GIVEN,
                    actor=operator.operator_id,
                    details=details,
                    changes={"notice_at": now},
                )
            return self._timed(row)

    async def propose(self, operator: Operator, request_id: str) -> ApprovalRequest:
        """The first person proposes the erasure of a retailer whose notice has run.

        One that is marked as approved without two signatures goes back to this step.

        Raises:
            RightsStepRefused: not an erasure, the retailer was not told, or it is approved.
            NoticeRunning: the retailer may still object.
        """
        async with self.approvals.asking(operator, kind=domain.KIND, subject=request_id) as connection:
            row = await rights.get(connection, request_id)
            if row is None:
                raise NotFound("no such rights request")
            next_state(Kind(row["kind"]), State(row["state"]), Step.ERASURE_PROPOSED)
            check_notice(row["notice_at"], self.clock.now(), self.notice)
            # The request before the row, as an approval has them: two that meet do not wait for each other.
            request = await self.approvals.request(
                connection, operator, kind=domain.KIND, subject=request_id, content=domain.content_of(row)
            )
            row = await locked(connection, request_id)
            if row["state"] == State.APPROVED and await self._is_signed(connection, row):
                raise RightsStepRefused("two persons have approved this erasure")
            if row["state"] == State.APPROVED or not await _is_logged(connection, request):
                by, details = request.proposal.proposed_by, {"approval_id": request.approval_id}
                await self.log.take(connection, row, Step.ERASURE_PROPOSED, actor=by, details=details)
            return request

    async def proof(self, operator: Operator, request_id: str) -> Proof:
        """What proves an erasure, so far; the reading is audited.

        Raises:
            NotFound: no such request, or the vault has not erased yet.
        """
        async with transaction(self.pool) as connection:
            row = await rights.get(connection, request_id)
            if row is None or row["certificate"] is None:
                raise NotFound("no such erasure")
            await self.outbox.audit(
                connection,
                "admin_data_access",
                actor=operator.operator_id,
                subject=row["retailer_id"],
                outcome="ok",
                details={"rights_request_id": request_id, "what": "erasure_proof"},
            )
            reported = await store.reports(connection, request_id)
        missing = domain.reporting(self.stores) - {report.store for report in reported}
        return Proof(row, reported, sorted(missing) if row["report"] is None else [])

    async def advance(self) -> int:
        """Takes every running erasure as far as it goes; returns how many cannot go on for now."""
        stuck, after = 0, rights.FIRST
        while True:
            async with transaction(self.pool) as connection:
                rows = await rights.in_states(connection, WATCHED, after=after, limit=self.requests_page)
            for row in rows:
                stuck += not await self._goes_on(row)
            if len(rows) < self.requests_page:
                return stuck
            after = rights.Place(rows[-1]["due_at"], rows[-1]["request_id"])

    async def _goes_on(self, row: Row) -> bool:
        try:
            await self._advance(row)
        except AltScoreError as error:  # of one request; the others go on, and this one is tried again
            extra = {"rights_request_id": row["request_id"], "code": error.code}
            _log.warning("an erasure cannot go on", extra=extra)
            return False
        return True

    async def _advance(self, row: Row) -> None:
        match State(row["state"]):
            case State.NOTIFYING | State.NOTIFIED:
                if not await self.trail.stops(row):
                    await self._follow_notice(row)
            case State.APPROVED:
                await self._erase(row)
            case _:
                await self._follow_stores(row)

    async def _follow_notice(self, row: Row) -> None:
        if row["state"] != State.NOTIFYING:
            return
        facts = [
            *await self.trail.facts(row["retailer_id"], "message_sent", row),
            *await self.trail.facts(row["retailer_id"], "message_refused", row),
        ]
        result = domain.notice_result(facts, row["notice_requested_at"])
        if result is None:
            return
        action, at = result
        step = Step.NOTICE_SENT if action == "message_sent" else Step.NOTICE_FAILED
        async with transaction(self.pool) as connection:
            current = await locked(connection, row["request_id"])
            logged = {entry.step for entry in await rights.steps(connection, row["request_id"])}
            if current["state"] == State.NOTIFYING and step not in logged:
                changes = {"notice_at": at} if step is Step.NOTICE_SENT else {}
                await self.log.take(connection, current, step, actor="notification", changes=changes)

    async def _erase(self, row: Row) -> None:
        async with transaction(self.pool) as connection:
            if not await self._is_signed(connection, row):
                raise ApprovalConflict("two persons did not sign this erasure; propose it anew")
        try:
            answer = await self.upstream.erase(row["retailer_id"], row["request_id"])
        except NotFound:  # of the vault, or of a wrong address: only the vault's own signed entry ends a right
            facts = await self.trail.facts(row["retailer_id"], "retailer_erased", row)
            if not domain.is_unknown(facts, row["request_id"]):
                raise
            refused = {"refusal": UNKNOWN_RETAILER}
            await self._take_of_vault(row, Step.IDENTITY_UNKNOWN, details=refused, changes=refused)
            return
        certificate = domain.read_certificate(answer, row["retailer_id"], self.keys)
        changes = {
            "retailer_ids": list(certificate.retailer_ids),
            "certificate": certificate.text,
            "certificate_signature": certificate.signature,
        }
        details = {"certificate_sha256": domain.certificate_sha256(certificate.text)}
        await self._take_of_vault(row, Step.IDENTITY_ERASED, details=details, changes=changes)

    async def _take_of_vault(
        self, row: Row, step: Step, *, details: Mapping[str, str], changes: Mapping[str, Any]
    ) -> None:
        async with transaction(self.pool) as connection:
            current = await locked(connection, row["request_id"])
            if current["state"] == State.APPROVED:
                await self.log.take(connection, current, step, actor="vault", details=details, changes=changes)

    async def _follow_stores(self, row: Row) -> None:
        certificate = domain.stored_certificate(row)
        expected = domain.reporting(self.stores)
        # A shop that was erased before answers with its first certificate: its stores reported then.
        facts = await self.trail.facts(certificate.retailer_ids[0], "erasure_applied", {"notice_requested_at": EVER})
        reported = domain.reports(facts, certificate.request_id, expected)
        async with transaction(self.pool) as connection:
            current = await locked(connection, row["request_id"])
            if current["state"] != State.ERASING:
                return
            for name in await store.add_reports(connection, row["request_id"], reported):
                await self.log.take(connection, current, Step.STORE_REPORTED, actor=name)
            kept = await store.reports(connection, row["request_id"])
            if expected <= {report.store for report in kept}:
                await self._finish(connection, current, kept)

    async def _finish(self, connection: asyncpg.Connection, row: Row, reported: list[StoreReport]) -> None:
        text = domain.report_text(
            row, reported, stores=self.stores, completed_at=self.clock.now(), key_id=self.signer.key_id
        )
        signature = await self.signer.sign(hashlib.sha256(text.encode()).digest())
        changes = {"report": text, "report_signature": signature.hex(), "outcome": "erased"}
        await self.log.take(connection, row, Step.CLOSED, actor="admin", details={"outcome": "erased"}, changes=changes)

    async def _is_signed(self, connection: asyncpg.Connection, row: Row) -> bool:
        """Whether two persons approved this erasure since the retailer was told; a row alone erases nobody."""
        if row["notice_requested_at"] is None:
            return False
        signed = await self.approvals.executed_since(
            connection, domain.KIND, row["request_id"], row["notice_requested_at"]
        )
        return any(approval.fields == domain.content_of(row) for approval in signed)

    def _timed(self, row: Row) -> RightsRequest:
        return timed(row, self.clock.now(), self.notice)


async def _is_logged(connection: asyncpg.Connection, request: ApprovalRequest) -> bool:
    steps = await rights.steps(connection, request.content.subject)
    proposed = [entry for entry in steps if entry.step == Step.ERASURE_PROPOSED]
    return any(entry.details.get("approval_id") == request.approval_id for entry in proposed)
