"""Reading of the chains, and the one entry that the API itself appends: a refused caller."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import uuid7

from altscore_audit.chain import domain, store
from altscore_audit.chain.domain import Link


@dataclass(frozen=True)
class ChainService:
    """Use cases of the chains."""

    pool: asyncpg.Pool
    clock: Clock

    async def links(self, chain: str, *, after: int, limit: int, action: str | None) -> list[Link]:
        """Entries of a chain behind `after`, in order, of one action or of all."""
        async with transaction(self.pool) as connection:
            return await store.links(connection, chain, after=after, limit=limit, action=action)

    async def heads(self) -> list[asyncpg.Record]:
        """Head and newest checkpoint of every chain."""
        async with transaction(self.pool) as connection:
            return await store.heads(connection)

    async def append_refusal(self, *, caller: str | None, route: str) -> None:
        """Chains that a certificate may not call a route.

        Args:
            caller: service of the certificate, None without one.
            route: template of the route.
        """
        entry = domain.refusal_entry(uuid7(), self.clock.now(), caller=caller, route=route)
        async with transaction(self.pool) as connection:
            await store.append(connection, entry.chain, [entry])
