"""Handler of `model.promoted`, and publisher of refusals."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, Received
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys

from altscore_scoring.errors import ModelRefused
from altscore_scoring.promotions import store
from altscore_scoring.promotions.domain import approved_at, verify_promotion
from altscore_scoring.scores.events import ACTOR
from altscore_scoring.scores.persistence import write_blocks
from altscore_scoring.scores.store import BlockRow


class PromotionEvents:
    """Records promotions; the worker loads the model.

    Args:
        outbox: for refusals.
        keys: public keys that may sign a promotion.
        clock: for changed_at.
    """

    def __init__(self, outbox: Outbox, keys: PublicKeys, clock: Clock) -> None:
        self._outbox = outbox
        self._keys = keys
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {"model.promoted": self.model_promoted}

    async def model_promoted(self, connection: asyncpg.Connection, event: Received) -> None:
        """Keeps a promotion with a valid signature; any other is audited and changes nothing for anybody.

        The topic is read again at every start: what the history holds changes nothing, and a promotion of before the
        active model's joins it without becoming the next one.
        """
        at = self._clock.now()
        try:
            promotion = verify_promotion(event.data, self._keys)
            signed_at = approved_at(promotion)
        except ModelRefused as error:
            await audit_refusal(connection, self._outbox, event.data["model_sha256"], why=error.detail)
            return
        if not await store.add_promotion(connection, promotion, approved_at=signed_at, at=at):
            return
        if await store.complete_signature(connection, promotion) or await store.is_superseded(connection, promotion):
            return
        await store.add_pending_model(connection, promotion, at)


async def announce_refusal(
    connection: asyncpg.Connection,
    outbox: Outbox,
    *,
    at: datetime,
    model_sha256: str,
    why: str,
    run_id: str | None = None,
) -> None:
    """A model was not loaded: `score.blocked` of scope run and an audit entry; signed scores stay as they are."""
    block = BlockRow(
        block_id=new_id("blk"),
        retailer_id=None,
        scope="run",
        reason="MODEL_LOAD",
        code="MODEL_UNAVAILABLE",
        run_id=run_id,
        model_sha256=None,
        blocked_at=at,
        evidence_digest=None,
    )
    await write_blocks(connection, outbox, [block])
    await audit_refusal(connection, outbox, model_sha256, why=why, run_id=run_id)


async def audit_refusal(
    connection: asyncpg.Connection, outbox: Outbox, model_sha256: str, *, why: str, run_id: str | None = None
) -> None:
    """Audits that a model was not loaded."""
    await outbox.audit(
        connection,
        "model_load_failed",
        actor=ACTOR,
        outcome="refused",
        subject=model_sha256,
        reason="MODEL_LOAD",
        details={"why": why, **({"run_id": run_id} if run_id else {})},
    )
