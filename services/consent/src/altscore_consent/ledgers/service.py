"""Locks and changes ledgers; one that is not authentic is repaired to the cautious side, and the alarm is raised."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock

from altscore_consent.grants.integrity import Damage, TamperAlarm
from altscore_consent.grants.row_mac import FactMac, ledger_fact
from altscore_consent.ledgers import store
from altscore_consent.ledgers.domain import Ledger, repaired

SKEW = timedelta(minutes=1)  # by which the clocks of replicas may differ
REASON = "ledger is not as the service left it"


class LedgerService:
    """The only writer of ledgers.

    Args:
        facts: computes and verifies MACs.
        alarm: told of what is not authentic.
        clock: the present.
    """

    def __init__(self, facts: FactMac, alarm: TamperAlarm, clock: Clock) -> None:
        self._facts = facts
        self._alarm = alarm
        self._clock = clock

    async def lock(self, connection: asyncpg.Connection, retailer_id: str) -> Ledger:
        """The retailer's ledger, locked until the transaction ends, repaired where it was not authentic."""
        ledger, _ = await self.lock_for_answer(connection, retailer_id)
        return ledger

    async def lock_for_answer(self, connection: asyncpg.Connection, retailer_id: str) -> tuple[Ledger, bool]:
        """The same, and whether it was authentic: what was sent before a repair makes no consent."""
        empty = Ledger(retailer_id)
        ledger, mac = await store.lock(connection, empty, self._facts.compute(ledger_fact(empty)))
        if self.is_authentic(ledger, mac):
            return ledger, True
        damage = self._facts.compute([*ledger_fact(ledger), mac.hex() if mac is not None else None]).hex()
        await self._alarm.report(Damage(retailer_id, retailer_id, REASON, digest=damage), connection)
        ledger = await self.next_version(connection, repaired(ledger, self._clock.now()))
        return ledger, False

    def is_authentic(self, ledger: Ledger, mac: bytes | None) -> bool:
        """Whether a stored ledger is ours, and its last NAHI is not of the future."""
        is_past = ledger.last_no_at is None or ledger.last_no_at <= self._clock.now() + SKEW
        return is_past and self._facts.verify(ledger_fact(ledger), mac)

    async def next_version(self, connection: asyncpg.Connection, ledger: Ledger) -> Ledger:
        """Stores the ledger with the number of a change: above all that are stored, whoever wrote them.

        Each change takes a number, so that nobody can put back a row of before: numbers only grow in the database.
        """
        changed = replace(ledger, version=await store.next_version(connection, ledger.retailer_id))
        await store.put(connection, changed, self._facts.compute(ledger_fact(changed)))
        return changed
