"""Uses of a consent as the audit topic reports them: every score that was disclosed is counted once (ADR 0006)."""

from collections.abc import Mapping, Sequence

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Decodes, Handler, RawMessage, Received
from altscore_libs.db import transaction
from prometheus_client import Counter

from altscore_consent.grants.row_mac import FactMac, use_fact
from altscore_consent.usage.domain import Use, is_use
from altscore_consent.usage.store import add_uses

TOPICS = ("altscore.audit",)
_uses = Counter("altscore_consent_uses_total", "Disclosures counted.")


class UsageMeter:
    """Stores uses from batches of audit events.

    Args:
        pool: of the consent database.
        decoder: knows the schemas, and who sent a message.
        facts: computes the MACs of uses.
        clock: the present; no use is later.
    """

    def __init__(self, pool: asyncpg.Pool, decoder: Decodes, *, facts: FactMac, clock: Clock) -> None:
        self._pool = pool
        self._decoder = decoder
        self._facts = facts
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """What counts a single event that was set aside."""
        return {"audit_event": self._count_one}

    async def count(self, batch: Sequence[RawMessage]) -> None:
        """Counts a batch; an event that came before is not counted again.

        Raises:
            PoisonEvent: one of the batch can never be read; nothing of it is counted.
            Unavailable: database or registry; the batch must be handed over again.
        """
        events = [await self._decoder.decode(raw) for raw in batch]
        uses = [self._use_of(event) for event in events if is_use(event.producer, event.data)]
        if not uses:
            return
        async with transaction(self._pool) as connection:
            counted = await add_uses(connection, uses, [self._facts.compute(use_fact(use)) for use in uses])
        _uses.inc(counted)

    async def _count_one(self, connection: asyncpg.Connection, event: Received) -> None:
        if is_use(event.producer, event.data):
            use = self._use_of(event)
            _uses.inc(await add_uses(connection, [use], [self._facts.compute(use_fact(use))]))

    def _use_of(self, event: Received) -> Use:
        return Use(
            event_id=event.event_id,
            consent_id=event.data["details"]["consent_id"],
            lender_id=event.data["actor"],
            used_at=min(event.occurred_at, self._clock.now()),
        )
