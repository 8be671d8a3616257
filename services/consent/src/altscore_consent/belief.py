"""When a stored state may count, and the alarm when it may not."""

import logging

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from prometheus_client import Counter

from altscore_consent import reads
from altscore_consent.announce import Announcer
from altscore_consent.domain import StateStatus
from altscore_consent.reads import StateRow
from altscore_consent.records import WITHDRAWAL, SignedRecord, Verifier, instant, supports
from altscore_consent.seals import Sealer

_log = logging.getLogger("altscore.consent")
_tampered = Counter("altscore_consent_tampered_total", "Stored rows that are not what was signed or sealed.")


class Belief:
    """Decides which rows are ours.

    Args:
        pool: of the consent database.
        verifier: of signed records.
        sealer: of active states.
        announcer: for alerts.
        clock: the present.
    """

    def __init__(
        self, pool: asyncpg.Pool, verifier: Verifier, sealer: Sealer, announcer: Announcer, clock: Clock
    ) -> None:
        self._pool = pool
        self.verifier = verifier
        self.sealer = sealer
        self._announce = announcer
        self._clock = clock

    def is_sealed(self, row: StateRow) -> bool:
        """Whether an active state and its record are exactly as we sealed them, and no withdrawal exists."""
        return (
            row.grant is not None
            and not row.is_withdrawn
            and self.sealer.holds(row.retailer_id, row.state, row.grant.digest(), row.seal)
        )

    def is_signed(self, row: StateRow) -> bool:
        """Whether the signed record of an active state holds, says what the state claims, and was not withdrawn."""
        return (
            row.grant is not None
            and not row.is_withdrawn
            and supports(self.verifier.facts(row.grant), row.retailer_id, row.state)
        )

    def is_ours(self, row: StateRow) -> bool:
        """Whether a row may count in a check: an active one sealed and signed, an ended one ended as rows end."""
        if row.state.status is StateStatus.ACTIVE:
            return self.is_sealed(row) and self.is_signed(row)
        if row.state.status is StateStatus.REVOKED:
            return self._is_withdrawal(row.withdrawal)
        facts = self.verifier.facts(row.grant) if row.grant is not None else None
        return facts is not None and facts.expires_at <= instant(self._clock.now())

    def _is_withdrawal(self, record: SignedRecord | None) -> bool:
        content = self.verifier.read(record) if record is not None else None
        return content is not None and content["kind"] == WITHDRAWAL

    async def alert(self, row: StateRow) -> None:
        """Audits a damaged state once per damage; a damaged record once for all its lenders."""
        damage = "missing"
        if row.grant is not None and self.verifier.read(row.grant) is None:
            damage = row.grant.digest().hex()
        elif row.grant is not None:
            damage = self.sealer.seal(row.retailer_id, row.state, row.grant.digest()).hex()
        await self.alert_record(row.retailer_id, row.state.consent_id, damage)

    async def alert_record(self, retailer_id: str, consent_id: str, damage: str) -> None:
        """Audits damage, named by a digest, once."""
        async with transaction(self._pool) as connection:
            is_new = await reads.note_tampering(connection, consent_id, damage, self._clock.now())
            if is_new:
                await self._announce.tampered(connection, retailer_id, consent_id)
        if is_new:
            _tampered.inc()
            _log.critical("a consent row is not what was signed", extra={"consent_id": consent_id})
