"""The model in use: a promoted model is fetched, every digest is verified, then the pointer moves."""

import asyncio
import logging

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.outbox import Outbox

from altscore_scoring import store
from altscore_scoring.errors import ModelRefused
from altscore_scoring.guardrails.checks import guardrail_digest
from altscore_scoring.model.bundle import Bundle, load_bundle
from altscore_scoring.objects import Objects, join
from altscore_scoring.promotion import Promotion, score_version
from altscore_scoring.recording import ACTOR, announce_model_refusal
from altscore_scoring.sealing import SealContext
from altscore_scoring.taxonomy import Taxonomy

_log = logging.getLogger("altscore.scoring.shelf")


class Shelf:
    """Holds the one verified bundle in memory."""

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, objects: Objects, taxonomy: Taxonomy, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._objects = objects
        self._clock = clock
        self._held: Bundle | None = None
        self.taxonomy = taxonomy

    def seal_context(self, model: Promotion) -> SealContext:
        """What scores of this model carry in their seal."""
        version = score_version(model.model_version)
        return SealContext(version, model.model_sha256, self.taxonomy.digest, guardrail_digest())

    async def bundle(self, model: Promotion) -> Bundle:
        """The verified bundle of a promoted model.

        Raises:
            ModelRefused: it may not be loaded.
            Unavailable: the store does not answer; nothing is decided.
        """
        if self._held is None or self._held.model_sha256 != model.model_sha256:
            self._held = await asyncio.to_thread(self._load, model)
        return self._held

    def _load(self, model: Promotion) -> Bundle:
        try:
            return load_bundle(
                lambda name: self._objects.read(join(model.artifact_uri, name)),
                model.model_sha256,
                taxonomy_digest=self.taxonomy.digest,
                guardrail_digest=guardrail_digest(),
            )
        except NotFound as error:
            raise ModelRefused("an artifact of the model is missing") from error

    async def settle_pending(self) -> bool:
        """Verifies the newest pending model and makes it the active one, or refuses it; False when none is pending."""
        async with transaction(self._pool) as connection:
            model = await store.model_in_state(connection, "pending")
        if model is None:
            return False
        try:
            await self.bundle(model)
        except ModelRefused as error:
            await self._refuse(model, error.detail)
            return True
        async with transaction(self._pool) as connection:
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
            await store.set_model_state(connection, model.model_sha256, "refused", at)
            await announce_model_refusal(connection, self._outbox, at=at, model=model.model_sha256, why=why)
        _log.error("model refused", extra={"model_sha256": model.model_sha256, "reason": why})
