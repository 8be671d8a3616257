"""Incidents: opened, worked through by steps against clocks, closed; every act is an entry and an audit event."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, NotFound
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.errors import CommandConflict, IncidentClosed, StepsMissing
from altscore_admin.incidents import domain, store
from altscore_admin.incidents.domain import ClockRow, ClockState, Kind, Severity, StepName, StepState, TimelineEntry
from altscore_admin.incidents.store import Command, EntryRow, Place
from altscore_admin.operators.domain import Operator


@dataclass(frozen=True)
class Opening:
    """A new incident.

    Args:
        title: what people call it; no personal data.
        aware_at: when we became aware; None: now.
        is_drill: an exercise: everything is marked, nothing leaves.
    """

    title: str
    kind: Kind
    severity: Severity
    aware_at: datetime | None
    is_drill: bool


class Incident(NamedTuple):
    """An incident with the clocks' states at the instant of reading, and the newest statement about each step."""

    row: Mapping[str, Any]
    clocks: list[tuple[ClockRow, ClockState]]
    steps: list[Mapping[str, Any]]


@dataclass(frozen=True)
class Timeline:
    """Appends to timelines, in the transaction that acts."""

    outbox: Outbox
    clock: Clock

    async def append(
        self,
        connection: asyncpg.Connection,
        incident: Mapping[str, Any],
        entry: TimelineEntry,
        *,
        by: str,
        command: Command | None = None,
    ) -> int:
        """Adds an entry to the timeline and its digest to the audit chain; the incident is locked. Its number."""
        incident_id, at = incident["incident_id"], self.clock.now()
        last = await store.last_entry(connection, incident_id)
        seq, previous = (last["seq"] + 1, last["entry_sha256"]) if last else (1, domain.FIRST_DIGEST)
        digest = domain.entry_digest(incident_id, seq, entry, at=at, by=by, previous=previous)
        # Of what the person wrote the chain holds the digest alone (decision 100).
        event_id = await self.outbox.audit(
            connection,
            "incident_recorded",
            actor=by,
            subject=incident_id,
            outcome=entry.outcome,
            details={
                **entry.details,
                "kind": entry.kind,
                "about": entry.subject,
                "seq": str(seq),
                "entry_sha256": digest,
                "severity": incident["severity"],
                "is_drill": "yes" if incident["is_drill"] else "no",
            },
        )
        row = EntryRow(incident_id, seq, at=at, by=by, entry=entry, digest=digest, audit_event_id=event_id)
        await store.add_entry(connection, row, canonical_json(dict(entry.details)).decode(), command)
        return seq


