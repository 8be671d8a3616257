"""Hourly deletion of what need not be kept."""

import asyncio
import logging

from altscore_libs.db import retry_until
from altscore_libs.errors import Unavailable

from altscore_webhook.deliveries.service import DeliveryPurge

INTERVAL_S = 3600
_log = logging.getLogger("altscore.webhook")


async def run_purge(purge: DeliveryPurge, stop: asyncio.Event) -> None:
    """Deletes hourly until `stop`; a lost database is waited for."""
    while not stop.is_set():
        try:
            await purge.purge()
        except Unavailable:
            _log.warning("the purge waits for the database")
        await retry_until(stop, INTERVAL_S)
