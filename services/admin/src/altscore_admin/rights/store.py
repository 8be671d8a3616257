"""SQL of rights requests; takes a connection, never commits."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg

from altscore_admin.rights.domain import OPEN, State, Step

_COLUMNS = """
request_id, kind, retailer_id, state, channel, ticket, language, requester, is_minor, evidence, refusal, outcome,
opened_by, received_at, due_at, overdue_at, ended_at, distributor_id, subject, notice_requested_at, notice_at,
retailer_ids, certificate, certificate_signature, report, report_signature
"""
_ADD = """
INSERT INTO rights_requests (request_id, kind, retailer_id, state, channel, ticket, language, requester, is_minor,
    evidence, refusal, opened_by, received_at, due_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING
"""
_IS_OPEN = "state NOT IN ('closed', 'refused', 'cancelled')"
# Constant columns, no input in any of these.
OPEN_PAGE = f"""
SELECT {_COLUMNS} FROM rights_requests WHERE {_IS_OPEN} AND (due_at, request_id) > ($1, $2)
ORDER BY due_at, request_id LIMIT $3
"""  # noqa: S608
STATE_PAGE = f"""
SELECT {_COLUMNS} FROM rights_requests WHERE state = $4 AND (due_at, request_id) > ($1, $2)
ORDER BY due_at, request_id LIMIT $3
"""  # noqa: S608
_STATES_PAGE = f"""
SELECT {_COLUMNS} FROM rights_requests WHERE state = ANY($4) AND (due_at, request_id) > ($1, $2)
ORDER BY due_at, request_id LIMIT $3
"""  # noqa: S608
# A request that is reopened was received anew: what was escalated before that was its former clock.
_ESCALATE = f"""
UPDATE rights_requests SET overdue_at = $1 WHERE {_IS_OPEN} AND due_at <= $1
    AND (overdue_at IS NULL OR overdue_at <= received_at)
RETURNING request_id, retailer_id, kind, state
"""  # noqa: S608
_OVERDUE = f"""
SELECT kind, count(*) FILTER (WHERE {_IS_OPEN} AND due_at <= $1) AS overdue FROM rights_requests
WHERE {_IS_OPEN} GROUP BY kind
"""  # noqa: S608
_CHANGEABLE = frozenset(
    {
        *("evidence", "refusal", "outcome", "received_at", "due_at", "ended_at", "distributor_id", "subject"),
        *("notice_id", "notice_requested_at", "notice_at", "retailer_ids"),
        *("certificate", "certificate_signature", "report", "report_signature"),
    }
)


class Place(NamedTuple):
    """The request behind which a page begins."""

    due_at: datetime
    request_id: str


FIRST = Place(datetime(1970, 1, 1, tzinfo=UTC), "")
"""Before every request."""


class NewRequest(NamedTuple):
    """A request as it is taken in."""

    request_id: str
    kind: str
    retailer_id: str
    state: str
    channel: str
    ticket: str
    language: str
    requester: str
    is_minor: bool
    evidence: list[str]
    refusal: str | None
    opened_by: str
    received_at: datetime
    due_at: datetime
    ended_at: datetime | None


class LoggedStep(NamedTuple):
    """A step of the log."""

    seq: int
    step: str
    actor: str
    at: datetime
    details: dict[str, str]


async def add(connection: asyncpg.Connection, request: NewRequest) -> bool:
    """Adds a request; False when one of its kind is open for the retailer (rights_requests_one_open)."""
    return str(await connection.execute(_ADD, *request)).endswith(" 1")


async def get(connection: asyncpg.Connection, request_id: str, *, lock: bool = False) -> asyncpg.Record | None:
    """One request; locked for a change."""
    statement = f"SELECT {_COLUMNS} FROM rights_requests WHERE request_id = $1"  # noqa: S608  # constant columns
    return await connection.fetchrow(statement + (" FOR UPDATE" if lock else ""), request_id)


async def open_of(connection: asyncpg.Connection, retailer_id: str, kind: str) -> asyncpg.Record | None:
    """The open request of a retailer and a kind, locked."""
    statement = f"SELECT {_COLUMNS} FROM rights_requests WHERE retailer_id = $1 AND kind = $2 AND {_IS_OPEN} FOR UPDATE"  # noqa: S608  # constant columns
    return await connection.fetchrow(statement, retailer_id, kind)


async def of_retailers(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[asyncpg.Record]:
    """Every request of these retailers, oldest first (rights_requests_of_retailer)."""
    statement = f"SELECT {_COLUMNS} FROM rights_requests WHERE retailer_id = ANY($1) ORDER BY received_at, request_id"  # noqa: S608  # constant columns
    return list(await connection.fetch(statement, list(retailer_ids)))


async def page(
    connection: asyncpg.Connection, *, state: State | None, after: Place, limit: int
) -> list[asyncpg.Record]:
    """Requests behind a place, the most urgent first; without a state the open ones."""
    if state is None:
        return list(await connection.fetch(OPEN_PAGE, *after, limit))
    return list(await connection.fetch(STATE_PAGE, *after, limit, state))


async def in_states(
    connection: asyncpg.Connection, states: Sequence[State], *, after: Place, limit: int
) -> list[asyncpg.Record]:
    """Open requests in one of these states, behind a place, the most urgent first."""
    if not set(states) <= set(OPEN):
        raise ValueError("open states alone")
    return list(await connection.fetch(_STATES_PAGE, *after, limit, list(states)))


async def change(
    connection: asyncpg.Connection, request_id: str, state: State, changes: Mapping[str, Any]
) -> asyncpg.Record:
    """Brings a request to a state, with the columns that change with it; as it stands then."""
    if not set(changes) <= _CHANGEABLE:
        raise ValueError("no such column")
    assignments = "".join(f", {column} = ${number}" for number, column in enumerate(changes, 3))
    statement = f"UPDATE rights_requests SET state = $2{assignments} WHERE request_id = $1 RETURNING {_COLUMNS}"  # noqa: S608  # columns of the list above
    return await connection.fetchrow(statement, request_id, state, *changes.values())


async def add_step(
    connection: asyncpg.Connection,
    request_id: str,
    step: Step,
    *,
    actor: str,
    at: datetime,
    details: Mapping[str, str],
) -> None:
    """Adds to the log of a request, whose row is locked."""
    await connection.execute(
        "INSERT INTO rights_steps (request_id, seq, step, actor, at, details)"
        " SELECT $1, 1 + count(*), $2, $3, $4, $5 FROM rights_steps WHERE request_id = $1",
        *(request_id, step, actor, at, json.dumps(dict(details))),
    )


async def steps(connection: asyncpg.Connection, request_id: str) -> list[LoggedStep]:
    """The log of a request, in order."""
    rows = await connection.fetch(
        "SELECT seq, step, actor, at, details FROM rights_steps WHERE request_id = $1 ORDER BY seq", request_id
    )
    return [
        LoggedStep(row["seq"], row["step"], row["actor"], at=row["at"], details=json.loads(row["details"]))
        for row in rows
    ]


async def escalate(connection: asyncpg.Connection, now: datetime) -> list[asyncpg.Record]:
    """Requests whose clock ran out since the last call."""
    return list(await connection.fetch(_ESCALATE, now))


async def overdue(connection: asyncpg.Connection, now: datetime) -> dict[str, int]:
    """How many open requests are overdue, by kind."""
    return {row["kind"]: row["overdue"] for row in await connection.fetch(_OVERDUE, now)}
