"""Events that were set aside are listed and applied again by a command of the service that set them aside.

An event is applied through the inbox, so one that was applied meanwhile changes nothing; one that still cannot be
applied stays set aside with its new reason. The events of a key are applied in their order: behind one that went well
follow those that only waited for it, and behind one that did not, none.
"""

import argparse
import re
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from altscore_libs.commands import Command
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.settings import Settings

if TYPE_CHECKING:
    from altscore_libs.consumer import Consumer

ACTION = "parked_event_replayed"
_OPERATOR = re.compile(r"[a-z][a-z0-9_.@-]{0,63}")
_TICKET = re.compile(r"[A-Z]{2,10}-[0-9]{1,8}")
_LIST = """
SELECT id, topic, key, partition, "offset", reason, raw, parked_at FROM parked
WHERE resolved_at IS NULL AND ($1::bigint IS NULL OR id = $1) AND ($2::text IS NULL OR reason = $2) ORDER BY id
"""
_FIRST_OF_KEY = """
SELECT id, topic, key, partition, "offset", reason, raw, parked_at FROM parked
WHERE resolved_at IS NULL AND topic = $1 AND key = $2 ORDER BY id LIMIT 1 FOR UPDATE
"""


class Report(NamedTuple):
    """What a replay did: events that are no longer set aside, and those that were tried and still are."""

    applied: int
    refused: int


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
        """What is set aside now, in the order of arrival: all, one by its number, or all of a reason."""
        async with transaction(self.pool) as connection:
            return list(await connection.fetch(_LIST, event, reason))

    async def replay(
        self, *, operator: str, ticket: str, event: int | None = None, reason: str | None = None
    ) -> Report:
        """Applies set-aside events again, with those that wait behind them.

        Args:
            operator: who asks for it; enters the audit.
            ticket: number of the ticket that justifies it; enters the audit.
            event: its number in the list.
            reason: all whose reason is exactly this.

        Raises:
            Unavailable: the database or the registry; what was applied before stays applied.
        """
        applied = refused = 0
        chosen = await self.listed(event=event, reason=reason)
        for topic, key in dict.fromkeys((row["topic"], row["key"]) for row in chosen):
            while (is_applied := await self._first_of(topic, key, operator=operator, ticket=ticket)) is not None:
                applied, refused = applied + is_applied, refused + (not is_applied)
                if not is_applied:
                    break
        return Report(applied, refused)

    async def _first_of(self, topic: str, key: str, *, operator: str, ticket: str) -> bool | None:
        """Tries the first set-aside event of a key; whether it was applied, None when there is none any more."""
        details = {"ticket": ticket, "operator": operator}
        try:
            async with transaction(self.pool) as connection:
                row = await connection.fetchrow(_FIRST_OF_KEY, topic, key)
                if row is None:
                    return None
                await self.consumer.apply_parked(connection, row)
                await connection.execute("UPDATE parked SET resolved_at = now() WHERE id = $1", row["id"])
                await self._audit(connection, row, outcome="ok", details=details)
        except (Unavailable, OSError, TimeoutError):
            raise  # a dependency failed, not the event
        except Exception as error:  # noqa: BLE001  # whatever it is: the event stays set aside
            async with transaction(self.pool) as connection:
                reason = f"replayed and failed: {type(error).__name__}"
                await connection.execute("UPDATE parked SET reason = $2 WHERE id = $1", row["id"], reason)
                await self._audit(connection, row, outcome="refused", details=details)
            return False
        return True

    async def _audit(
        self, connection: asyncpg.Connection, row: asyncpg.Record, *, outcome: str, details: dict[str, str]
    ) -> None:
        place = f"{row['topic']}/{row['partition']}/{row['offset']}"
        await self.outbox.audit(
            connection, ACTION, actor=details["operator"], subject=place, outcome=outcome, details=details
        )


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
                columns = (row["id"], row["topic"], row["key"], row["parked_at"].isoformat(), row["reason"])
                sys.stdout.write("\t".join(map(str, columns)) + "\n")

    async def replay(values: Settings, options: argparse.Namespace) -> int:
        async with opened(values) as parked:
            report = await parked.replay(
                operator=options.operator, ticket=options.ticket, event=options.event, reason=options.reason
            )
        sys.stdout.write(f"applied {report.applied}, still set aside {report.refused}\n")
        return 0 if report.applied and not report.refused else 1

    return {
        "parked": Command(show, settings, help="list the events that are set aside"),
        "replay-parked": Command(replay, settings, help="apply set-aside events again", arguments=_arguments),
    }


def _arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--event", type=int, help="number in the list of `parked`")
    which.add_argument("--reason", help="all whose reason is exactly this")
    parser.add_argument("--operator", type=_form(_OPERATOR), required=True, help="who asks for it; enters the audit")
    parser.add_argument("--ticket", type=_form(_TICKET), required=True, help="such as OPS-17; enters the audit")


def _form(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError("is not of the form that the audit takes")
        return text

    return checked
