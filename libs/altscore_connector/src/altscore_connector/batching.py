"""Cuts records into batches; the sequence number inside a batch makes equal content at another time another batch."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice

from altscore_connector.coverage import EARLIEST_ON, days_of, end_of
from altscore_connector.records import TABLES, ErpTotal, Item, Items, on_the_wire, to_json
from altscore_connector.spool import ItemSpool

MAX_RECORDS = 1_000
_DAY_END = time(23, 59, 59, tzinfo=UTC)
_NAMESPACE = uuid.UUID("6e0d5f0e-3f0b-5d0a-9a55-2f3c1f9f1f53")


@dataclass(frozen=True)
class Batch:
    """One request: its sequence number, its id, its exact bytes and the records in it."""

    sequence: int
    batch_id: str
    body: bytes
    items: tuple[Item, ...]


def cut(
    items: Items | Sequence[Item],
    *,
    distributor_id: str,
    today: date,
    sequence: int,
    erp_totals: Sequence[ErpTotal] = (),
    limit: int = MAX_RECORDS,
    covered_on: date | None = None,
    reaches: datetime | None = None,
) -> Iterator[Batch]:
    """Cuts into batches of at most `limit` records, all retailers first, then invoices, payments, returns.

    Args:
        items: the records.
        distributor_id: whose they are.
        today: UTC day; no period ends after it, since ingestion refuses a batch that claims to know the future.
        sequence: number of the first batch; the others follow it.
        erp_totals: the ERP's own totals; the last batch carries them.
        limit: records per batch.
        covered_on: the last day that AltScore was told of as a whole; no batch but the last one claims a later day.
        reaches: where the period of the last batch ends, since with it everything is told that was entered before;
            None where a part of the ledger is still missing then.
    """
    days = (day for item in items for day in days_of([item], today))
    fallback = max(days, default=EARLIEST_ON)
    known_until, parts = end_of(covered_on), _parts(_ordered(items), limit)
    part = next(parts, None)
    while part is not None:
        following = next(parts, None)
        is_last = following is None
        yield make_batch(
            part,
            distributor_id=distributor_id,
            period=_period(days_of(part, today) or [fallback], known_until, reaches=reaches if is_last else None),
            sequence=sequence,
            erp_totals=erp_totals if is_last else (),
        )
        part, sequence = following, sequence + 1


def _ordered(items: Items | Sequence[Item]) -> Iterator[Item]:
    """The records table by table; those on disk lie so."""
    if isinstance(items, ItemSpool):
        yield from items
        return
    for table in TABLES:
        yield from (item for item in items if item.table == table)


def _parts(items: Iterator[Item], limit: int) -> Iterator[list[Item]]:
    while part := list(islice(items, limit)):
        yield part


def nothing_new(*, distributor_id: str, reaches: datetime, sequence: int, erp_totals: Sequence[ErpTotal] = ()) -> Batch:
    """A batch without records: the ledger was read as a whole, and nothing in it had changed."""
    period = _period([reaches.astimezone(UTC).date()], reaches, reaches=reaches)
    return make_batch([], distributor_id=distributor_id, period=period, sequence=sequence, erp_totals=erp_totals)


def _period(days: Sequence[date], known_until: datetime, *, reaches: datetime | None) -> tuple[datetime, datetime]:
    """From the first instant of the first day to the end of the last one, as far as that may be claimed."""
    start, end = datetime.combine(min(days), time.min, UTC), datetime.combine(max(days), _DAY_END)
    end = min(end, known_until) if reaches is None else reaches
    return min(start, end), end


def make_batch(
    items: Sequence[Item],
    *,
    distributor_id: str,
    period: tuple[datetime, datetime],
    sequence: int,
    erp_totals: Sequence[ErpTotal] = (),
) -> Batch:
    """Builds one batch."""
    sync_from, sync_to = (f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in period)
    payload: dict[str, object] = {
        "distributor_id": distributor_id,
        "sequence": sequence,
        "sync_from": sync_from,
        "sync_to": sync_to,
    }
    payload |= {table: [on_the_wire(item) for item in items if item.table == table] for table in TABLES}
    if erp_totals:
        payload["erp_totals"] = [
            {"table": total.table, "month": total.month, "count": total.count, "amount_inr": total.amount_inr}
            for total in erp_totals
        ]
    body = to_json(payload).encode()
    return Batch(sequence=sequence, batch_id=batch_id_of(body), body=body, items=tuple(items))


def batch_id_of(body: bytes) -> str:
    """UUIDv5 over the exact bytes of a payload."""
    return str(uuid.uuid5(_NAMESPACE, body.hex()))
