"""The timeline of an incident as it is handed out: verified, with each entry's place in the audit chain."""

import csv
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, NotFound
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox

from altscore_admin.clients import UpstreamClients
from altscore_admin.incidents import domain, store
from altscore_admin.incidents.domain import TimelineEntry
from altscore_admin.incidents.schemas import EntryOut, TimelineOut
from altscore_admin.operators.domain import Operator

AUDIT_PAGE = 500
MOST_PAGES = 20
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    "seq",
    "at",
    "by",
    "kind",
    "subject",
    "outcome",
    "note",
    "details",
    "entry_sha256",
    "audit_chain",
    "audit_seq",
)
_log = logging.getLogger("altscore.admin.incidents")


@dataclass(frozen=True)
class TimelineExport:
    """Hands out timelines."""

    pool: asyncpg.Pool
    outbox: Outbox
    upstream: UpstreamClients

    async def read(self, operator: Operator, incident_id: str) -> TimelineOut:
        """A timeline; it is shown without positions when the audit service does not answer, and says so.

        Raises:
            NotFound: no such incident.
        """
        async with transaction(self.pool) as connection:
            incident = await store.get(connection, incident_id)
            if incident is None:
                raise NotFound("no such incident")
            await self.outbox.audit(
                connection,
                "admin_data_access",
                actor=operator.operator_id,
                subject=incident_id,
                outcome="ok",
                details={"what": "incident_timeline"},
            )
            rows = await store.entries(connection, incident_id)
        positions = await self._positions(rows)
        entries = [
            EntryOut(
                **{name: row[name] for name in ("seq", "at", "by", "kind", "subject", "outcome", "note")},
                details=json.loads(row["details"]),
                entry_sha256=row["entry_sha256"],
                audit_chain=positions.get(row["audit_event_id"], (None, None))[0],
                audit_seq=positions.get(row["audit_event_id"], (None, None))[1],
            )
            for row in rows
        ]
        return TimelineOut(
            incident_id=incident_id,
            is_drill=incident["is_drill"],
            is_intact=is_intact(incident_id, rows),
            are_positions_complete=len(positions) == len(rows),
            entries=entries,
        )

    async def _positions(self, rows: Sequence[asyncpg.Record]) -> dict[UUID, tuple[str, int]]:
        event_ids = {row["audit_event_id"] for row in rows}
        query: dict[str, Any] = {
            "action": "incident_recorded",
            "since": format_instant(rows[0]["at"], "auto"),
            "limit": AUDIT_PAGE,
        }
        positions: dict[UUID, tuple[str, int]] = {}
        try:
            for _ in range(MOST_PAGES):
                page = await self.upstream.search_audit(query)
                for item in page["entries"]:
                    if (event_id := UUID(item["event_id"])) in event_ids:
                        positions[event_id] = (str(item["chain"]), int(item["seq"]))
                if page["next"] is None or len(positions) == len(event_ids):
                    break
                query["cursor"] = page["next"]
        except (AltScoreError, KeyError, TypeError, ValueError):
            _log.warning("positions in the audit chain are not known")
        return positions


def is_intact(incident_id: str, rows: Sequence[asyncpg.Record]) -> bool:
    """Whether every entry has the digest that follows from it and from the entry before."""
    previous = domain.FIRST_DIGEST
    for seq, row in enumerate(rows, start=1):
        entry = TimelineEntry(
            kind=row["kind"],
            subject=row["subject"],
            outcome=row["outcome"],
            note=row["note"],
            details=json.loads(row["details"]),
        )
        digest = domain.entry_digest(incident_id, seq, entry, at=row["at"], by=row["by"], previous=previous)
        if row["seq"] != seq or row["entry_sha256"] != digest:
            return False
        previous = digest
    return True


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def to_csv(timeline: TimelineOut) -> str:
    """The timeline as CSV, UTF-8; details as JSON in their cell."""
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow((*_COLUMNS, "is_drill"))
    for entry in timeline.entries:
        values = {
            **entry.model_dump(),
            "at": format_instant(entry.at, "microseconds"),
            "details": json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
        }
        cells = [safe_cell(values[name]) for name in _COLUMNS]
        writer.writerow([*cells, "yes" if timeline.is_drill else "no"])
    return output.getvalue()
