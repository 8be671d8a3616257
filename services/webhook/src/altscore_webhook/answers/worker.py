"""The queue of stored messages: repeated while others are down, parked when hopeless."""

import asyncio
import logging
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import retry_until, transaction
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError

from altscore_webhook.answers import store
from altscore_webhook.answers.domain import retry_wait
from altscore_webhook.answers.service import AnswerService, Outcome
from altscore_webhook.answers.store import DueMessage
from altscore_webhook.errors import Unreadable

AT_ONCE = 8
MAX_REFUSALS = 8
GIVE_UP = timedelta(days=7)
_log = logging.getLogger("altscore.webhook")


class AnswerWorker:
    """Works the queue off.

    Args:
        pool: of the webhook database.
        service: decides each message.
        clock: the present.
        poll_interval_s: between two looks at an empty queue.
    """

    def __init__(
        self, pool: asyncpg.Pool, service: AnswerService, clock: Clock, *, poll_interval_s: float = 0.2
    ) -> None:
        self._pool = pool
        self._service = service
        self._clock = clock
        self._poll_interval_s = poll_interval_s

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop`; a lost database is waited for."""
        while not stop.is_set():
            try:
                count = await self.process_due()
            except Unavailable:
                _log.warning("the worker waits for the database")
                count = 0
            if count == 0:
                await retry_until(stop, self._poll_interval_s)

    async def process_due(self) -> int:
        """Processes what is due; returns how many messages were tried."""
        async with transaction(self._pool) as connection:
            messages = await store.claim(connection, self._clock.now(), AT_ONCE)
        await asyncio.gather(*(self._process(message) for message in messages))
        return len(messages)

    async def _process(self, message: DueMessage) -> None:
        try:
            outcome = await self._service.process(message)
        except Unavailable:
            await self._retry(message, has_limit=False)
        except Unreadable as error:
            await self._service.finish(message, Outcome("unreadable"), status="parked", reason=str(error))
        except (RemoteError, KeyError, TypeError, ValueError, asyncpg.PostgresError) as error:
            _log.warning("a message could not be processed", extra={"reason": type(error).__name__})
            await self._retry(message, has_limit=True)
        else:
            status = "parked" if outcome.name == "unresolvable" else "done"
            await self._service.finish(message, outcome, status=status)

    async def _retry(self, message: DueMessage, *, has_limit: bool) -> None:
        now = self._clock.now()
        if now - message.received_at > GIVE_UP or (has_limit and message.attempts >= MAX_REFUSALS):
            await self._service.finish(message, Outcome("gave_up"), status="parked")
            return
        async with transaction(self._pool) as connection:
            await store.retry_at(connection, message.message_hash, now + retry_wait(message.attempts))