@dataclass(frozen=True)
class IncidentService:
    """Use cases of the people who respond to an incident."""

    pool: asyncpg.Pool
    clock: Clock
    timeline: Timeline

    async def open(self, operator: Operator, opening: Opening, command: Command) -> Incident:
        """Opens an incident; the same command again answers with the one it opened.

        Raises:
            InvalidRequest: an awareness that lies in the future.
            CommandConflict: the same X-Request-ID asked for something else.
        """
        now = self.clock.now()
        if opening.aware_at is not None and opening.aware_at > now:
            raise InvalidRequest(
                "awareness is not in the future", errors=[FieldError("aware_at", "lies in the future")]
            )
        async with transaction(self.pool) as connection:
            earlier = await repeated(connection, command)
            if earlier is not None:
                return await self._read(connection, earlier)
            incident = {
                **vars(opening),
                "aware_at": opening.aware_at or now,
                "incident_id": new_id("inc"),
                "opened_by": operator.operator_id,
                "opened_at": now,
            }
            await store.add(connection, incident)
            await self._start_clocks(connection, {**incident, "is_reportable": None})
            entry = TimelineEntry(
                kind="opened",
                subject=opening.kind,
                outcome="open",
                note=opening.title,
                details={"severity": opening.severity},
            )
            await self.timeline.append(connection, incident, entry, by=operator.operator_id, command=command)
            return await self._read(connection, incident["incident_id"])

    async def page(self, *, after: Place | None, limit: int, status: str | None) -> list[Incident]:
        """Incidents, newest first, each with its clocks."""
        async with transaction(self.pool) as connection:
            rows = await store.page(connection, after=after, limit=limit, status=status)
            clocks = await store.clocks(connection, [row["incident_id"] for row in rows])
        return [
            Incident(row, self._timed([c for c in clocks if c["incident_id"] == row["incident_id"]]), [])
            for row in rows
        ]

    async def read(self, incident_id: str) -> Incident:
        """One incident.

        Raises:
            NotFound: no such incident.
        """
        async with transaction(self.pool) as connection:
            return await self._read(connection, incident_id)

    async def state_step(
        self, operator: Operator, incident_id: str, step: StepName, *, state: StepState, note: str, command: Command
    ) -> Incident:
        """States that a step is done or not needed; a clock stops when its step is done.

        Raises:
            NotFound: no such incident.
            IncidentClosed: it is closed.
            InvalidRequest: a step is not needed, and nobody says why.
            CommandConflict: the same X-Request-ID asked for something else.
        """
        if state == "not_needed" and not note:
            raise InvalidRequest("say why it is not needed", errors=[FieldError("note", "is empty")])
        async with self._change(incident_id, command) as (connection, incident):
            if incident is not None:
                entry = TimelineEntry(kind="step", subject=step, outcome=state, note=note, details={})
                await self.timeline.append(connection, incident, entry, by=operator.operator_id, command=command)
                clock = domain.STEPS[step].clock
                if clock is not None:  # one that is not needed runs no more; one that is needed after all runs again
                    await self._start_clocks(connection, incident)
                if state == "done" and clock is not None:
                    await store.meet(connection, incident_id, clock, by=operator.operator_id, at=self.clock.now())
                if step == "contain" and state == "done":
                    await self._update(connection, incident, status="contained")
            return await self._read(connection, incident_id)

    async def change(
        self,
        operator: Operator,
        incident_id: str,
        *,
        severity: Severity | None,
        is_reportable: bool | None,
        note: str,
        command: Command,
    ) -> Incident:
        """Gives an incident another severity, or records what counsel determined; its clocks follow.

        Raises:
            NotFound, IncidentClosed, CommandConflict: as state_step.
        """
        async with self._change(incident_id, command) as (connection, incident):
            if incident is not None:
                reportable = incident["is_reportable"] if is_reportable is None else is_reportable
                changed = {"severity": severity or incident["severity"], "is_reportable": reportable}
                details = {"severity": str(changed["severity"]), "is_reportable": _claim(reportable)}
                await self._update(connection, incident, **changed)
                await self._start_clocks(connection, {**incident, **changed})
                entry = TimelineEntry(kind="changed", subject="incident", outcome="ok", note=note, details=details)
                await self.timeline.append(connection, incident, entry, by=operator.operator_id, command=command)
            return await self._read(connection, incident_id)

    async def close(self, operator: Operator, incident_id: str, *, note: str, command: Command) -> Incident:
        """Ends an incident whose required steps are all stated; the timeline goes on to be read.

        Raises:
            NotFound, IncidentClosed, CommandConflict: as state_step.
            StepsMissing: `errors` names them.
        """
        async with self._change(incident_id, command) as (connection, incident):
            if incident is not None:
                stated = {row["step"] for row in await store.steps(connection, incident_id)}
                missing = await self._missing(connection, incident, stated)
                if missing:
                    raise StepsMissing(
                        "these steps are neither done nor said not to be needed",
                        errors=[FieldError(step, "is not stated") for step in missing],
                    )
                entry = TimelineEntry(kind="closed", subject="incident", outcome="closed", note=note, details={})
                await self.timeline.append(connection, incident, entry, by=operator.operator_id, command=command)
                await self._update(connection, incident, status="closed")
            return await self._read(connection, incident_id)

    async def _missing(
        self, connection: asyncpg.Connection, incident: Mapping[str, Any], stated: Collection[str]
    ) -> list[str]:
        """Steps that are to be stated before an incident ends: its severity's, and those whose clock still runs."""
        missing = list(domain.missing_steps(incident["severity"], stated))
        clocks = await store.clocks(connection, [incident["incident_id"]])
        running = {row["clock"] for row in clocks if row["met_at"] is None and not row["is_void"]}
        late = [name for name, step in domain.STEPS.items() if step.clock in running and name not in stated]
        return [*missing, *(name for name in late if name not in missing)]

    async def _start_clocks(self, connection: asyncpg.Connection, incident: Mapping[str, Any]) -> None:
        aware_at = incident["aware_at"]
        due = domain.due_times(incident["severity"], aware_at, is_reportable=incident["is_reportable"])
        steps = await store.steps(connection, incident["incident_id"])
        unneeded = {domain.STEPS[row["step"]].clock for row in steps if row["state"] == "not_needed"}
        timed = {
            clock: (due_at, domain.warn_time(aware_at, due_at))
            for clock, due_at in due.items()
            if clock not in unneeded
        }
        await store.set_clocks(connection, incident["incident_id"], timed)

    async def _update(self, connection: asyncpg.Connection, incident: Mapping[str, Any], **changed: Any) -> None:
        kept = {name: incident[name] for name in ("severity", "is_reportable", "status")}
        await store.update(connection, incident["incident_id"], **{**kept, **changed})

    @asynccontextmanager
    async def _change(
        self, incident_id: str, command: Command
    ) -> AsyncIterator[tuple[asyncpg.Connection, Mapping[str, Any] | None]]:
        """A transaction with the locked incident; None where the command was carried out before."""
        async with transaction(self.pool) as connection:
            if await repeated(connection, command, incident_id=incident_id) is not None:
                yield connection, None
            else:
                yield connection, await locked(connection, incident_id)

    async def _read(self, connection: asyncpg.Connection, incident_id: str) -> Incident:
        row = await store.get(connection, incident_id)
        if row is None:
            raise NotFound("no such incident")
        clocks = self._timed(await store.clocks(connection, [incident_id]))
        return Incident(row, clocks, [dict(step) for step in await store.steps(connection, incident_id)])

    def _timed(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[ClockRow, ClockState]]:
        now = self.clock.now()
        clocks = [ClockRow(**{name: row[name] for name in ClockRow._fields}) for row in rows]
        return [(clock, domain.clock_state(clock, now)) for clock in clocks]


async def locked(connection: asyncpg.Connection, incident_id: str) -> Mapping[str, Any]:
    """An incident that is not closed, locked for a change.

    Raises:
        NotFound: no such incident.
        IncidentClosed: it is closed.
    """
    row = await store.get(connection, incident_id, lock=True)
    if row is None:
        raise NotFound("no such incident")
    if row["status"] == "closed":
        raise IncidentClosed("a closed incident stands; open another one")
    return dict(row)


async def repeated(connection: asyncpg.Connection, command: Command, *, incident_id: str | None = None) -> str | None:
    """The incident that an earlier request with this id acted on; None where there was none.

    Raises:
        CommandConflict: that request asked for something else.
    """
    await store.lock_command(connection, command.command_id)
    earlier = await store.entry_of_command(connection, command.command_id)
    if earlier is None:
        return None
    if earlier["command_sha256"] != command.digest or incident_id not in (None, earlier["incident_id"]):
        raise CommandConflict("this X-Request-ID was used for another command")
    return str(earlier["incident_id"])


def _claim(is_true: bool | None) -> str:
    return "undetermined" if is_true is None else "yes" if is_true else "no"
