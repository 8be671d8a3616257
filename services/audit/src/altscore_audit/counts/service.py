"""What every producer sent against what arrived."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.db import transaction

from altscore_audit.counts import store
from altscore_audit.counts.domain import is_balanced
from altscore_audit.counts.schemas import BalanceOut, CountOut, CountsOut, UnreadableOut


@dataclass(frozen=True)
class CountService:
    """Reads the counts."""

    pool: asyncpg.Pool

    async def read(self) -> CountsOut:
        """What arrived by topic and producer, and whether anything is missing."""
        async with transaction(self.pool) as connection:
            by_topic = await store.by_topic(connection)
            by_producer = await store.by_producer(connection)
            unreadable = await store.unreadable(connection)
        produced = sum(row["produced"] for row in by_producer)
        applied = sum(row["applied"] for row in by_producer)
        parked = sum(row["events"] for row in unreadable)
        return CountsOut(
            counts=[CountOut(**dict(row)) for row in by_topic],
            producers=[BalanceOut(**dict(row)) for row in by_producer],
            unreadable=[UnreadableOut(**dict(row)) for row in unreadable],
            produced=produced,
            applied=applied,
            parked=parked,
            balanced=is_balanced(produced=produced, applied=applied, parked=parked),
        )
