"""Every call is durable in the audit outbox before its reply leaves; else in a local spool; else there is no reply."""

import asyncio
from typing import Any

import asyncpg
from altscore_libs import tracing
from altscore_libs.circuit import CircuitBreaker
from altscore_libs.db import transaction
from altscore_libs.deadlines import seconds_left
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox

from altscore_score.audit.domain import AuditEntry, ExtraWrite
from altscore_score.audit.spool import Spool
from altscore_score.idempotency.domain import NewReply
from altscore_score.platform.dedicated_connections import DedicatedConnections
from altscore_score.platform.micro_batching import GroupCommit, Row
from altscore_score.platform.waits import SERVING, Waits

KNOWN_PURPOSES = frozenset({"working_capital_loan", "trade_credit", "invoice_financing", "term_loan"})
OTHER_PURPOSE = "other"
SPOOL_REPLAY_S = 5.0
WRITERS = 2
_EVENT = "audit_event"


class AuditWriter:
    """Writes audit entries with the change they speak of.

    Args:
        pool: of the serving database.
        outbox: of this service.
        spool: None where an unwritable outbox must stop serving.
        breaker: of the database; by default one of its own.
        waits: how long a commit may take.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        spool: Spool | None = None,
        *,
        breaker: CircuitBreaker | None = None,
        waits: Waits = SERVING,
    ) -> None:
        self._pool = pool
        self.outbox = outbox
        self._spool = spool
        self._transaction_s = waits.transaction_s
        self._connections = DedicatedConnections(pool, size=WRITERS, timeout_s=waits.commit_s, breaker=breaker)
        topic = outbox.topic_of(_EVENT)
        self._group = GroupCommit(self._connections, topic, commit_s=waits.commit_s, writers=WRITERS)

    async def write(
        self, entry: AuditEntry, extra_write: ExtraWrite | None = None, *, new_reply: NewReply | None = None
    ) -> bool:
        """Commits an entry together with `extra_write` or `new_reply`, and returns once it is durable.

        Args:
            entry: what is said of the call.
            extra_write: a change in a transaction of its own with the entry, for rare calls.
            new_reply: the reply to store; such entries share their commits with other calls'.

        Returns:
            False where another call with the X-Request-ID of `new_reply` was answered first; nothing was written.

        Raises:
            Unavailable: it is durable nowhere.
        """
        try:
            if extra_write is not None:
                await self.write_all([entry], extra_write)
                return True
            row = Row(event=self.outbox.encode(_EVENT, _data(entry), key=entry.actor), new_reply=new_reply)
            with tracing.span("commit audit entry"):
                return await self._group.write(row)
        except Unavailable:
            if self._spool is None or extra_write is not None or new_reply is not None:
                raise
            try:
                await asyncio.to_thread(self._spool.append, entry)
            except OSError as error:
                raise Unavailable("the audit trail cannot be written") from error
            return True

    async def open_connections(self) -> None:
        """Opens its database connections before the first call needs them."""
        await self._connections.open_all()

    async def close(self) -> None:
        """Gives its database connections back."""
        await self._connections.close()

    async def replay_spool(self) -> None:
        """Writes what was spooled; a periodic step."""
        if self._spool is not None:
            await self._spool.replay(self.write_all)

    async def write_all(self, entries: list[AuditEntry], extra_write: ExtraWrite | None = None) -> None:
        """Commits entries, and `extra_write`, in one transaction.

        Raises:
            Unavailable: not committed, or it is unknown whether it was.
        """
        try:
            async with transaction(self._pool, timeout_s=seconds_left(self._transaction_s)) as connection:
                if extra_write is not None:
                    await extra_write(connection)
                for entry in entries:
                    await self.outbox.add(connection, _EVENT, key=entry.actor, data=_data(entry))
        except (asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            raise Unavailable("the audit trail cannot be written") from error


def recorded_purpose(purpose: str) -> str:
    """A purpose as the audit names it: one of ours, else "other", since the text may be anything (decision 100)."""
    return purpose if purpose in KNOWN_PURPOSES else OTHER_PURPOSE


def _data(entry: AuditEntry) -> dict[str, Any]:
    return {
        "action": entry.action,
        "actor": entry.actor,
        "subject": entry.subject,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "details": entry.details,
    }
