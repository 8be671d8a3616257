"""Keeps the counts of the current month, so that a dashboard shows how a portfolio changed."""

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.rls import ContextSigner

from altscore_score.portfolios import store
from altscore_score.portfolios.domain import first_month
from altscore_score.scores.store import PROJECTOR

COUNT_S = 3_600.0


class MonthCounter:
    """A periodic step that counts every portfolio for the current month of India's calendar.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        clock: says which month it is.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, clock: Clock) -> None:
        self._pool = pool
        self._signer = signer
        self._clock = clock

    async def step(self) -> None:
        """Counts, and replaces what was counted of this month before.

        Raises:
            Unavailable: the database.
        """
        now = self._clock.now()
        month = first_month(now, back=0)
        async with transaction(self._pool) as connection:
            await self._signer.enter(connection, PROJECTOR)
            lenders = await store.counted_lenders(connection, month)
        for lender_id in lenders:  # each in a statement of its own, so that no number of lenders is too many
            async with transaction(self._pool) as connection:
                await self._signer.enter(connection, PROJECTOR)
                await store.count_month(connection, lender_id, month, now=now)
