"""What every producer sent against what arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg
from altscore_libs.db import transaction

from altscore_audit.counts import store
from altscore_audit.counts.domain import is_balanced
from altscore_audit.counts.schemas import (
    BalanceOut,
    CountedOut,
    CountOut,
    CountsOut,
    DailyCountsOut,
    DailyOut,
    UnreadableOut,
)
from altscore_audit.counts.store import Unit

STEP_ENTRIES = 10_000


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

    async def count_days(self) -> bool:
        """Counts the next entries into their days; whether there may be more."""
        async with transaction(self.pool) as connection:
            return await store.count_days(connection, STEP_ENTRIES) > 0

    async def daily(self, first: date, last: date, *, unit: Unit, actions: Sequence[str] | None) -> DailyCountsOut:
        """Entries of the days from `first` to `last` in India, both included, and up to where all are counted."""
        async with transaction(self.pool) as connection:
            counted = await store.counted(connection)  # first: what is counted meanwhile is no claim too many
            rows = await store.daily(connection, first, last, unit=unit, actions=actions)
        return DailyCountsOut(
            counted=[CountedOut(**dict(row)) for row in counted], counts=[DailyOut(**dict(row)) for row in rows]
        )
