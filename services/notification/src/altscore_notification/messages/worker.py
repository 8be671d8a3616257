"""The queue of messages, and the hourly deletion of finished ones."""

import asyncio
import logging

from altscore_libs.db import retry_until
from altscore_libs.errors import Unavailable

from altscore_notification.messages.service import MessagePurge, MessageService

AT_ONCE = 8
PURGE_INTERVAL_S = 3600
_log = logging.getLogger("altscore.notification")


class MessageWorker:
    """Works the queue off.

    Args:
        service: claims and sends.
        poll_interval_s: between two looks at an empty queue.
    """

    def __init__(self, service: MessageService, *, poll_interval_s: float = 0.2) -> None:
        self._service = service
        self._poll_interval_s = poll_interval_s

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until `stop`; a lost database is waited for."""
        while not stop.is_set():
            try:
                count = await self.send_due()
            except Unavailable:
                _log.warning("the worker waits for the database")
                count = 0
            if count == 0:
                await retry_until(stop, self._poll_interval_s)

    async def send_due(self) -> int:
        """Tries what is due; returns how many messages were tried."""
        due = await self._service.claim(AT_ONCE)
        await asyncio.gather(*(self._service.send(message) for message in due))
        return len(due)


async def run_purge(purge: MessagePurge, stop: asyncio.Event) -> None:
    """Deletes hourly until `stop`; a lost database is waited for."""
    while not stop.is_set():
        try:
            await purge.purge()
        except Unavailable:
            _log.warning("the purge waits for the database")
        await retry_until(stop, PURGE_INTERVAL_S)
