"""Cuts records into batches; the sequence number inside a batch makes equal content at another time another batch."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from altscore_connector.records import TABLES, ErpTotal, Item, on_the_wire, to_json

MAX_RECORDS = 1_000
EARLIEST_ON = date(2000, 1, 1)
_DAY_END = time(23, 59, 59, tzinfo=UTC)
_AHEAD = timedelta(days=1)  # India's day begins before the UTC day
_NAMESPACE = uuid.UUID("6e0d5f0e-3f0b-5d0a-9a55-2f3c1f9f1f53")


@dataclass(frozen=True)
class Batch:
    """One request: its sequence number, its id, its exact bytes and the records in it."""

    sequence: int
    batch_id: str
    body: bytes
    items: tuple[Item, ...]


def cut(
    items: Sequence[Item],
    *,
    distributor_id: str,
    today: date,
    sequence: int,
    erp_totals: Sequence[ErpTotal] = (),
    limit: int = MAX_RECORDS,
    read_at: datetime | None = None,
    is_whole: bool = False,
) -> Iterator[Batch]:
    """Cuts into batches of at most `limit` records, all retailers first, then invoices, payments, returns.

    Args:
        items: the records.
        distributor_id: whose they are.
        today: UTC day; no period ends after it, since ingestion refuses a batch that claims to know the future.
        sequence: number of the first batch; the others follow it.
        erp_totals: the ERP's own totals; the last batch carries them.
        limit: records per batch.
        read_at: when the source was read; no period ends after it, however late the batch is delivered.
        is_whole: with the last batch everything is told that was entered before `read_at`, so its period ends there.
    """
    ordered = [item for table in TABLES for item in items if item.table == table]
    fallback = max(_days(ordered, today), default=EARLIEST_ON)
    for number, start in enumerate(range(0, len(ordered), limit)):
        part, is_last = ordered[start : start + limit], start + limit >= len(ordered)
        yield make_batch(
            part,
            distributor_id=distributor_id,
            period=_period(_days(part, today) or [fallback], read_at, is_whole=is_whole and is_last),
            sequence=sequence + number,
            erp_totals=erp_totals if is_last else (),
        )


def nothing_new(*, distributor_id: str, read_at: datetime, sequence: int, erp_totals: Sequence[ErpTotal] = ()) -> Batch:
    """A batch without records: the ledger was read as a whole, and nothing in it had changed."""
    period = _period([read_at.astimezone(UTC).date()], read_at, is_whole=True)
    return make_batch([], distributor_id=distributor_id, period=period, sequence=sequence, erp_totals=erp_totals)


def _period(days: Sequence[date], read_at: datetime | None, *, is_whole: bool) -> tuple[datetime, datetime]:
    """First instant of the first day to the last second of the last, or to the reading."""
    start, end = datetime.combine(min(days), time.min, UTC), datetime.combine(max(days), _DAY_END)
    if read_at is not None:
        end = read_at if is_whole else min(end, read_at)
    return start, max(start, end)


def _days(items: Sequence[Item], today: date) -> list[date]:
    """Days of the records; a day before 2000 or after today is the record's fault and must not refuse its batch."""
    return [min(day, today) for item in items if (day := item.on) is not None and EARLIEST_ON <= day <= today + _AHEAD]


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
