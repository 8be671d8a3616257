"""Who is affected: retailer ids by the vault's list of a distributor, by what a lender was shown, or named."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, NotFound, Unavailable
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox

from altscore_admin.clients import UpstreamClients
from altscore_admin.incidents import store
from altscore_admin.incidents.domain import TimelineEntry
from altscore_admin.incidents.service import Timeline, locked, repeated
from altscore_admin.incidents.store import Command
from altscore_admin.operators.domain import Operator

DISCLOSURES = ("score_requested", "score_history_read", "portfolio_read", "portfolio_downloaded")
_RETAILER = re.compile(r"ret_[0-9a-f]{16}")
_IS_SENDING = "SELECT EXISTS (SELECT FROM incident_notices WHERE incident_id = $1 AND status = 'sending')"
AUDIT_PAGE = 500
MOST_PAGES = 2_000
_ADD = """
INSERT INTO incident_affected (incident_id, retailer_id, source)
SELECT $1, r, $3 FROM unnest($2::text[]) AS r ON CONFLICT DO NOTHING
"""
_PAGE = """
SELECT retailer_id, source FROM incident_affected WHERE incident_id = $1 AND retailer_id > $2
ORDER BY retailer_id LIMIT $3
"""


@dataclass(frozen=True)
class AffectedQuery:
    """Whose retailers; each part adds to the list.

    Args:
        distributor_ids: all retailers that the vault lists for them; the vault keeps no dates, so a range narrows
            nothing and people too many are told rather than too few.
        lender_ids: retailers whose score or history was shown to them in the range, by the audit chain.
        since, until: the range, until exclusive; needed for lenders.
        retailer_ids: named one by one.
    """

    distributor_ids: Sequence[str]
    lender_ids: Sequence[str]
    since: datetime | None
    until: datetime | None
    retailer_ids: Sequence[str]


class AffectedOutcome(NamedTuple):
    """How many the query added, and how many there are."""

    added: int
    total: int


@dataclass(frozen=True)
class AffectedService:
    """Collects affected retailers; ids alone, no phone number comes here."""

    pool: asyncpg.Pool
    outbox: Outbox
    timeline: Timeline
    upstream: UpstreamClients

    async def add(
        self, operator: Operator, incident_id: str, query: AffectedQuery, command: Command
    ) -> AffectedOutcome:
        """Adds who the query names; what a part found stays when another service fails later, and repeating goes on.

        Raises:
            InvalidRequest: a lender without a range.
            NotFound, IncidentClosed: of the incident.
            CommandConflict: the same X-Request-ID asked for something else.
            Unavailable: vault or audit; the list is not complete.
        """
        if query.lender_ids and (query.since is None or query.until is None or query.since >= query.until):
            raise InvalidRequest(
                "what a lender was shown is asked for a range", errors=[FieldError("since", "begins before until")]
            )
        async with transaction(self.pool) as connection:
            if await repeated(connection, command, incident_id=incident_id) is not None:
                return AffectedOutcome(0, await self._count(connection, incident_id))
            await locked(connection, incident_id)
        added = 0
        async for source, retailer_ids in self._sources(query):
            added += await self._store(incident_id, source, retailer_ids)
        async with transaction(self.pool) as connection:
            if await repeated(connection, command, incident_id=incident_id) is not None:
                return AffectedOutcome(added, await self._count(connection, incident_id))
            incident = await locked(connection, incident_id)
            total = await self._count(connection, incident_id)
            entry = TimelineEntry(
                kind="affected",
                subject="retailers",
                outcome="ok",
                note="",
                details=self._details(query, added=added, total=total),
            )
            await self.timeline.append(connection, incident, entry, by=operator.operator_id, command=command)
        return AffectedOutcome(added, total)

    async def page(
        self, operator: Operator, incident_id: str, *, after: str, limit: int
    ) -> tuple[int, list[asyncpg.Record]]:
        """How many are affected, and a page of them; the reading is audited.

        Raises:
            NotFound: no such incident.
        """
        async with transaction(self.pool) as connection:
            if await store.get(connection, incident_id) is None:
                raise NotFound("no such incident")
            await self.outbox.audit(
                connection,
                "admin_data_access",
                actor=operator.operator_id,
                subject=incident_id,
                outcome="ok",
                details={"what": "affected_retailers"},
            )
            rows = await connection.fetch(_PAGE, incident_id, after, limit)
            return await self._count(connection, incident_id), list(rows)

    async def _sources(self, query: AffectedQuery) -> AsyncIterator[tuple[str, list[str]]]:
        if query.retailer_ids:
            yield "named", list(query.retailer_ids)
        for distributor_id in query.distributor_ids:
            after = None
            while True:
                page, after = await self.upstream.retailers(distributor_id, after)
                yield distributor_id, [contact.retailer_id for contact in page]
                if after is None:
                    break
        for lender_id in query.lender_ids:
            for action in DISCLOSURES:
                async for retailer_ids in self._shown(lender_id, action, query):
                    yield lender_id, retailer_ids

    async def _shown(self, lender_id: str, action: str, query: AffectedQuery) -> AsyncIterator[list[str]]:
        parameters: dict[str, Any] = {"lender_id": lender_id, "action": action, "limit": AUDIT_PAGE}
        if query.since is not None and query.until is not None:
            parameters |= {
                "since": format_instant(query.since, "auto"),
                "until": format_instant(query.until, "auto"),
            }
        for _ in range(MOST_PAGES):
            page = await self.upstream.search_audit(parameters)
            yield [retailer_id for item in page["entries"] for retailer_id in _retailers_of(item)]
            if page["next"] is None:
                return
            parameters["cursor"] = page["next"]
        raise Unavailable("the audit trail has too many entries; ask for a shorter range")

    async def _store(self, incident_id: str, source: str, retailer_ids: Sequence[str]) -> int:
        async with transaction(self.pool) as connection:
            await locked(connection, incident_id)  # first: an approval compares the list under the same lock
            if await connection.fetchval(_IS_SENDING, incident_id):
                raise Unavailable("a notice is leaving for exactly those who were approved; repeat it in a minute")
            tag = await connection.execute(_ADD, incident_id, list(retailer_ids), source)
            added = int(tag.rpartition(" ")[2])
            await store.count_affected(connection, incident_id, added)
        return added

    async def _count(self, connection: asyncpg.Connection, incident_id: str) -> int:
        return int(await connection.fetchval("SELECT affected FROM incidents WHERE incident_id = $1", incident_id))

    def _details(self, query: AffectedQuery, *, added: int, total: int) -> dict[str, str]:
        details = {
            "added": str(added),
            "total": str(total),
            "distributors": ",".join(query.distributor_ids),
            "lenders": ",".join(query.lender_ids),
            "named": str(len(query.retailer_ids)),
        }
        instants = {"since": query.since, "until": query.until}
        return details | {name: format_instant(at, "auto") for name, at in instants.items() if at is not None}


def _retailers_of(item: dict[str, Any]) -> list[str]:
    """The retailers that an entry is about: its subject, and the rows of a portfolio that was shown."""
    entry = json.loads(item["payload"])
    rows = str((entry.get("details") or {}).get("retailer_ids", "")).split()
    return [name for name in (str(entry.get("subject")), *rows) if _RETAILER.fullmatch(name)]
