"""Cuts records into batches whose id follows from their content, so that a repeated run repeats the same ids."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from altscore_connector.records import TABLES, Item, to_json

MAX_RECORDS = 1_000
EARLIEST_ON = date(2000, 1, 1)
_AHEAD = timedelta(days=1)  # India's day begins before the UTC day
_NAMESPACE = uuid.UUID("6e0d5f0e-3f0b-5d0a-9a55-2f3c1f9f1f53")


@dataclass(frozen=True)
class Batch:
    """One request: its id, its exact bytes and the records in it."""

    batch_id: str
    body: bytes
    items: tuple[Item, ...]


def cut(items: Sequence[Item], *, distributor_id: str, today: date, limit: int = MAX_RECORDS) -> Iterator[Batch]:
    """Cuts into batches of at most `limit` records, all retailers first, then invoices, payments, returns.

    Args:
        items: the records.
        distributor_id: whose they are.
        today: UTC day; no period ends after it, since ingestion refuses a batch that claims to know the future.
        limit: records per batch.
    """
    ordered = [item for table in TABLES for item in items if item.table == table]
    fallback = max(_days(ordered, today), default=EARLIEST_ON)
    for start in range(0, len(ordered), limit):
        part = ordered[start : start + limit]
        yield make_batch(part, distributor_id=distributor_id, days=_days(part, today) or [fallback])


def _days(items: Sequence[Item], today: date) -> list[date]:
    """Days of the records; a day before 2000 or after today is the record's fault and must not refuse its batch."""
    return [min(day, today) for item in items if (day := item.on) is not None and EARLIEST_ON <= day <= today + _AHEAD]


def make_batch(items: Sequence[Item], *, distributor_id: str, days: Sequence[date]) -> Batch:
    """Builds one batch; its period is that of `days`."""
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
