"""Handler of `consent.revoked`."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, Received

from altscore_scoring.erasures.store import erased_among
from altscore_scoring.revocations import store

ONLY_TAKING_AWAY = ("consent.revoked",)
"""A revocation is kept by its arrival, so that nothing that is applied after it undoes it."""


class RevocationEvents:
    """Records revocations."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {"consent.revoked": self.consent_revoked}

    async def consent_revoked(self, connection: asyncpg.Connection, event: Received) -> None:
        """Stops the scoring of a retailer: chunks in flight see this row before they commit.

        Of an erased retailer nothing is kept, and nothing is scored anyway.
        """
        if await erased_among(connection, [event.data["retailer_id"]]):
            return
        await store.add_revocation(
            connection, event.data["retailer_id"], consent_id=event.data["consent_id"], at=self._clock.now()
        )
