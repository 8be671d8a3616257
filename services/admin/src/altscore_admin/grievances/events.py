"""Grievances come from score, and their status goes back whole."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import asyncpg
from altscore_libs.consumer import PoisonEvent, Received
from altscore_libs.outbox import Outbox

from altscore_admin.grievances import store

_STATUS_FIELDS = (
    *("grievance_id", "retailer_id", "lender_id", "version", "status"),
    *("acknowledged_at", "resolved_at", "resolution"),
)


async def grievance_filed(connection: asyncpg.Connection, event: Received) -> None:
    """Stores a grievance, its description still encrypted.

    Raises:
        PoisonEvent: the description is not base64.
    """
    try:
        ciphertext = base64.b64decode(event.data["sealed_description"], validate=True)
    except (binascii.Error, ValueError):
        raise PoisonEvent("the description is not base64") from None
    await store.add(connection, event.data, ciphertext)


async def publish_status(outbox: Outbox, connection: asyncpg.Connection, row: Mapping[str, Any]) -> None:
    """Announces a grievance's status; numbered, so that order and repetition do not matter."""
    data = {name: row[name] for name in _STATUS_FIELDS}
    await outbox.add(connection, "grievance.status_changed", key=row["retailer_id"], data=data)
