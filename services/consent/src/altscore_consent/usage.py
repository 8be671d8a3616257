"""Uses of a consent, as the audit topic tells them: every score that was disclosed is counted once (ADR 0006)."""

import logging
from collections.abc import Sequence
from typing import Protocol

import asyncpg
from altscore_libs.consumer import PoisonEvent, RawMessage, Received
from altscore_libs.db import transaction
from prometheus_client import Counter

TOPICS = ("altscore.audit",)
DISCLOSURES = frozenset({"score_requested", "score_history_read"})
DISCLOSED = "served"  # a replay shows the same bytes again, and is no further use
_INSERT = """
INSERT INTO consent_uses (event_id, consent_id, lender_id, used_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) ON CONFLICT (event_id) DO NOTHING
RETURNING true
"""
_log = logging.getLogger("altscore.consent")
_uses = Counter("altscore_consent_uses_total", "Disclosures counted.")
_unreadable = Counter("altscore_consent_audit_unreadable_total", "Audit messages that could not be read here.")


class Decodes(Protocol):
    """Turns a message into an event."""

    async def decode(self, raw: RawMessage) -> Received:
        """The event; PoisonEvent when it is none."""
        ...


class UsageMeter:
    """Writes batches of audit events down as uses.

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
        uses = [one for one in [await self._understand(raw) for raw in batch] if one is not None and is_use(one)]
        if not uses:
            return
        async with transaction(self._pool) as connection:
            counted = await connection.fetch(
                _INSERT,
                [one.event_id for one in uses],
                [one.data["details"]["consent_id"] for one in uses],
                [one.data["actor"] for one in uses],
                [one.occurred_at for one in uses],
            )
        _uses.inc(len(counted))

    async def _understand(self, raw: RawMessage) -> Received | None:
        try:
            return await self._decoder.decode(raw)
        except PoisonEvent:  # audit chains it as an opaque entry; a use that nobody can read cannot be counted
            _unreadable.inc()
            _log.error("audit event cannot be read", extra={"topic": raw.topic, "offset": raw.offset})
            return None


def is_use(event: Received) -> bool:
    """Whether a lender was shown something under a consent."""
    data = event.data
    return (
        event.producer == "score"
        and data.get("action") in DISCLOSURES
        and data.get("outcome") == DISCLOSED
        and "consent_id" in data.get("details", {})
    )
