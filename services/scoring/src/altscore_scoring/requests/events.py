"""Handler of `score.requested`."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, Received

from altscore_scoring.erasures.store import erased_among
from altscore_scoring.requests import store


class RequestEvents:
    """Records lenders' requests."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {"score.requested": self.score_requested}

    async def score_requested(self, connection: asyncpg.Connection, event: Received) -> None:
        """Keeps a lender's request; it is answered from the newest scored run. An erased retailer is not scored."""
        if await erased_among(connection, [event.data["retailer_id"]]):
            return
        await store.add_request(
            connection, event.data["retailer_id"], lender_id=event.data["lender_id"], at=self._clock.now()
        )
