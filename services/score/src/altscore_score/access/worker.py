"""Removes rows that no rule reads any more."""

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.rls import ContextSigner

from altscore_score.access import store as access
from altscore_score.idempotency import store as replies
from altscore_score.scores.store import PROJECTOR
from altscore_score.tokens import store as tokens

PURGE_S = 300.0


class Purger:
    """A periodic step that removes replies, failures, secrets, orders and families of tokens past their life.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        clock: for their age.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, clock: Clock) -> None:
        self._pool = pool
        self._signer = signer
        self._clock = clock

    async def purge(self) -> None:
        """Removes what is old now."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await self._signer.enter(connection, PROJECTOR)
            await replies.delete_old(connection, now=now)
            await access.delete_old(connection, now=now)
            await tokens.delete_old(connection, now=now)
