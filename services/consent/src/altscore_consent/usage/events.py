"""Uses of a consent as the audit topic reports them: every score that was disclosed is counted once (ADR 0006)."""

import logging
from collections.abc import Sequence

import asyncpg
from altscore_libs.consumer import Decodes, PoisonEvent, RawMessage, Received
from altscore_libs.db import transaction
from prometheus_client import Counter

from altscore_consent.usage.domain import is_use
from altscore_consent.usage.store import Use, add_uses

TOPICS = ("altscore.audit",)
_log = logging.getLogger("altscore.consent")
_uses = Counter("altscore_consent_uses_total", "Disclosures counted.")
_unreadable = Counter("altscore_consent_audit_unreadable_total", "Audit messages that could not be read here.")


class UsageMeter:
    """Stores uses from batches of audit events.

    Args:
        pool: of the consent database.
        decoder: knows the schemas.
    """

    def __init__(self, pool: asyncpg.Pool, decoder: Decodes) -> None:
        self._pool = pool
        self._decoder = decoder

    async def count(self, batch: Sequence[RawMessage]) -> None:
        """Counts a batch; an event that came before is not counted again.

        Raises:
            Unavailable: database or registry; the batch must be handed over again.
        """
        events = [await self._decode(raw) for raw in batch]
        uses = [_use_of(event) for event in events if event is not None and is_use(event.producer, event.data)]
        if not uses:
            return
        async with transaction(self._pool) as connection:
            counted = await add_uses(connection, uses)
        _uses.inc(counted)

    async def _decode(self, raw: RawMessage) -> Received | None:
        try:
            return await self._decoder.decode(raw)
        except PoisonEvent:  # audit chains it as an opaque entry; a use that nobody can read cannot be counted
            _unreadable.inc()
            _log.error("audit event cannot be read", extra={"topic": raw.topic, "offset": raw.offset})
            return None


def _use_of(event: Received) -> Use:
    return Use(
        event_id=event.event_id,
        consent_id=event.data["details"]["consent_id"],
        lender_id=event.data["actor"],
        used_at=event.occurred_at,
    )
