"""Cuts records into batches whose id follows from their content, so that a repeated run repeats the same ids."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from altscore_connector.records import TABLES, Item, to_json

MAX_RECORDS = 1_000
_NAMESPACE = uuid.UUID("6e0d5f0e-3f0b-5d0a-9a55-2f3c1f9f1f53")


@dataclass(frozen=True)
class Batch:
    """One request: its id, its exact bytes and the records in it."""

    batch_id: str
    body: bytes
    items: tuple[Item, ...]


def cut(items: Sequence[Item], *, distributor_id: str, limit: int = MAX_RECORDS) -> Iterator[Batch]:
    """Cuts into batches of at most `limit` records, all retailers first, then invoices, payments, returns."""
    ordered = [item for table in TABLES for item in items if item.table == table]
    days = [day for item in ordered if (day := item.on) is not None]
    fallback = max(days, default=date(2000, 1, 1))
    for start in range(0, len(ordered), limit):
        yield make_batch(ordered[start : start + limit], distributor_id=distributor_id, fallback_on=fallback)


def make_batch(items: Sequence[Item], *, distributor_id: str, fallback_on: date) -> Batch:
    """Builds one batch; its period is that of its records, or `fallback_on` when none has a date."""
    days = [day for item in items if (day := item.on) is not None] or [fallback_on]
    payload: dict[str, object] = {
        "distributor_id": distributor_id,
        "sync_from": f"{min(days).isoformat()}T00:00:00Z",
        "sync_to": f"{max(days).isoformat()}T23:59:59Z",
    }
    payload |= {table: [item.record for item in items if item.table == table] for table in TABLES}
    body = to_json(payload).encode()
    return Batch(batch_id_of(body), body, tuple(items))


def batch_id_of(body: bytes) -> str:
    """UUIDv5 over the exact bytes of a payload."""
    return str(uuid.uuid5(_NAMESPACE, body.hex()))
