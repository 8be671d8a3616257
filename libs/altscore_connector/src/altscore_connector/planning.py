"""What of a reading has to be sent: changed records, and withdrawals of what the ERP no longer states."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from altscore_connector.records import CompletePeriod, Item, Items, Reading, Table
from altscore_connector.spool import Document, ItemSpool
from altscore_connector.state import Known, State


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

    items: Items = field(default_factory=list[Item])
    withdrawn: int = 0
    unchanged: dict[Table, int] = field(default_factory=dict)
    older: int = 0
    seen: list[tuple[Table, str, int]] = field(default_factory=list)


def plan(reading: Reading, state: State) -> Plan:
    """Compares a reading with what is known; the queue is empty at that time.

    A document's newest statement is the one with the greatest source order, in the reading and against what is
    known; what an ERP says of itself now is given at least the order of what is known, and its sequence number makes
    it the newest. Known live parts that it lacks are withdrawn, and so are known live documents of a complete period
    that the reading does not state. What is to be sent lies on disk where the reading does.
    """
    spool = reading.items if isinstance(reading.items, ItemSpool) else None
    stated: ItemSpool | _Listed = _Listed(reading.items) if spool is None else spool
    result = Plan() if spool is None else Plan(items=ItemSpool())
    for items in map(_newest, stated.statements()):
        table, scope, document = items[0].table, items[0].scope, items[0].document
        known = state.known_of(table, scope, document)
        order = max([items[0].source_order, *(part.source_order for part in known)])
        if order > items[0].source_order and not reading.is_current:
            result.older += 1
            continue
        _state(result, items, state=state, known={part.key: part for part in known}, order=order)
        if table == "retailers":
            continue
        gone = [part for part in known if part.is_live and not stated.holds_key(table, part.key)]
        _withdraw(result, gone, order=order)
    withdrawn: set[tuple[Table, str]] = set()
    for number, period in enumerate(reading.complete, start=1):
        is_last = all(later.table != period.table for later in reading.complete[number:])
        documents = set()
        for part in _gone(reading, stated, state, period=period):
            if (part.table, part.document) not in withdrawn:
                # A period says where a document is not: an older statement for another day may still arrive.
                _withdraw(result, [part], order=0)
                if not is_last:
                    documents.add((part.table, part.document))
        withdrawn |= documents
    return result


class _Listed:
    """The statements of a reading in memory."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._groups: dict[Document, list[Item]] = {}
        self._keys: set[tuple[Table, str]] = set()
        for item in items:
            self._groups.setdefault((item.table, item.scope, item.document or item.key), []).append(item)
            self._keys.add((item.table, item.key))
        self._documents = {(table, document) for table, _, document in self._groups}

    def statements(self) -> Iterator[list[Item]]:
        """As `ItemSpool.statements`, in the order of the reading."""
        yield from self._groups.values()

    def holds_document(self, table: Table, document: str) -> bool:
        """Whether a document of any scope is stated."""
        return (table, document) in self._documents

    def holds_key(self, table: Table, key: str) -> bool:
        """Whether a record with this key is stated."""
        return (table, key) in self._keys


def _newest(items: Iterable[Item]) -> list[Item]:
    """Of the records of one document those of its newest statement; of a repeated key the last record."""
    group: dict[str, Item] = {}
    newest: int | None = None
    for item in items:
        if newest is None or item.source_order > newest:
            newest = item.source_order
            group.clear()
        if item.source_order == newest:
            group[item.key] = item if item.document else replace(item, document=item.key)
    return list(group.values())


def _gone(reading: Reading, stated: ItemSpool | _Listed, state: State, *, period: CompletePeriod) -> Iterator[Known]:
    """The known live parts of a complete period that a reading does not state."""
    for part in state.live(period.table, period.scope, from_on=period.from_on, to_on=period.to_on):
        if (
            _is_known_to(part, period)
            and (part.table, part.document) not in reading.present
            and not stated.holds_document(part.table, part.document)
            and not stated.holds_key(part.table, part.key)
        ):
            yield part


def _state(result: Plan, items: list[Item], *, state: State, known: dict[str, Known], order: int) -> None:
    for item in items:
        before = known.get(item.key) or state.known(item.table, item.key)
        if before is not None and before.digest == item.digest and before.document == item.document:
            result.unchanged[item.table] = result.unchanged.get(item.table, 0) + 1
            if order > before.source_order:
                result.seen.append((item.table, item.key, order))
            continue
        # A key may have stood in another document; the receiver compares keys alone.
        result.items.append(replace(item, source_order=max(order, before.source_order if before else 0)))


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
