"""Switches serving off and on, for all replicas: stored, audited, and read with the revocations."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_score.access.authentication import AccessState
from altscore_score.access.verified_rows import VerifiedRows
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.switches import store
from altscore_score.switches.domain import StoredSwitch, SwitchOrder, SwitchRow


@dataclass(frozen=True)
class SwitchService:
    """Carries out operators' orders about serving, as the role that may write access.

    Args:
        pool: of that role.
        audit: writes by that role.
        verified: knows the newest genuine row, and MACs the next.
    """

    pool: asyncpg.Pool
    audit: AuditWriter
    state: AccessState
    verified: VerifiedRows
    clock: Clock

    async def switch(self, order: SwitchOrder) -> StoredSwitch:
        """Does what is ordered; it holds here when this returns and at the other replicas within a second.

        A row that was changed from outside is reported and overwritten: an order to switch off always gets through.

        Raises:
            Unavailable: nothing was done.
        """
        written: list[StoredSwitch] = []

        async def apply(connection: asyncpg.Connection) -> None:
            written.clear()
            version = self.verified.next_switch_version(await store.lock_switch(connection))
            row = SwitchRow(version, order.is_off, changed_at=self.clock.now(), reason=order.reason)
            mac = self.verified.macs.switch_mac(row)
            await store.set_switch(connection, row, mac=mac)
            written.append(StoredSwitch(version, order.is_off, changed_at=row.changed_at, reason=row.reason, mac=mac))

        await self.audit.write_all([_entry(order)], apply)
        await self.state.announce()
        return written[0]

    async def read(self) -> StoredSwitch | None:
        """The row, with what holds whoever wrote it; None where nothing was ever switched."""
        await self.state.refresh()
        async with transaction(self.pool) as connection:
            stored = await store.stored_switch(connection)
        return None if stored is None else stored._replace(is_off=self.state.current.is_switched_off)


def _entry(order: SwitchOrder) -> AuditEntry:
    return AuditEntry(
        action="serving_switched_off" if order.is_off else "serving_switched_on",
        actor="admin",
        outcome="done",
        subject="score",
        reason=order.reason,
        details={"order_id": str(order.order_id), "ordered_by": order.by},
    )
