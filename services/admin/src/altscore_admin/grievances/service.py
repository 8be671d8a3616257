"""Grievances: shown with their SLAs, read by handlers, acknowledged and resolved."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.hpke import HpkeDecryptor
from altscore_libs.outbox import Outbox

from altscore_admin.errors import GrievanceResolved
from altscore_admin.grievances import events, store
from altscore_admin.grievances.domain import Sla, sla_of
from altscore_admin.operators.domain import Operator

_log = logging.getLogger("altscore.admin.grievances")


class Grievance(NamedTuple):
    """A stored grievance and its SLA at the instant of reading."""

    row: Mapping[str, Any]
    sla: Sla


@dataclass(frozen=True)
class GrievanceService:
    """Use cases of the people who answer grievances."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    decryptor: HpkeDecryptor

    async def unresolved(self, limit: int) -> list[Grievance]:
        """What waits for a person, the longest overdue first; without descriptions."""
        async with transaction(self.pool) as connection:
            return [self._timed(row) for row in await store.unresolved(connection, limit)]

    async def read(self, operator: Operator, grievance_id: str) -> tuple[Grievance, str | None]:
        """A grievance and its description, None where no key of ours decrypts it; the reading is audited first.

        Raises:
            NotFound: no such grievance.
        """
        async with transaction(self.pool) as connection:
            row = await store.get(connection, grievance_id)
            if row is None:
                raise NotFound("no such grievance")
            await self.outbox.audit(
                connection,
                "admin_data_access",
                actor=operator.operator_id,
                subject=row["retailer_id"],
                outcome="ok",
                details={"grievance_id": grievance_id, "what": "grievance"},
            )
        try:
            plaintext = self.decryptor.decrypt(row["sealed_description"], context=grievance_id.encode())
            return self._timed(row), plaintext.decode()
        except ValueError:
            _log.error("a description cannot be decrypted", extra={"grievance_id": grievance_id})
            return self._timed(row), None

    async def acknowledge(self, operator: Operator, grievance_id: str) -> Grievance:
        """Records that a person handles it, and tells score; repeated, or after it is resolved, nothing changes.

        Raises:
            NotFound: no such grievance.
        """
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
            if row["status"] != "open":
                return self._timed(row)
            await store.acknowledge(connection, grievance_id, by=operator.operator_id, at=self.clock.now())
            return await self._announce(connection, operator, grievance_id, action="grievance_acknowledged")

    async def resolve(self, operator: Operator, grievance_id: str, resolution: str) -> Grievance:
        """Ends it with a text that the lender reads; the same text again changes nothing.

        Raises:
            NotFound: no such grievance.
            GrievanceResolved: it was resolved with another text.
        """
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
            if row["status"] == "resolved":
                if row["resolution"] != resolution:
                    raise GrievanceResolved("it was resolved with another text")
                return self._timed(row)
            now = self.clock.now()
            await store.resolve(connection, grievance_id, by=operator.operator_id, at=now, resolution=resolution)
            return await self._announce(connection, operator, grievance_id, action="grievance_resolved")

    async def _announce(
        self, connection: asyncpg.Connection, operator: Operator, grievance_id: str, *, action: str
    ) -> Grievance:
        grievance = self._timed(await _locked(connection, grievance_id))
        row = grievance.row
        await events.publish_status(self.outbox, connection, row)
        await self.outbox.audit(
            connection,
            action,
            actor=operator.operator_id,
            subject=row["retailer_id"],
            outcome=row["status"],
            details={"grievance_id": grievance_id, "lender_id": row["lender_id"], "sla": grievance.sla.state},
        )
        return grievance

    def _timed(self, row: Mapping[str, Any]) -> Grievance:
        return Grievance(row, sla_of(row, self.clock.now()))


async def _locked(connection: asyncpg.Connection, grievance_id: str) -> asyncpg.Record:
    row = await store.get(connection, grievance_id, lock=True)
    if row is None:
        raise NotFound("no such grievance")
    return row
