"""Switches ingestion off and on; every request reads the row anew, so that it holds for all replicas at once."""

import hmac
import logging
from dataclasses import dataclass
from typing import Protocol

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox

from altscore_ingestion.switches import store
from altscore_ingestion.switches.domain import Switch, SwitchOrder

_PURPOSE = b"ingestion switch 1\0"
_log = logging.getLogger("altscore.ingestion.switches")


class Macs(Protocol):
    """Computes MACs under a key of the service (ConnectorKeys)."""

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 of a message."""
        ...


async def require_switched_on(connection: asyncpg.Connection, macs: Macs) -> None:
    """Passes unless ingestion is switched off, in the caller's transaction.

    Raises:
        Unavailable: it is, or the row is not as the service wrote it: that switches nothing on.
    """
    stored = await store.stored_switch(connection)
    if stored is None:
        return
    is_genuine = hmac.compare_digest(macs.mac(_PURPOSE + stored.switch.content), stored.mac)
    if not is_genuine:
        _log.critical("the switch of ingestion was changed from outside")
    if stored.switch.is_off or not is_genuine:
        raise Unavailable("nothing is accepted at the moment")


@dataclass(frozen=True)
class SwitchService:
    """Carries out operators' orders about ingestion."""

    pool: asyncpg.Pool
    outbox: Outbox
    macs: Macs
    clock: Clock

    async def switch(self, order: SwitchOrder) -> Switch:
        """Does what is ordered; a batch that counts in a transaction of before still counts."""
        async with transaction(self.pool) as connection:
            stored = await store.lock_switch(connection)
            version = stored.switch.version + 1 if stored is not None else 1
            switch = Switch(version, order.is_off, changed_at=self.clock.now(), reason=order.reason)
            await store.set_switch(connection, switch, mac=self.macs.mac(_PURPOSE + switch.content))
            await self.outbox.audit(
                connection,
                "ingestion_switched_off" if order.is_off else "ingestion_switched_on",
                actor="admin",
                subject="ingestion",
                outcome="done",
                reason=order.reason,
                details={"order_id": str(order.order_id), "ordered_by": order.by},
            )
        return switch

    async def read(self) -> Switch | None:
        """The row, off unless it is genuine; None where nothing was ever switched."""
        async with transaction(self.pool) as connection:
            stored = await store.stored_switch(connection)
        if stored is None:
            return None
        is_genuine = hmac.compare_digest(self.macs.mac(_PURPOSE + stored.switch.content), stored.mac)
        return stored.switch if is_genuine else stored.switch._replace(is_off=True)
