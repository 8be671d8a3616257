"""Collects everything that is held of a retailer: whole or not at all, on a verified request, audited first."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, FieldError, NotFound, Unavailable
from altscore_libs.outbox import Outbox

from altscore_admin.anomalies import store as anomalies
from altscore_admin.clients import UpstreamClients
from altscore_admin.errors import ExportIncomplete, NoVerifiedRequest
from altscore_admin.exports import domain
from altscore_admin.exports.domain import Part
from altscore_admin.grievances.service import GrievanceService
from altscore_admin.operators.domain import Operator
from altscore_admin.rights import store as rights
from altscore_admin.rights.domain import Kind, State, Step
from altscore_admin.rights.service import StepLog

T = TypeVar("T")
PAGE, MOST_PAGES = 500, 40
READY = (State.VERIFIED, State.EXPORTED)


class Export(NamedTuple):
    """Everything that is held of a retailer, under every id of the shop."""

    request_id: str
    retailer_ids: list[str]
    exported_at: datetime
    parts: list[Part]


@dataclass(frozen=True)
class ExportService:
    """Answers a request of access."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients
    log: StepLog
    grievances: GrievanceService

    async def export(self, operator: Operator, retailer_id: str, ticket: str) -> Export:
        """Everything that is held of a retailer, for the open and verified request of access.

        Raises:
            NoVerifiedRequest: there is none.
            ExportIncomplete: a part cannot be read; `errors` names it, and nothing is shown.
        """
        request_id = await self._audit(operator, retailer_id, ticket, outcome="requested")
        try:
            export = await self._collect(operator, retailer_id, request_id)
        except ExportIncomplete as error:
            parts = ",".join(part.field for part in error.errors)
            await self._audit(operator, retailer_id, ticket, outcome="incomplete", parts=parts)
            raise
        details = {"ticket": ticket} | {f"{part.name}_count": str(len(part.items)) for part in export.parts}
        async with transaction(self.pool) as connection:
            row = await rights.open_of(connection, retailer_id, Kind.ACCESS)
            if row is None or row["request_id"] != request_id:
                raise NoVerifiedRequest("the request of access has ended meanwhile")
            await self.log.take(connection, row, Step.EXPORTED, actor=operator.operator_id, details=details)
        return export

    async def _collect(self, operator: Operator, retailer_id: str, request_id: str) -> Export:
        held = await _part("identities", self._identities(retailer_id, request_id))
        ids = sorted({retailer_id, *(str(item["retailer_id"]) for item in held["retailers"])})
        identities = [{"type": "id", **item} for item in held["retailers"]]
        identities += [{"type": "ledger", **item} for item in held["ledgers"]]
        entries = [domain.entry_of(item) for name in ids for item in await _part("audit", self._entries(name))]
        parts = [
            Part("identities", "vault", identities),
            Part("consents", "consent", await _part("consents", self._consents(ids))),
            Part("scores", "score", await _part("scores", self._scores(ids))),
            Part("messages", "audit", domain.messages_of(entries)),
            Part("lenders", "audit", domain.viewers_of(entries)),
            Part("grievances", "admin", await _part("grievances", self.grievances.of_retailers(operator, ids))),
            Part("anomalies", "admin", await _part("anomalies", self._anomalies(ids))),
            Part("rights", "admin", await _part("rights", self._rights(ids))),
            Part("audit", "audit", entries),
        ]
        return Export(request_id, ids, self.clock.now(), parts=parts)

    async def _identities(self, retailer_id: str, request_id: str) -> dict[str, Any]:
        """What the vault holds; of one that it does not know, or has erased, nothing.

        Raises:
            Unavailable: the vault does not answer, or leaves out rows that are not as it wrote them.
        """
        try:
            held = await self.upstream.held_identities(retailer_id, request_id)
        except NotFound:
            return {"retailers": [], "ledgers": []}
        if held["refused_rows"]:
            raise Unavailable("rows of this shop are not as the vault wrote them")
        return held

    async def _entries(self, retailer_id: str) -> list[dict[str, Any]]:
        return await self.upstream.search_audit_whole({"retailer_id": retailer_id, "limit": PAGE}, MOST_PAGES)

    async def _consents(self, ids: list[str]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        for retailer_id in ids:
            history = await self.upstream.consent_history(retailer_id)
            items += [{"type": "invite", **item} for item in history["invites"]]
            items += [{"type": "record", **item} for item in history["records"]]
            items.append({"type": "signed_export", **await self.upstream.consent_export(retailer_id)})
        return items

    async def _scores(self, ids: list[str]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        for retailer_id in ids:
            held = await self.upstream.held_scores(retailer_id)
            items += [{"type": "score", **item} for item in held["scores"]]
            items += [{"type": "block", **item} for item in held["blocks"]]
        return items

    async def _anomalies(self, ids: list[str]) -> list[dict[str, Any]]:
        async with transaction(self.pool) as connection:
            return [dict(row) for row in await anomalies.of_retailers(connection, ids)]

    async def _rights(self, ids: list[str]) -> list[dict[str, Any]]:
        shown = ("request_id", "kind", "state", "channel", "ticket", "received_at", "due_at", "ended_at", "outcome")
        async with transaction(self.pool) as connection:
            return [{name: row[name] for name in shown} for row in await rights.of_retailers(connection, ids)]

    async def _audit(
        self, operator: Operator, retailer_id: str, ticket: str, *, outcome: str, parts: str | None = None
    ) -> str:
        """Durable before anything is read; returns the request of access."""
        async with transaction(self.pool) as connection:
            row = await rights.open_of(connection, retailer_id, Kind.ACCESS)
            is_ready = row is not None and row["state"] in READY
            await self.outbox.audit(
                connection,
                "retailer_exported",
                actor=operator.operator_id,
                subject=retailer_id,
                outcome=outcome if is_ready else "refused",
                reason=None if is_ready else NoVerifiedRequest.code,
                details={
                    "justification_ticket": ticket,
                    **({"rights_request_id": row["request_id"]} if row is not None else {}),
                    **({"missing": parts} if parts else {}),
                },
            )
        if row is None or not is_ready:
            raise NoVerifiedRequest("no verified request of access is open for this retailer")
        return str(row["request_id"])


async def _part(name: str, reading: Awaitable[T]) -> T:
    """What a part reads.

    Raises:
        ExportIncomplete: it cannot be read, or is not of the form that is expected.
    """
    try:
        return await reading
    except (AltScoreError, KeyError, TypeError, ValueError) as error:
        raise ExportIncomplete(
            f"the part {name} cannot be read; nothing is exported", errors=[FieldError(name, "unavailable")]
        ) from error
