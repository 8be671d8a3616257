"""Events that were set aside are listed, looked at, applied again or put away by commands of the service.

An event is applied through the inbox, so one that was applied meanwhile changes nothing; one that still cannot be
applied stays set aside with its new reason. The events of a key are applied in their order: behind one that went well
follow those that only waited for it, and behind one that did not, none. A refused message holds back nothing and is
applied for itself, which changes something only where it was refused by mistake.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

import asyncpg

from altscore_libs.commands import Command
from altscore_libs.db import transaction
from altscore_libs.errors import DEPENDENCIES
from altscore_libs.outbox import Outbox
from altscore_libs.parked_dismissals import Dismissal, Outcome, Reason, digest_of, dismiss
from altscore_libs.settings import Settings

if TYPE_CHECKING:
    from altscore_libs.consumer import Consumer

ACTION = "parked_event_replayed"
LONGEST_LIST = 1_000
OPERATOR = re.compile(r"[a-z][a-z0-9_.@-]{0,63}")
TICKET = re.compile(r"[A-Z]{2,10}-[0-9]{1,8}")
_SHOWN = re.compile(r"[a-z][a-z0-9_.-]{0,31}(_[0-9a-f]{16,32})?")
"""Ids and names of kinds; every other text is masked."""
_OUTCOMES: dict[Outcome, str] = {
    "dismissed": "dismissed",
    "gone": "not set aside",
    "needs_two_persons": "it changes what somebody may see or do, or may: two persons dismiss it on the admin page",
}
_COLUMNS = 'id, topic, key, partition, "offset", reason, raw, signature, holds_key, parked_at'
_LIST = f"""
SELECT {_COLUMNS} FROM parked
WHERE resolved_at IS NULL AND ($1::bigint IS NULL OR id = $1) AND ($2::text IS NULL OR reason = $2)
ORDER BY id LIMIT $3
"""  # noqa: S608  # columns of this module
_CHOSEN = """
SELECT id, topic, key, holds_key FROM parked
WHERE resolved_at IS NULL AND ($1::bigint IS NULL OR id = $1) AND ($2::text IS NULL OR reason = $2) ORDER BY id
"""
_OLDEST = f"""
SELECT {_COLUMNS} FROM parked
WHERE resolved_at IS NULL AND ($2::boolean IS NULL OR holds_key = $2) ORDER BY id LIMIT $1
"""  # noqa: S608
_SUMMARY = """
SELECT count(*) FILTER (WHERE holds_key) AS waiting, count(*) FILTER (WHERE NOT holds_key) AS refused,
    min(parked_at) AS oldest_at
