"""What a reading states, beside what was acknowledged before: the live documents, and what would leave the site."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from altscore_connector.planning import plan
from altscore_connector.records import (
    ID_FIELD,
    LEDGER_TABLES,
    TABLES,
    ErpTotal,
    Item,
    Period,
    Reading,
    Table,
    on_the_wire,
)
from altscore_connector.state import LivePart, State


def live_records(reading: Reading, state: State, period: Period) -> Iterable[LivePart]:
    """The live records of a period: the acknowledged ones, with the changes that the reading asks for."""
    live: dict[tuple[Table, str], LivePart] = {(part.table, part.key): part for part in state.live_parts()}
    for item in plan(reading, state).items:
        if item.table not in LEDGER_TABLES:
            continue
        live.pop((item.table, item.key), None)
        if item.on is not None and not item.record.get("is_cancelled"):
            identity = str(item.record[ID_FIELD[item.table]])
            live[item.table, item.key] = LivePart(
                table=item.table, key=item.key, identity=identity, on=item.on, amount_inr=item.amount
            )
    return [record for record in live.values() if period.holds(record.on)]


def keys_of(reading: Reading, state: State, period: Period) -> frozenset[str]:
    """Table and identity of the live documents of a period."""
    return frozenset(f"{record.table}:{record.identity}" for record in live_records(reading, state, period))


def totals_of(reading: Reading, state: State, period: Period) -> list[ErpTotal]:
    """Number and sum of the live documents of whole months, for a source that tells no totals of its own."""
    days = Period(period.from_on.replace(day=1), _last_of_month(period.to_on))
    sums: dict[tuple[Table, str], tuple[set[str], Decimal]] = {}
    for record in live_records(reading, state, days):
        place = (record.table, f"{record.on:%Y-%m}")
        documents, total = sums.get(place, (set(), Decimal(0)))
        sums[place] = (documents | {record.identity}, total + record.amount_inr)
    return [
        ErpTotal(table=table, month=month, count=len(documents), amount_inr=total)
        for (table, month), (documents, total) in sorted(sums.items())
    ]


def preview_of(reading: Reading, state: State, limit: int) -> list[Mapping[str, object]]:
    """At most `limit` of the records that would be sent, of every table as evenly as they are there."""
    items = plan(reading, state).items
    rest: dict[Table, Sequence[Item]] = {table: [item for item in items if item.table == table] for table in TABLES}
    share: dict[Table, int] = dict.fromkeys(TABLES, 0)
    while sum(share.values()) < min(limit, len(items)):
        for table in TABLES:
            if share[table] < len(rest[table]) and sum(share.values()) < limit:
                share[table] += 1
    return [dict(on_the_wire(item)) for table in TABLES for item in rest[table][: share[table]]]


def _last_of_month(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)
