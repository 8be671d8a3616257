"""What an operator runs: `reseal` after an upgrade or a new seal key, `sweep` to look at everything there is."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg
from altscore_libs.db import transaction

from altscore_consent import reads, store
from altscore_consent.belief import Belief
from altscore_consent.reads import StateRow

PAGE = 1000


class Resealed(NamedTuple):
    """Active states: sealed anew, and refused because their signed record does not support them."""

    sealed: int
    refused: int


class Swept(NamedTuple):
    """Everything looked at, and what is not ours."""

    records: int
    bad_records: int
    states: int
    bad_states: int


class Upkeep:
    """Goes through the whole database, a page a transaction.

    Args:
        pool: of the consent database.
        belief: verifies and seals.
    """

    def __init__(self, pool: asyncpg.Pool, belief: Belief) -> None:
        self._pool = pool
        self._belief = belief

    async def reseal(self, *, is_first: bool = False) -> Resealed:
        """Seals anew every active state that is ours; others raise the alarm.

        Args:
            is_first: once, after the upgrade that brought the seals: a state without one is taken when its signed
                record supports it, as it was until then. Later a missing seal is damage like any other.
        """
        sealed = refused = 0
        async for rows in self._pages():
            good = []
            for row in rows:
                is_known = (is_first and row.seal is None) or self._belief.is_sealed(row)
                if row.grant is None or not is_known or not self._belief.is_signed(row):
                    refused += 1
                    await self._belief.alert(row)
                    continue
                seal = self._belief.sealer.seal(row.retailer_id, row.state, row.grant.digest())
                good.append((row.retailer_id, row.state, seal))
            async with transaction(self._pool) as connection:
                sealed += await store.put_seals(connection, good)
        return Resealed(sealed, refused)

    async def sweep(self) -> Swept:
        """Verifies every record by its signature and every active state by seal and record; damage raises the alarm."""
        records = bad_records = states = bad_states = 0
        async for rows in self._pages():
            for row in rows:
                states += 1
                if not self._belief.is_ours(row):
                    bad_states += 1
                    await self._belief.alert(row)
        after = ("", "")
        while True:
            async with transaction(self._pool) as connection:
                page = await reads.records_after(connection, after, PAGE)
            contents = await self._belief.verifier.read_many(page)
            records += len(page)
            for record, content in zip(page, contents, strict=True):
                if content is None:
                    bad_records += 1
                    await self._belief.alert_record(record.retailer_id, record.consent_id, record.digest().hex())
            if len(page) < PAGE:
                return Swept(records, bad_records, states, bad_states)
            after = (page[-1].consent_id, page[-1].kind)

    async def _pages(self) -> AsyncIterator[list[StateRow]]:
        after = ""
        while True:
            async with transaction(self._pool) as connection:
                rows = await reads.active_after(connection, after, PAGE)
            if not rows:
                return
            yield rows
            after = rows[-1].retailer_id
