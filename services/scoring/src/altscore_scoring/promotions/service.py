"""The newest promoted model comes into use when every digest holds, or is refused by a signed row."""

import hashlib
import logging

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys, Signer

from altscore_scoring.decisions import store as decisions
from altscore_scoring.decisions.domain import REFUSED, SignedDecision, verify_decision
from altscore_scoring.errors import ModelRefused
from altscore_scoring.promotions import store
from altscore_scoring.promotions.domain import Promotion, refusal_record
from altscore_scoring.promotions.events import announce_refusal
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.scores.events import ACTOR

_log = logging.getLogger("altscore.scoring.promotions")


class PromotionService:
    """Moves the pointer to the active model.

    Args:
        pool: of the scoring database.
        outbox: for refusals and the audit.
        models: loads bundles, and knows the signed history.
        keys: public keys of promotions and of the engine.
        signer: key `score-seal`, for refusals.
        clock: for changed_at.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        models: ModelCache,
        keys: PublicKeys,
        signer: Signer,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._models = models
        self._keys = keys
        self._signer = signer
        self._clock = clock

    async def activate_pending(self) -> bool:
        """Takes the newest promotion of the signed history into use, or refuses it; False when it is in use."""
        async with transaction(self._pool) as connection:
            model = await self._newest(connection)
            states = await store.states(connection)
        if model is None or states.get(model.model_sha256) == "active":
            return False
        try:
            await self._models.bundle(model)
        except ModelRefused as error:
            await self._refuse(model, error.detail)
            return True
        async with transaction(self._pool) as connection:
            state = await store.lock_model(connection, model, self._clock.now())
            if state == "active" or await self._newest(connection) != model:
                return True  # another worker was first, or two persons decided otherwise meanwhile
            await store.activate_model(connection, model.model_sha256, self._clock.now())
            details = {"model_version": model.model_version, "promotion_id": model.promotion_id}
            await self._outbox.audit(
                connection, "model_loaded", actor=ACTOR, outcome="ok", subject=model.model_sha256, details=details
            )
        _log.info("model loaded", extra={"model_sha256": model.model_sha256})
        return True

    async def _newest(self, connection: asyncpg.Connection) -> Promotion | None:
        return next(iter(await self._models.history(connection)), None)

    async def _refuse(self, model: Promotion, why: str) -> None:
        at, refusal_id = self._clock.now(), new_id("rfs")  # an id that nobody can take before
        record = canonical_json(refusal_record(model, refusal_id=refusal_id, at=at))
        signature = await self._signer.sign(hashlib.sha256(record).digest())
        signed = SignedDecision(
            decision_id=refusal_id,
            kind=REFUSED,
            model_name=model.model_name,
            record=record.decode(),
            signature_key_id=self._signer.key_id,
            signature=signature.hex(),
        )
        async with transaction(self._pool) as connection:
            await store.lock_model(connection, model, at)
            if await self._newest(connection) != model:
                return  # another worker was first
            await decisions.add_decision(connection, signed, verify_decision(signed, self._keys), at)
            await store.set_model_state(connection, model.model_sha256, state="refused", at=at)
            await announce_refusal(connection, self._outbox, at=at, model_sha256=model.model_sha256, why=why)
        _log.error("model refused", extra={"model_sha256": model.model_sha256, "reason": why})
