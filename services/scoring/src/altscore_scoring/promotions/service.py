"""A pending model becomes the active one when every digest holds, or is refused."""

import logging

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox

from altscore_scoring.errors import ModelRefused
from altscore_scoring.promotions import store
from altscore_scoring.promotions.domain import Promotion
from altscore_scoring.promotions.events import announce_refusal
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.scores.events import ACTOR

_log = logging.getLogger("altscore.scoring.promotions")


class PromotionService:
    """Moves the pointer to the active model."""

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, *, models: ModelCache, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._models = models
        self._clock = clock

    async def activate_pending(self) -> bool:
        """Verifies the newest pending model and makes it the active one, or refuses it; False when none is pending."""
        async with transaction(self._pool) as connection:
            model = await store.model_in_state(connection, "pending")
        if model is None:
            return False
        try:
            await self._models.bundle(model)
        except ModelRefused as error:
            await self._refuse(model, error.detail)
            return True
        async with transaction(self._pool) as connection:
            if not await store.lock_pending(connection, model.model_sha256):
                return True
            await store.activate_model(connection, model.model_sha256, self._clock.now())
            details = {"model_version": model.model_version, "promotion_id": model.promotion_id}
            await self._outbox.audit(
                connection, "model_loaded", actor=ACTOR, outcome="ok", subject=model.model_sha256, details=details
            )
        _log.info("model loaded", extra={"model_sha256": model.model_sha256})
        return True

    async def _refuse(self, model: Promotion, why: str) -> None:
        at = self._clock.now()
        async with transaction(self._pool) as connection:
            if not await store.lock_pending(connection, model.model_sha256):
                return
            await store.set_model_state(connection, model.model_sha256, state="refused", at=at)
            await announce_refusal(connection, self._outbox, at=at, model_sha256=model.model_sha256, why=why)
        _log.error("model refused", extra={"model_sha256": model.model_sha256, "reason": why})
