"""What an operator runs: `remac` after an upgrade or a new MAC key, `sweep` to verify everything that is stored."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg
from altscore_libs.db import transaction

from altscore_consent.grants.domain import SignedRecord, StoredState
from altscore_consent.grants.integrity import StateVerifier
from altscore_consent.maintenance import store

PAGE = 1000


class RemacReport(NamedTuple):
    """Active states: those that got a new MAC, and those refused because their signed record does not support them."""

    updated: int
    refused: int


class SweepReport(NamedTuple):
    """Everything that was verified, and how much of it is damaged."""

    records: int
    bad_records: int
    states: int
    bad_states: int


class MaintenanceService:
    """Goes through the whole database, a page a transaction.

    Args:
        pool: of the consent database.
        verifier: verifies states and records, and computes MACs.
    """

    def __init__(self, pool: asyncpg.Pool, verifier: StateVerifier) -> None:
        self._pool = pool
        self._verifier = verifier

    async def remac(self, *, is_first: bool = False) -> RemacReport:
        """Computes the MAC of every authentic active state anew; others raise the alarm.

        Args:
            is_first: once, after the upgrade that brought the MACs: a state without one is taken when its signed
                record supports it, as it was until then. Later a missing MAC is damage like any other.
        """
        updated = refused = 0
        async for rows in self._state_pages():
            macs = []
            for row in rows:
                is_known = (is_first and row.mac is None) or self._verifier.has_valid_mac(row)
                if row.grant is None or not is_known or not self._verifier.is_signed(row):
                    refused += 1
                    await self._verifier.alert(row)
                    continue
                mac = self._verifier.row_mac.compute(row.retailer_id, row.state, row.grant.digest())
                macs.append((row.retailer_id, row.state, mac))
            async with transaction(self._pool) as connection:
                updated += await store.put_macs(connection, macs)
        return RemacReport(updated, refused)

    async def sweep(self) -> SweepReport:
        """Verifies every record by signature and every active state by MAC and record; damage raises the alarm."""
        records = bad_records = states = bad_states = 0
        async for rows in self._state_pages():
            for row in rows:
                states += 1
                if not self._verifier.is_authentic(row):
                    bad_states += 1
                    await self._verifier.alert(row)
        async for page in self._record_pages():
            records += len(page)
            for record, content in zip(page, await self._verifier.records.read_many(page), strict=True):
                if content is None:
                    bad_records += 1
                    await self._verifier.alert_record(record)
        return SweepReport(records=records, bad_records=bad_records, states=states, bad_states=bad_states)

    async def _state_pages(self) -> AsyncIterator[list[StoredState]]:
        after = ""
        while True:
            async with transaction(self._pool) as connection:
                rows = await store.active_after(connection, after, PAGE)
            if not rows:
                return
            yield rows
            after = rows[-1].retailer_id

    async def _record_pages(self) -> AsyncIterator[list[SignedRecord]]:
        after = ("", "")
        while True:
            async with transaction(self._pool) as connection:
                rows = await store.records_after(connection, after, PAGE)
            if not rows:
                return
            yield rows
            after = (rows[-1].consent_id, rows[-1].kind)
