"""Removes rows that no rule reads any more."""

import asyncio
import logging

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.periodic import sleep_or_stop
from altscore_libs.rls import ContextSigner

from altscore_score.access import store as access
from altscore_score.idempotency import store as replies
from altscore_score.scores.store import PROJECTOR
from altscore_score.tokens import store as tokens

PURGE_S = 300.0
_log = logging.getLogger("altscore.score.purger")


class Purger:
    """Removes rows that no rule reads any more.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        clock: for their age.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, clock: Clock) -> None:
        self._pool = pool
        self._signer = signer
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Removes every five minutes until `stop`."""
        while not stop.is_set():
            try:
                now = self._clock.now()
                async with transaction(self._pool) as connection:
                    await self._signer.enter(connection, PROJECTOR)
                    await replies.delete_old(connection, now=now)
                    await access.delete_old(connection, now=now)
                    await tokens.delete_old(connection, now=now)
            except Exception as error:  # noqa: BLE001  # the rows wait; no fault here may end the process
                _log.warning("old rows wait", extra={"reason": type(error).__name__})
            if await sleep_or_stop(stop, PURGE_S):
                return