FROM parked WHERE resolved_at IS NULL
"""
_FIRST_OF_KEY = f"""
SELECT {_COLUMNS} FROM parked
WHERE resolved_at IS NULL AND holds_key AND topic = $1 AND key = $2 ORDER BY id LIMIT 1 FOR UPDATE
"""  # noqa: S608
_REFUSED = f"SELECT {_COLUMNS} FROM parked WHERE resolved_at IS NULL AND id = $1 FOR UPDATE"  # noqa: S608


@dataclass(frozen=True)
class Report:
    """What a replay did: events that are no longer set aside, those that were tried and still are, and why the last."""

    applied: int
    refused: int
    failure: str | None = field(default=None, compare=False)


class _DryRun(Exception):
    """Takes back what a dry run applied."""


@dataclass(frozen=True)
class ParkedEvents:
    """The events that a service's consumer set aside.

    Args:
        pool: of the service's database.
        consumer: whose handlers apply events; it need not run.
        outbox: for the audit.
    """

    pool: asyncpg.Pool
    consumer: "Consumer"
    outbox: Outbox

    async def listed(self, *, event: int | None = None, reason: str | None = None) -> list[asyncpg.Record]:
        """What is set aside now, in the order of arrival: the first thousand, one by its number, or of a reason."""
        return await listed(self.pool, event=event, reason=reason)

    async def inspected(self, event: int) -> dict[str, Any] | None:
        """What a set-aside message says, masked: ids, kinds, numbers and instants; of other texts their length.

        Raises:
            Unavailable: the database or the registry.
        """
        rows = await self.listed(event=event)
        return described(rows[0]) | await self.content_of(rows[0], masked) if rows else None

    async def content_of(self, row: asyncpg.Record, shown: Callable[[Any], Any]) -> dict[str, Any]:
        """What a row's message says; where it cannot be read, the name of the error.

        Args:
            row: of `listed()`.
            shown: what of the message's data may be seen.

        Raises:
            Unavailable: the registry.
        """
        try:
            received = await self.consumer.read_parked(row)
        except DEPENDENCIES:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is: it is what keeps the event here
            return {"error": type(error).__name__}
        return {
            "event": received.name,
            "event_id": str(received.event_id),
            "producer": received.producer,
            "occurred_at": received.occurred_at.isoformat(),
            "data": shown(received.data),
        }

    def changes_access(self, topic: str, content: Mapping[str, Any]) -> bool:
        """Whether two persons must put away an event with this content (of `content_of`)."""
        return self.consumer.catalogue.changes_access(topic, content.get("event"))

    async def replay(
        self,
        *,
        operator: str,
        ticket: str,
        event: int | None = None,
        reason: str | None = None,
        is_dry_run: bool = False,
    ) -> Report:
        """Applies set-aside events again, with those that wait behind them.

        Args:
            operator: who asks for it; enters the audit.
            ticket: number of the ticket that justifies it; enters the audit.
            event: its number in the list.
            reason: all whose reason is exactly this.
            is_dry_run: everything is tried and taken back.

        Raises:
            Unavailable: the database or the registry; what was applied before stays applied.
        """
        attempt = _Attempt(self, {"ticket": ticket, "operator": operator}, is_dry_run=is_dry_run)
        async with transaction(self.pool) as connection:
            chosen = await connection.fetch(_CHOSEN, event, reason)
        for row in chosen:
            if not row["holds_key"]:
                await attempt.apply_first(_REFUSED, row["id"])
        for topic, key in dict.fromkeys((row["topic"], row["key"]) for row in chosen if row["holds_key"]):
            while await attempt.apply_first(_FIRST_OF_KEY, topic, key):
                continue
        return Report(attempt.applied, attempt.refused, attempt.failure)

    async def dismiss(self, dismissal: Dismissal) -> Outcome:
        """Puts an event away that shall never be applied; `gone` when it is not set aside (any more).

        Raises:
            Unavailable: the database or the registry.
        """
        return await dismiss(self.pool, self.consumer, self.outbox, dismissal)


class _Attempt:
    """One replay: what it applied, and what it could not."""

    def __init__(self, parked: ParkedEvents, details: dict[str, str], *, is_dry_run: bool) -> None:
        self._parked = parked
        self._details = details
        self._is_dry_run = is_dry_run
        self.applied = self.refused = 0
        self.failure: str | None = None

    async def apply_first(self, query: str, *values: object) -> bool:
        """Tries one event; whether it was applied, so that the next of its key may be tried."""
        row = None
        try:
            async with transaction(self._parked.pool) as connection:
                row = await connection.fetchrow(query, *values)
                if row is None:
                    return False
                await self._parked.consumer.apply_parked(connection, row)
                if self._is_dry_run:
                    raise _DryRun
                await connection.execute("UPDATE parked SET resolved_at = now() WHERE id = $1", row["id"])
                await self._audit(connection, row, outcome="ok")
        except DEPENDENCIES:
            raise  # a dependency failed, not the event
        except _DryRun:
            self.applied += 1
            return False  # what waits behind it cannot be tried while it is not applied
        except Exception as error:  # noqa: BLE001  # whatever it is: the event stays set aside
            self.refused += 1
            self.failure = type(error).__name__
            if not self._is_dry_run and row is not None:
                await self._keep(row, error)
            return False
        self.applied += 1
        return True

    async def _keep(self, row: asyncpg.Record, error: Exception) -> None:
        async with transaction(self._parked.pool) as connection:
            if row["holds_key"]:  # a refused message stays what it is
                reason = f"replayed and failed: {type(error).__name__}"
                await connection.execute("UPDATE parked SET reason = $2 WHERE id = $1", row["id"], reason)
            await self._audit(connection, row, outcome="refused")

    async def _audit(self, connection: asyncpg.Connection, row: asyncpg.Record, *, outcome: str) -> None:
        await self._parked.outbox.audit(
            connection,
            ACTION,
            actor=self._details["operator"],
            subject=_place(row),
            outcome=outcome,
            details=self._details,
        )


@dataclass(frozen=True)
class ParkedList:
    """What is set aside, for a process that has no consumer.

    Args:
        pool: of the service's database.
    """

    pool: asyncpg.Pool

    async def oldest(self, limit: int, *, holds_key: bool | None = None) -> list[dict[str, Any]]:
        """The oldest messages, without what they say: all, or those that (do not) hold back their key."""
        async with transaction(self.pool) as connection:
            return [described(row) for row in await connection.fetch(_OLDEST, limit, holds_key)]

    async def summary(self) -> dict[str, Any]:
        """How many messages hold back their key (`waiting`), how many were `refused`, and since when the oldest is."""
        async with transaction(self.pool) as connection:
            return dict(await connection.fetchrow(_SUMMARY))

    async def described(self, event: int) -> dict[str, Any] | None:
        """One by its number, without what it says; None when it is not set aside (any more)."""
        rows = await listed(self.pool, event=event)
        return described(rows[0]) if rows else None


async def listed(pool: asyncpg.Pool, *, event: int | None = None, reason: str | None = None) -> list[asyncpg.Record]:
    """The rows that are set aside in a database, in the order of arrival, a thousand at most."""
    async with transaction(pool) as connection:
        return list(await connection.fetch(_LIST, event, reason, LONGEST_LIST))


def described(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `parked` without what its message says."""
    raw = bytes(row["raw"])
    return {
        "id": row["id"],
        "topic": row["topic"],
        "key": masked(row["key"]),
        "partition": row["partition"],
        "offset": row["offset"],
        "reason": row["reason"],
        "holds_key": row["holds_key"],
        "is_signed": row["signature"] is not None,
        "parked_at": row["parked_at"].isoformat(),
        "bytes": len(raw),
        "sha256": digest_of(raw),
    }


