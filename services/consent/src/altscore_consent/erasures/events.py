"""Handler of `retailer.erased`."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.consumer import Handler, PoisonEvent, Received
from altscore_libs.erasures import certified_erasure
from altscore_libs.signer import NotAuthentic, PublicKeys

from altscore_consent.erasures.service import ErasureService

TOPIC = "altscore.privacy"


class ErasureEvents:
    """Applies erasures that the vault has certified."""

    def __init__(self, erasures: ErasureService, keys: PublicKeys) -> None:
        self._erasures = erasures
        self._keys = keys

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {"retailer.erased": self.retailer_erased}

    async def retailer_erased(self, connection: asyncpg.Connection, event: Received) -> None:
        """Forgets the retailer and its aliases; what is not certified is parked and changes nothing."""
        try:
            erasure = certified_erasure(event.data, self._keys)
        except NotAuthentic as error:
            raise PoisonEvent(f"the erasure is not certified: {error}") from error
        await self._erasures.apply(connection, erasure, erased_at=event.data["erased_at"])
