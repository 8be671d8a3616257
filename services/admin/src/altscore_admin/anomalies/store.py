"""SQL of anomalies; takes a connection, never commits."""

from typing import Any

import asyncpg


async def add_anomaly(connection: asyncpg.Connection, data: dict[str, Any]) -> None:
    """Adds an anomaly for a person to look at; the same twice is stored once."""
    await connection.execute(
        "INSERT INTO anomalies (anomaly_id, retailer_id, run_id, score, threshold, detected_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (anomaly_id) DO NOTHING",
        *(data[name] for name in ("anomaly_id", "retailer_id", "run_id", "score", "threshold", "detected_at")),
    )
