"""What an operator runs: `remac` after an upgrade or a new MAC key, `sweep` to verify everything that is stored."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.db import transaction

from altscore_consent.grants.domain import SignedRecord, StoredState
from altscore_consent.grants.integrity import Damage, StateVerifier
from altscore_consent.grants.row_mac import Fact, invite_fact, ledger_fact, use_fact
from altscore_consent.invites.integrity import REASON as INVITE_DAMAGED
from altscore_consent.invites.store import invites_after
from altscore_consent.ledgers.service import REASON as LEDGER_DAMAGED
from altscore_consent.ledgers.store import page_after
from altscore_consent.maintenance import store
from altscore_consent.usage.domain import USES_DAMAGED
from altscore_consent.usage.store import uses_after

PAGE = 1000
StateReader = Callable[[asyncpg.Connection, str, int], Awaitable[list[StoredState]]]


class RemacReport(NamedTuple):
    """Active states: those that got a new MAC, and those refused because their signed record does not support them."""

    updated: int
    refused: int


class SweepReport(NamedTuple):
    """Everything that was verified, and how much of it is damaged; ended states are counted among the states."""

    records: int
    bad_records: int
    states: int
    bad_states: int
    invites: int = 0
    bad_invites: int = 0
    ledgers: int = 0
    bad_ledgers: int = 0
    uses: int = 0
    bad_uses: int = 0

    def is_damaged(self) -> bool:
        """Whether anything is."""
        return any((self.bad_records, self.bad_states, self.bad_invites, self.bad_ledgers, self.bad_uses))


class StoredFact(NamedTuple):
    """A row that has a MAC: its key, whose it is, what it says, and the MAC."""

    key: str | UUID
    damage: Damage
    fact: Fact
    mac: bytes | None


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
        async for rows in self._state_pages(store.active_after):
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
        for table in FACTS:
            changed, bad = await self._remac_facts(table, is_first=is_first)
            updated, refused = updated + changed, refused + bad
        return RemacReport(updated, refused)

    async def _remac_facts(self, table: str, *, is_first: bool) -> tuple[int, int]:
        updated = refused = 0
        async for rows in self._fact_pages(table):
            macs: list[tuple[object, bytes | None, bytes]] = []
            for row in rows:
                if (is_first and row.mac is None) or self._verifier.facts.verify(row.fact, row.mac):
                    macs.append((row.key, row.mac, self._verifier.facts.compute(row.fact)))
                else:
                    refused += 1
                    await self._verifier.alarm.report(row.damage)
            async with transaction(self._pool) as connection:
                updated += await store.put_fact_macs(connection, table, macs)
        return updated, refused

    async def sweep(self) -> SweepReport:
        """Verifies every record by signature and every active state by MAC and record; damage raises the alarm."""
        records = bad_records = states = bad_states = 0
        async for rows in self._state_pages(store.active_after, store.ended_after):
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
        counts = {}
        for table in FACTS:
            counts[table], counts[f"bad_{table}"] = await self._sweep_facts(table)
        return SweepReport(records=records, bad_records=bad_records, states=states, bad_states=bad_states, **counts)

    async def _sweep_facts(self, table: str) -> tuple[int, int]:
        count = bad = 0
        async for rows in self._fact_pages(table):
            count += len(rows)
            for row in rows:
                if not self._verifier.facts.verify(row.fact, row.mac):
                    bad += 1
                    await self._verifier.alarm.report(row.damage)
        return count, bad

    async def _fact_pages(self, table: str) -> AsyncIterator[list[StoredFact]]:
        after: str | UUID = UUID(int=0) if table == "uses" else ""
        while True:
            async with transaction(self._pool) as connection:
                rows = await FACTS[table](connection, after)
            if not rows:
                return
            yield rows
            after = rows[-1].key

    async def _state_pages(self, *readers: StateReader) -> AsyncIterator[list[StoredState]]:
        for read in readers:
            after = ""
            while True:
                async with transaction(self._pool) as connection:
                    rows = await read(connection, after, PAGE)
                if not rows:
                    break
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


async def _invites(connection: asyncpg.Connection, after: object) -> list[StoredFact]:
    return [
        StoredFact(
            key=invite.invite_id,
            damage=Damage(invite.retailer_id, invite.invite_id, INVITE_DAMAGED),
            fact=invite_fact(invite),
            mac=invite.mac,
        )
        for invite in await invites_after(connection, str(after), PAGE)
    ]


async def _ledgers(connection: asyncpg.Connection, after: object) -> list[StoredFact]:
    return [
        StoredFact(
            key=ledger.retailer_id,
            damage=Damage(ledger.retailer_id, ledger.retailer_id, LEDGER_DAMAGED),
            fact=ledger_fact(ledger),
            mac=mac,
        )
        for ledger, mac in await page_after(connection, str(after), PAGE)
    ]


async def _uses(connection: asyncpg.Connection, after: object) -> list[StoredFact]:
    return [
        StoredFact(key=use.event_id, damage=Damage("", use.consent_id, USES_DAMAGED), fact=use_fact(use), mac=mac)
        for use, mac in await uses_after(connection, UUID(str(after)), PAGE)
    ]


FACTS: Mapping[str, Callable[[asyncpg.Connection, object], Awaitable[list[StoredFact]]]] = {
    "invites": _invites,
    "ledgers": _ledgers,
    "uses": _uses,
}
