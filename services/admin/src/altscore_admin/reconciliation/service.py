"""Compares lenders' access at score with what admin ordered and what the audit trail says, every hour or on demand."""

import json
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from prometheus_client import Gauge

from altscore_admin.clients import UpstreamClients
from altscore_admin.reconciliation import store
from altscore_admin.reconciliation.domain import (
    ACTIONS,
    AccessDifference,
    AuditedOrder,
    Facts,
    Lender,
    Order,
    differences,
)

INTERVAL_S = 3_600.0
COMPARED = timedelta(days=30)
SETTLED = timedelta(minutes=10)
PAGE = 500
MOST_PAGES = 200
_differences = Gauge("altscore_admin_lender_access_differences", "Differences that the last reconciliation named.")
_reconciled = Gauge("altscore_admin_lender_access_reconciled_seconds", "Unix time of the last reconciliation.")
_log = logging.getLogger("altscore.admin.reconciliation")


@dataclass(frozen=True)
class ReconciliationService:
    """Names what admin, score and the audit trail do not agree on: in the log, as a metric and in the audit trail."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients

    async def step(self) -> None:
        """One turn of the worker."""
        await self.reconcile()

    async def reconcile(self) -> list[AccessDifference]:
        """The differences; none where everything is as it was ordered.

        Raises:
            Unavailable: score, the audit service or the database cannot be read, so nothing is known.
        """
        named = differences(await self._facts(self.clock.now()))
        for difference in named:
            _log.error("lenders' access differs", extra={"kind": difference.kind, "row": difference.subject})
        counts = Counter(difference.kind for difference in named)
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "lender_access_reconciled",
                actor="admin",
                subject="lenders",
                outcome="differs" if named else "ok",
                details={kind: str(count) for kind, count in sorted(counts.items())},
            )
        _differences.set(len(named))
        _reconciled.set(self.clock.now().timestamp())
        return named

    async def _facts(self, now: datetime) -> Facts:
        """Score is read between two readings of our lenders: one that is just being onboarded is no difference."""
        since = now - COMPARED
        async with transaction(self.pool) as connection:
            active = await store.active_lenders(connection)
        listing = await self.upstream.lender_access()
        async with transaction(self.pool) as connection:
            requested = await store.requested_lenders(connection)
        try:
            lenders = [
                Lender(item["client_id"], is_genuine=item["is_genuine"], is_active=item["is_active"])
                for item in listing["lenders"]
            ]
            orders = [
                Order(
                    item["order_id"],
                    item["client_id"],
                    done_at=datetime.fromisoformat(item["done_at"]),
                    is_in_force=item["is_in_force"],
                )
                for item in listing["orders"]
            ]
            audited = [entry for action in ACTIONS for entry in await self._audited(action, since)]
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable("another service gave no usable answer") from error
        return Facts(
            onboarded=active,
            requested=requested,
            lenders=lenders,
            orders=orders,
            audited=audited,
            since=since,
            until=now - SETTLED,
        )

    async def _audited(self, action: str, since: datetime) -> list[AuditedOrder]:
        """Entries of an action; some of the hour before, since an order is requested before it is done."""
        query: dict[str, Any] = {
            "action": action,
            "since": (since - timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
            "limit": PAGE,
        }
        entries: list[AuditedOrder] = []
        for _ in range(MOST_PAGES):
            page = await self.upstream.search_audit(query)
            entries += [entry for item in page["entries"] if (entry := _order(item)) is not None]
            if page["next"] is None:
                return entries
            query["cursor"] = page["next"]
        raise Unavailable("the audit trail has too many entries to compare")


def _order(item: dict[str, Any]) -> AuditedOrder | None:
    """What an entry says of an order; None where it names none."""
    entry = json.loads(item["payload"])
    details = entry.get("details") or {}
    if "order_id" not in details:
        return None
    return AuditedOrder(
        producer=entry["producer"],
        action=entry["action"],
        outcome=entry["outcome"],
        order_id=details["order_id"],
        client_id=entry["subject"],
        occurred_at=datetime.fromisoformat(item["occurred_at"]),
        covers_sandbox=details.get("sandbox_too") == "yes",
    )
