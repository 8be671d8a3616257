"""Anomalies that scoring detected and a person has to look at."""

import asyncpg
from altscore_libs.consumer import Received

from altscore_admin.anomalies import store


async def anomaly_detected(connection: asyncpg.Connection, event: Received) -> None:
    """Records that a retailer's ERP data look manipulated or broken; a retailer has one open anomaly, the newest."""
    await store.add_anomaly(connection, event.data, now=event.occurred_at)
