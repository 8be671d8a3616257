"""Handler of `retailer.erased`."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler
from altscore_libs.erasures import Erasure, erasure_handlers
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys

from altscore_notification.erasures import store

TOPIC = "altscore.privacy"


class ErasureEvents:
    """Applies erasures that the vault has certified.

    Args:
        keys: that certificates are verified with.
        outbox: for the audit.
        clock: the present.
    """

    def __init__(self, keys: PublicKeys, *, outbox: Outbox, clock: Clock) -> None:
        self._keys = keys
        self._outbox = outbox
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return erasure_handlers(self._keys, self._apply)

    async def _apply(self, connection: asyncpg.Connection, erasure: Erasure, erased_at: datetime) -> None:
        """Deletes the messages of the retailer and its aliases; safe to repeat."""
        ids = erasure.retailer_ids
        await store.lock(connection, ids)
        await store.add(connection, ids, request_id=erasure.request_id, erased_at=erased_at, at=self._clock.now())
        deleted = await store.delete_messages(connection, ids)
        await self._outbox.audit(
            connection,
            "erasure_applied",
            actor="notification",
            subject=ids[0],
            outcome="erased",
            details={
                "request_id": erasure.request_id,
                "retailer_ids": ",".join(ids),
                "messages": str(deleted),
            },
        )
