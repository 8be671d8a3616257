"""What of a reading has to be sent: changed records, and withdrawals of what the ERP no longer states."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from altscore_connector.records import CompletePeriod, Item, Reading, Table
from altscore_connector.state import Known, State

_Document = tuple[Table, str, str]  # table, scope, document


@dataclass
class Plan:
    """What a reading asks for.

    Attributes:
        items: the records to send, withdrawn ones included.
        withdrawn: how many of them are withdrawals.
        unchanged: records that were acknowledged with this content, by table.
        older: statements of documents of which a newer one is known.
        seen: newer source orders of unchanged records (table, key, source order).
    """

    items: list[Item] = field(default_factory=list)
    withdrawn: int = 0
    unchanged: dict[Table, int] = field(default_factory=dict)
    older: int = 0
    seen: list[tuple[Table, str, int]] = field(default_factory=list)


def plan(reading: Reading, state: State) -> Plan:
    """Compares a reading with what is known; the queue is empty at that time.

    A document's newest statement is the one with the greatest source order, in the reading and against what is
    known. Known live parts that it lacks are withdrawn, and so are known live documents of a complete period
    that the reading does not state.
    """
    result = Plan()
    statements = _statements(reading.items)
    stated_keys = {(item.table, item.key) for item in reading.items}
    for (table, scope, document), items in statements.items():
        known = state.known_of(table, scope, document)
        order = items[0].source_order
        if any(part.source_order > order for part in known):
            result.older += 1
            continue
        _state(result, items, state=state, known={part.key: part for part in known})
        if table == "retailers":
            continue
        gone = [part for part in known if part.is_live and (table, part.key) not in stated_keys]
        _withdraw(result, gone, order=order)
    stated = {(table, document) for table, _, document in statements} | reading.present
    for period in reading.complete:
        gone = [
            part
            for part in state.live(period.table, period.scope, from_on=period.from_on, to_on=period.to_on)
            if _is_known_to(part, period)
            and (part.table, part.document) not in stated
            and (part.table, part.key) not in stated_keys
        ]
        # A period says where a document is not: a statement for another day, older than the period, may still arrive.
        _withdraw(result, gone, order=0)
        stated |= {(part.table, part.document) for part in gone}
    return result


def _statements(items: Iterable[Item]) -> dict[_Document, list[Item]]:
    """Of every document its newest statement; of a repeated key the last record."""
    groups: dict[_Document, dict[str, Item]] = {}
    for item in items:
        group = groups.setdefault((item.table, item.scope, item.document or item.key), {})
        newest = max((part.source_order for part in group.values()), default=item.source_order)
        if item.source_order > newest:
            group.clear()
        if item.source_order >= newest:
            group[item.key] = item if item.document else replace(item, document=item.key)
    return {document: list(group.values()) for document, group in groups.items()}


def _state(result: Plan, items: list[Item], *, state: State, known: dict[str, Known]) -> None:
    for item in items:
        before = known.get(item.key) or state.known(item.table, item.key)
        if before is not None and before.digest == item.digest and before.document == item.document:
            result.unchanged[item.table] = result.unchanged.get(item.table, 0) + 1
            if item.source_order > before.source_order:
                result.seen.append((item.table, item.key, item.source_order))
            continue
        # A key may have stood in another document; the receiver compares keys alone.
        order = max(item.source_order, before.source_order if before else 0)
        result.items.append(replace(item, source_order=order))


def _withdraw(result: Plan, gone: Iterable[Known], *, order: int) -> None:
    for part in gone:
        result.items.append(
            Item(
                table=part.table,
                key=part.key,
                record={**part.record, "is_cancelled": True},
                document=part.document,
                source_order=max(order, part.source_order),
                scope=part.scope,
            )
        )
        result.withdrawn += 1


def _is_known_to(part: Known, period: CompletePeriod) -> bool:
    """Whether the period's statement is not older than the part; its day was compared before."""
    return period.source_order is None or part.source_order <= period.source_order
