"""Handler of `retailer.erased`."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, PoisonEvent, Received
from altscore_libs.erasures import certified_erasure
from altscore_libs.outbox import Outbox
from altscore_libs.rls import ContextSigner
from altscore_libs.signer import NotAuthentic, PublicKeys

from altscore_score.erasures import store
from altscore_score.scores.store import PROJECTOR, mark_stale

TOPIC = "altscore.privacy"


class ErasureEvents:
    """Applies erasures that the vault has certified.

    Args:
        signer: of row-level-security contexts; only the projector may delete.
        keys: that certificates are verified with.
        outbox: for the audit.
        clock: the present.
    """

    def __init__(self, signer: ContextSigner, keys: PublicKeys, *, outbox: Outbox, clock: Clock) -> None:
        self._signer = signer
        self._keys = keys
        self._outbox = outbox
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {"retailer.erased": self.retailer_erased}

    async def retailer_erased(self, connection: asyncpg.Connection, event: Received) -> None:
        """Forgets the retailer and its aliases; safe to repeat.

        Raises:
            PoisonEvent: the vault has not certified it; nothing is deleted.
        """
        try:
            erasure = certified_erasure(event.data, self._keys)
        except NotAuthentic as error:
            raise PoisonEvent(f"the erasure is not certified: {error}") from error
        ids, erased_at = erasure.retailer_ids, event.data["erased_at"]
        await self._signer.enter(connection, PROJECTOR)
        await store.lock(connection, ids)
        await store.add(connection, ids, request_id=erasure.request_id, erased_at=erased_at, at=self._clock.now())
        deleted = await store.delete(connection, ids)
        for retailer_id in ids:
            await mark_stale(connection, retailer_id)
        await self._outbox.audit(
            connection,
            "erasure_applied",
            actor="score",
            subject=ids[0],
            outcome="erased",
            details={
                "request_id": erasure.request_id,
                "retailer_ids": ",".join(ids),
                "scores": str(deleted.scores),
                "blocks": str(deleted.blocks),
            },
        )
