"""The search through the chains, newest first."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.db import transaction

from altscore_audit.chain.domain import Link
from altscore_audit.search import store
from altscore_audit.search.domain import Criteria, Place

EXAMINED = 5_000


@dataclass(frozen=True)
class SearchService:
    """Finds entries by what they say.

    Args:
        pool: of the audit database.
        examined: entries of the most selective term that one page looks at; the bound of its cost.
    """

    pool: asyncpg.Pool
    examined: int = EXAMINED

    async def newest(self, criteria: Criteria, *, after: Place | None, limit: int) -> tuple[list[Link], Place | None]:
        """A page of entries, newest first, and where the next one begins.

        A page can be short, even empty, with a next one: then it has looked at as much as one page may.

        Args:
            criteria: what the entries must say.
            after: where the page before said that this one begins.
            limit: entries at most.

        Raises:
            Unavailable: the database.
        """
        start = criteria.start(after)
        async with transaction(self.pool) as connection:
            links = await store.newest(connection, criteria, start=start, limit=limit, examined=self.examined)
            if len(links) == limit:
                return links, Place(links[-1].occurred_at, links[-1].event_id)
            return links, await store.last_examined(connection, criteria, start=start, examined=self.examined)
