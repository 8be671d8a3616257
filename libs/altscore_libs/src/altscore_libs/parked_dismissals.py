"""A set-aside event is put away for good: by whom and why stays with the digest of what it held, and it never applies.

An event that can be read is claimed in the inbox, so that no copy of it is applied either; of one that cannot be read
the place on its topic is known. Where it changes what somebody may see or do, or may, two persons put it away.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import asyncpg

from altscore_libs.db import transaction
from altscore_libs.errors import DEPENDENCIES
from altscore_libs.outbox import Outbox

if TYPE_CHECKING:
    from altscore_libs.consumer import Consumer
    from altscore_libs.decoding import Received

DISMISSED = "parked_event_dismissed"
Reason = Literal["forged", "published_anew", "superseded", "unreadable", "drill"]
Outcome = Literal["dismissed", "gone", "needs_two_persons"]
_CHOSEN = """
SELECT id, topic, key, partition, "offset", raw, signature FROM parked
WHERE resolved_at IS NULL AND id = $1 FOR UPDATE
"""
_PUT_AWAY = "UPDATE parked SET resolved_at = now(), dismissal = $2 WHERE id = $1"


class Dismissal(NamedTuple):
    """That an event shall never be applied.

    Args:
        event: its number in the list.
        operator: who puts it away; of two persons the one who approved it. Enters the audit, as all that follows.
        ticket: of the work that it belongs to.
        reason: why nothing is lost by it.
        proposed_by: the first of two persons; None: one decides.
    """

    event: int
    operator: str
    ticket: str
    reason: Reason
    proposed_by: str | None = None


async def dismiss(pool: asyncpg.Pool, consumer: "Consumer", outbox: Outbox, dismissal: Dismissal) -> Outcome:
    """Puts an event away, and audits it in the same transaction; `gone` when it is not set aside (any more).

    Raises:
        Unavailable: the database, or the registry, without which nobody knows what the event says.
    """
    async with transaction(pool) as connection:
        row = await connection.fetchrow(_CHOSEN, dismissal.event)
        if row is None:
            return "gone"
        received = await _read(consumer, row)
        name = None if received is None else received.name
        details = _details(dismissal, row, name)
        place = f"{row['topic']}/{row['partition']}/{row['offset']}"
        needs_two = dismissal.proposed_by is None and consumer.catalogue.changes_access(row["topic"], name)
        if not needs_two:
            await connection.execute(_PUT_AWAY, row["id"], json.dumps(details | {"operator": dismissal.operator}))
            if received is not None:
                await consumer.claim(connection, received)
        await outbox.audit(
            connection,
            DISMISSED,
            actor=dismissal.operator,
            subject=place,
            outcome="refused" if needs_two else "ok",
            reason="NEEDS_TWO_PERSONS" if needs_two else dismissal.reason.upper(),
            details=details,
        )
    return "needs_two_persons" if needs_two else "dismissed"


def digest_of(raw: bytes) -> str:
    """What binds an order to the message that was looked at: SHA-256 of what is kept of its value, hex."""
    return hashlib.sha256(raw).hexdigest()


async def _read(consumer: "Consumer", row: Mapping[str, Any]) -> "Received | None":
    try:
        return await consumer.read_parked(row)
    except DEPENDENCIES:
        raise
    except Exception:  # noqa: BLE001  # whatever it is: it is what keeps the event from being read
        return None


def _details(dismissal: Dismissal, row: Mapping[str, Any], name: str | None) -> dict[str, str]:
    details = {
        "ticket": dismissal.ticket,
        "event": name or "unreadable",
        "sha256": digest_of(bytes(row["raw"])),
        "why": dismissal.reason,
    }
    return details if dismissal.proposed_by is None else details | {"proposed_by": dismissal.proposed_by}