def masked(value: Any) -> Any:
    """Ids, kinds, numbers and instants as they are; of every other text nothing but its length."""
    if isinstance(value, str):
        return value if _SHOWN.fullmatch(value) else f"<text of {len(value)} characters>"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(masked(name)): masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value[:20]]
    return value if value is None or isinstance(value, bool | int | float) else f"<{type(value).__name__}>"


def _place(row: Mapping[str, Any]) -> str:
    return f"{row['topic']}/{row['partition']}/{row['offset']}"


Opener = Callable[..., AbstractAsyncContextManager[ParkedEvents]]


def parked_commands(settings: type[Settings], opened: Opener) -> dict[str, Command]:
    """The commands `parked` and `replay-parked` of a service.

    Args:
        settings: what `opened` needs.
        opened: opens the service's parked events with its settings.
    """

    async def show(values: Settings) -> None:
        async with opened(values) as parked:
            for row in await parked.listed():
                columns = (row["id"], row["topic"], masked(row["key"]), row["parked_at"].isoformat(), row["reason"])
                sys.stdout.write("\t".join(map(str, columns)) + "\n")

    async def inspect(values: Settings, options: argparse.Namespace) -> int:
        async with opened(values) as parked:
            content = await parked.inspected(options.event)
        sys.stdout.write("not set aside\n" if content is None else json.dumps(content, indent=2) + "\n")
        return 1 if content is None else 0

    async def replay(values: Settings, options: argparse.Namespace) -> int:
        async with opened(values) as parked:
            report = await parked.replay(
                operator=options.operator,
                ticket=options.ticket,
                event=options.event,
                reason=options.reason,
                is_dry_run=options.dry_run,
            )
        begin = "dry run: applied and taken back" if options.dry_run else "applied"
        sys.stdout.write(f"{begin} {report.applied}, still set aside {report.refused}\n")
        return 0 if report.applied and not report.refused else 1

    async def put_away(values: Settings, options: argparse.Namespace) -> int:
        chosen = Dismissal(options.event, operator=options.operator, ticket=options.ticket, reason=options.why)
        async with opened(values) as parked:
            outcome = await parked.dismiss(chosen)
        sys.stdout.write(f"{_OUTCOMES[outcome]}\n")
        return 0 if outcome == "dismissed" else 1

    return {
        "parked": Command(show, settings, help="list the events that are set aside"),
        "inspect-parked": Command(inspect, settings, help="show one, masked", arguments=_event),
        "replay-parked": Command(replay, settings, help="apply set-aside events again", arguments=_arguments),
        "dismiss-parked": Command(put_away, settings, help="put one away for good", arguments=_dismiss_arguments),
    }


def _event(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--event", type=int, required=True, help="number in the list of `parked`")


def _dismiss_arguments(parser: argparse.ArgumentParser) -> None:
    _event(parser)
    parser.add_argument("--why", choices=get_args(Reason), required=True, help="why nothing is lost; enters the audit")
    _audited_arguments(parser)


def _arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--event", type=int, help="number in the list of `parked`")
    which.add_argument("--reason", help="all whose reason is exactly this")
    parser.add_argument("--dry-run", action="store_true", help="try, and take everything back")
    _audited_arguments(parser)


def _audited_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--operator", type=_form(OPERATOR), required=True, help="who asks for it; enters the audit")
    parser.add_argument("--ticket", type=_form(TICKET), required=True, help="such as OPS-17; enters the audit")


def _form(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError("is not of the form that the audit takes")
        return text

    return checked
