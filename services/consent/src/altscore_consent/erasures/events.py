"""Handler of `retailer.erased`."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
from altscore_libs.consumer import Handler
from altscore_libs.erasures import Erasure, erasure_handlers
from altscore_libs.signer import PublicKeys

from altscore_consent.erasures.service import ErasureService

TOPIC = "altscore.privacy"


class ErasureEvents:
    """Applies erasures that the vault has certified."""

    def __init__(self, erasures: ErasureService, keys: PublicKeys) -> None:
        self._erasures = erasures
        self._keys = keys

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return erasure_handlers(self._keys, self._apply)

    async def _apply(self, connection: asyncpg.Connection, erasure: Erasure, erased_at: datetime) -> None:
        await self._erasures.apply(connection, erasure, erased_at=erased_at)
