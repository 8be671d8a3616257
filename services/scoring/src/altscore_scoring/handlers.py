"""One function per consumed event. Each only records; the run loop works, so no batch holds a transaction."""

import re
from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, PoisonEvent, Received
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys

from altscore_scoring import store
from altscore_scoring.errors import ModelRefused
from altscore_scoring.promotion import verify_promotion
from altscore_scoring.recording import announce_model_refusal

TOPICS = ("altscore.pipeline", "altscore.ml", "altscore.consent", "altscore.scoring.requests")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Inbound:
    """Records what arrives.

    Args:
        outbox: for refusals.
        keys: public keys that may sign a promotion.
        clock: for received_at.
    """

    def __init__(self, outbox: Outbox, keys: PublicKeys, clock: Clock) -> None:
        self._outbox = outbox
        self._keys = keys
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {
            "pipeline.gold.ready": self.gold_ready,
            "model.promoted": self.model_promoted,
            "consent.revoked": self.consent_revoked,
            "score.requested": self.score_requested,
        }

    async def gold_ready(self, connection: asyncpg.Connection, event: Received) -> None:
        """Keeps the announced run; the run loop queues the newest one for the active model."""
        if not _SHA256.fullmatch(event.data["manifest_sha256"]):
            raise PoisonEvent("the manifest's digest is no SHA-256")
        run = store.GoldRun(**{name: event.data[name] for name in store.GoldRun._fields})
        await store.add_gold_run(connection, run, self._clock.now())

    async def model_promoted(self, connection: asyncpg.Connection, event: Received) -> None:
        """Keeps a promotion whose signature holds; any other is refused aloud and the present model stays."""
        try:
            promotion = verify_promotion(event.data, self._keys)
        except ModelRefused as error:
            at, model = self._clock.now(), event.data["model_sha256"]
            await announce_model_refusal(connection, self._outbox, at=at, model=model, why=error.detail)
            return
        await store.add_pending_model(connection, promotion, self._clock.now())

    async def consent_revoked(self, connection: asyncpg.Connection, event: Received) -> None:
        """Stops the scoring of a retailer: chunks in flight see this row before they commit."""
        data = event.data
        await store.add_revocation(connection, data["retailer_id"], data["consent_id"], self._clock.now())

    async def score_requested(self, connection: asyncpg.Connection, event: Received) -> None:
        """Keeps a lender's request; it is answered from the newest scored run."""
        await store.add_request(connection, event.data["retailer_id"], event.data["lender_id"], self._clock.now())
