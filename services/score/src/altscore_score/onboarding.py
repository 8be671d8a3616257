"""PUT /internal/admin/lenders/{id}: the owner of the secret mints it, shows it once and keeps its hash."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_score import store
from altscore_score.access import Secrets
from altscore_score.journal import Entry, Journal


@dataclass(frozen=True)
class Onboarding:
    """Makes lenders known, once each."""

    pool: asyncpg.Pool
    secrets: Secrets
    journal: Journal
    clock: Clock

    async def onboard(self, lender_id: str, name: str) -> str | None:
        """The new lender's secret, None when it was onboarded before (its name is brought up to date)."""
        async with transaction(self.pool) as connection:
            if await store.lender_exists(connection, lender_id):
                await store.rename_lender(connection, lender_id, name)
                return None
        secret, secret_hash = await self.secrets.mint()
        is_new = False

        async def add(connection: asyncpg.Connection) -> None:
            nonlocal is_new
            is_new = await store.add_lender(
                connection, lender_id, name=name, secret_hash=secret_hash, now=self.clock.now()
            )

        await self.journal.write(Entry("lender_onboarded", "admin", "onboarded", lender_id), add)
        return secret if is_new else None
