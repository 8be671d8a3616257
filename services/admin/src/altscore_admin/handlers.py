"""One function per consumed event."""

import asyncpg
from altscore_libs.consumer import Received

from altscore_admin import store


async def anomaly_detected(connection: asyncpg.Connection, event: Received) -> None:
    """A book looks gamed or broken: it waits for a person."""
    await store.add_anomaly(connection, event.data)
