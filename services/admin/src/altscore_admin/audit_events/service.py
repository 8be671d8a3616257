"""The audit log is read through the audit service, and every reading is itself audited."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox

from altscore_admin.clients import UpstreamClients
from altscore_admin.operators.domain import Operator


@dataclass(frozen=True)
class AuditEventService:
    """Reads the audit log for operators."""

    pool: asyncpg.Pool
    outbox: Outbox
    upstream: UpstreamClients

    async def read(self, operator: Operator, query: Mapping[str, str], ticket: str | None) -> dict[str, Any]:
        """A page of the audit chain.

        Args:
            operator: who reads.
            query: chain, after, limit and perhaps action.
            ticket: number of the ticket that justifies the reading.
        """
        await self._audit(operator, query, ticket)
        return await self.upstream.audit_entries(dict(query))

    async def search(self, operator: Operator, query: Mapping[str, str], ticket: str | None) -> dict[str, Any]:
        """A page of entries of all chains, newest first.

        Args:
            operator: who reads.
            query: what the audit service's search takes.
            ticket: number of the ticket that justifies the reading.
        """
        await self._audit(operator, {"kind": "search", **query}, ticket)
        return await self.upstream.search_audit(dict(query))

    async def proofs(self, operator: Operator, query: Mapping[str, str], ticket: str | None) -> dict[str, Any]:
        """Proofs that an event's, a request's or a record's entries stand in the signed log.

        Args:
            operator: who reads.
            query: event_id, request_id, or record_id with retailer_id.
            ticket: number of the ticket that justifies the reading.
        """
        await self._audit(operator, {"kind": "proofs", **query}, ticket)
        return await self.upstream.audit_proofs(dict(query))

    async def segments(self, operator: Operator, chain: str, ticket: str | None) -> dict[str, Any]:
        """The signed months of a chain, each with its proof.

        Args:
            operator: who reads.
            chain: which.
            ticket: number of the ticket that justifies the reading.
        """
        await self._audit(operator, {"kind": "segments", "chain": chain}, ticket)
        return await self.upstream.audit_segments({"chain": chain})

    async def _audit(self, operator: Operator, query: Mapping[str, str], ticket: str | None) -> None:
        async with transaction(self.pool) as connection:  # durable before anything is shown
            await self.outbox.audit(
                connection,
                "admin_data_access",
                actor=operator.operator_id,
                subject="audit_log",
                outcome="ok",
                details={**query, "justification_ticket": ticket or "none"},
            )
