"""Whether a stored state may count, and the alarm when it may not."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox
from prometheus_client import Counter

from altscore_consent.grants import store
from altscore_consent.grants.domain import WITHDRAWAL, SignedRecord, StateStatus, StoredState
from altscore_consent.grants.records import RecordVerifier, supports
from altscore_consent.grants.row_mac import FactMac, RowMac
from altscore_consent.settings import SERVICE

_log = logging.getLogger("altscore.consent")
_tampered = Counter("altscore_consent_tampered_total", "Stored rows that are not what was signed.")
_DETAIL = {"cns_": "consent_id", "inv_": "invite_id"}


class Damage(NamedTuple):
    """A row that is not authentic.

    Attributes:
        retailer_id: whose.
        name: id of the consent, invite or retailer.
        reason: what is wrong.
        digest: of what is there; the alarm of one damage is raised once.
    """

    retailer_id: str
    name: str
    reason: str
    digest: str = ""


class TamperAlarm:
    """Audits rows that are not authentic, each damage once.

    Args:
        pool: of the consent database.
        facts: makes digests that nobody who only has the database can compute, and so none can be silenced in advance.
        outbox: for the audit.
        clock: the present.
    """

    def __init__(self, pool: asyncpg.Pool, *, facts: FactMac, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._facts = facts
        self._outbox = outbox
        self._clock = clock

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[list[Damage]]:
        """A list for the damages that a transaction inside meets; they are reported even where it is rolled back."""
        damages: list[Damage] = []
        try:
            yield damages
        finally:
            for damage in damages:
                await self.report(damage)

    async def report(self, damage: Damage, connection: asyncpg.Connection | None = None) -> None:
        """Raises the alarm, in a transaction of its own unless it is given one."""
        if connection is None:
            async with transaction(self._pool) as own:
                is_new = await self._note(own, damage)
        else:
            is_new = await self._note(connection, damage)
        if is_new:
            _tampered.inc()
            _log.critical("a consent row is not authentic", extra={"row": damage.name, "reason": damage.reason})

    async def _note(self, connection: asyncpg.Connection, damage: Damage) -> bool:
        digest = self._facts.compute(["damage", damage.name, damage.reason, damage.digest]).hex()
        is_new = await store.note_tampering(connection, damage.name, digest, self._clock.now())
        if is_new:
            await self._outbox.audit(
                connection,
                "consent_tampered",
                actor=SERVICE,
                outcome="blocked",
                subject=damage.retailer_id or None,
                reason=damage.reason,
                details={_DETAIL.get(damage.name[:4], "row"): damage.name},
            )
        return is_new


class StateVerifier:
    """Verifies that a stored consent state is authentic.

    Args:
        pool: of the consent database.
        records: verifies signed records.
        row_mac: of active states.
        facts: of invites, ledgers and uses.
        outbox: for alerts.
        clock: the present.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        records: RecordVerifier,
        row_mac: RowMac,
        facts: FactMac,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self.records = records
        self.row_mac = row_mac
        self.facts = facts
        self.alarm = TamperAlarm(pool, facts=facts, outbox=outbox, clock=clock)
        self._clock = clock

    def has_valid_mac(self, row: StoredState) -> bool:
        """Whether an active state and its record are exactly as we stored them, and no withdrawal exists."""
        return (
            row.grant is not None
            and not row.is_withdrawn
            and self.row_mac.verify(row.retailer_id, row.state, row.grant.digest(), mac=row.mac)
        )

    def is_signed(self, row: StoredState) -> bool:
        """Whether the signed record of an active state holds, says what the state claims, and was not withdrawn."""
        return (
            row.grant is not None
            and not row.is_withdrawn
            and supports(self.records.facts(row.grant), row.retailer_id, row.state)
        )

    def is_authentic(self, row: StoredState) -> bool:
        """Whether a row may count in a check.

        An active row needs a valid MAC and signature; a revoked row a signed withdrawal; an expired row a signed expiry
        that is past.
        """
        if row.state.status is StateStatus.ACTIVE:
            return self.has_valid_mac(row) and self.is_signed(row)
        if row.state.status is StateStatus.REVOKED:
            return self._is_withdrawal(row.withdrawal)
        facts = self.records.facts(row.grant) if row.grant is not None else None
        return facts is not None and facts.expires_at <= format_instant(self._clock.now(), "microseconds")

    def _is_withdrawal(self, record: SignedRecord | None) -> bool:
        content = self.records.read(record) if record is not None else None
        return content is not None and content["kind"] == WITHDRAWAL

    async def alert(self, row: StoredState) -> None:
        """Audits a damaged state once per damage; a damaged record once for all its lenders."""
        damage = "missing"
        if row.grant is not None and self.records.read(row.grant) is None:
            damage = row.grant.digest().hex()
        elif row.grant is not None:
            damage = self.row_mac.compute(row.retailer_id, row.state, row.grant.digest()).hex()
        await self._alert(row.retailer_id, row.state.consent_id, damage)

    async def alert_record(self, record: SignedRecord) -> None:
        """Audits a damaged record, once."""
        await self._alert(record.retailer_id, record.consent_id, record.digest().hex())

    async def _alert(self, retailer_id: str, consent_id: str, damage: str) -> None:
        reason = "record does not match its signature"
        await self.alarm.report(Damage(retailer_id, consent_id, reason, digest=damage))
