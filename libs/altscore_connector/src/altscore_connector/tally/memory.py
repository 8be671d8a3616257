"""What is remembered of a company between two syncs, as marks of the connector's state."""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from altscore_connector.accepted import Place
from altscore_connector.records import Item, Table
from altscore_connector.state import DROPPED_MARK, State
from altscore_connector.tally.census import KnownLines
from altscore_connector.tally.reversals import Reversal, reversal_from_json
from altscore_connector.tally.vouchers import VoucherClass


@dataclass(frozen=True)
class Settlement:
    """What a voucher that is no receipt settles: month and amount of its records in one table; empty when nothing."""

    table: Table = "returns"
    month: str = ""
    amount: Decimal = Decimal(0)

    @classmethod
    def of(cls, table: Table, items: Sequence[Item]) -> "Settlement":
        """Of the records of one voucher, all of the same day."""
        if not items or items[0].on is None:
            return cls()
        amount = sum((item.amount for item in items), Decimal(0))
        return cls(table=table, month=f"{items[0].on:%Y-%m}", amount=amount)


@dataclass
class Memory:
    """The memory of one company.

    Attributes:
        company: its GUID.
        since_by_class: the highest AlterID that was completely read, by class of vouchers.
        again: vouchers (GUID) that were held or set aside and are asked for again.
        order_offset: added to AlterIDs; grows when they go back.
        reversals: what takes money back, by voucher.
        settlements: what vouchers that are no receipts settle, by voucher.
        lost: reversals for which no receipt was found.
        lines: the lines of the census.
        dropped: the last refused batch; after a later one more is acknowledged than what is remembered here.
        reversals_changed: whether a reversal came, changed or went in this reading.
        former_parties: debtors of whom a reversal that changed or went in this reading took money.
    """

    company: str
    since_by_class: dict[str, int] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    order_offset: int = 0
    reversals: dict[str, list[Reversal]] = field(default_factory=dict)
    settlements: dict[str, Settlement] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    lines: KnownLines = field(default_factory=lambda: KnownLines(None))
    dropped: str | None = None
    reversals_changed: bool = False
    former_parties: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, state: State, company: str) -> "Memory":
        """What the last finished sync remembered."""
        stored: dict[str, Any] = json.loads(state.mark(f"tally:{company}") or "{}")
        dropped = state.mark(DROPPED_MARK)
        return cls(
            company=company,
            since_by_class=stored.get("since", {}),
            again=set(stored.get("again", ())),
            order_offset=stored.get("order_offset", 0),
            reversals={
                guid: [reversal_from_json(part) for part in parts]
                for guid, parts in stored.get("reversals", {}).items()
            },
            settlements={
                guid: Settlement(table=table, month=month, amount=Decimal(amount))
                for guid, (table, month, amount) in stored.get("settlements", {}).items()
            },
            lost=set(stored.get("lost", ())),
            lines=KnownLines(stored.get("lines") if stored.get("dropped") == dropped else None),
            dropped=dropped,
        )

    def save(self, *, highest: Mapping[VoucherClass, int], again: set[str]) -> dict[str, str]:
        """The marks to remember once everything is acknowledged."""
        since = {kind: max(self.since(kind), alter_id) for kind, alter_id in highest.items()}
        document = {
            "since": since,
            "again": sorted(again),
            "order_offset": self.order_offset,
            "reversals": {guid: [part.as_json() for part in parts] for guid, parts in sorted(self.reversals.items())},
            "settlements": {
                guid: [settlement.table, settlement.month, str(settlement.amount)]
                for guid, settlement in sorted(self.settlements.items())
            },
            "lost": sorted(self.lost),
            "lines": self.lines.text(),
            "dropped": self.dropped,
        }
        return {f"tally:{self.company}": json.dumps(document)}

    @staticmethod
    def read_again(state: State) -> None:
        """Has every company read from the beginning, with what else is remembered of it."""
        marks = {name: json.loads(value) | {"since": {}} for name, value in state.marks("tally:").items()}
        state.remember({name: json.dumps(document) for name, document in marks.items()})

    def since(self, kind: VoucherClass) -> int:
        """The highest AlterID of a class that was completely read."""
        return self.since_by_class.get(kind, 0)

    def went_back(self, counter: int) -> bool:
        """Notices that Tally's counter fell, as after restoring a backup, and has the whole company read again."""
        if counter >= max(self.since_by_class.values(), default=0):
            return False
        self.forget_counter()
        return True

    def forget_counter(self) -> None:
        """Has the whole company read again, each record with an order above all that was stated before."""
        self.order_offset += max(self.since_by_class.values(), default=0)
        self.since_by_class = {}

    @property
    def is_of_no_sync(self) -> bool:
        """Whether more may be acknowledged than by the last finished sync: then that sync found other receipts.

        So it is where the memory was behind or a batch was refused. The whole company is read then.
        """
        return self.lines.is_unknown or not any(self.since_by_class.values())

    @property
    def parties(self) -> set[str]:
        """Debtors of whom money was taken back, before or now."""
        return {part.party for parts in self.reversals.values() for part in parts} | self.former_parties

    @property
    def reversing(self) -> set[str]:
        """Vouchers that take money back."""
        return set(self.reversals)

    def all_reversals(self) -> list[Reversal]:
        """Every reversal of the company."""
        return [part for parts in self.reversals.values() for part in parts]

    def settled_amounts(self) -> Iterable[tuple[Table, str, Decimal]]:
        """Table, month and amount of each of these vouchers."""
        return [(settlement.table, settlement.month, settlement.amount) for settlement in self.settlements.values()]

    def keep_alive(self, guids: Container[str]) -> None:
        """Forgets vouchers that are cancelled, optional or gone."""
        for guid in [guid for guid in self.reversals if guid not in guids]:
            self._set_reversals(guid, [])
        self.settlements = {guid: settlement for guid, settlement in self.settlements.items() if guid in guids}

    def remember(self, guid: str, reversals: Sequence[Reversal], settlement: Settlement) -> None:
        """Takes in what a voucher takes back and settles now."""
        self._set_reversals(guid, list(reversals))
        self.settlements.pop(guid, None)
        if settlement.month:
            self.settlements[guid] = settlement

    def _set_reversals(self, guid: str, reversals: list[Reversal]) -> None:
        before = self.reversals.pop(guid, [])
        if reversals:
            self.reversals[guid] = reversals
        if before != reversals:
            self.reversals_changed = True
            self.former_parties |= {part.party for part in before}


def place_of(table: Table, key: str) -> Place:
    """Where a record of the wire stands: a voucher's or a ledger's GUID begins with that of its company."""
    guid, _, part = key.partition("#")
    company = guid.rpartition("-")[0]
    if table == "invoices" and part.startswith("opening-"):
        return Place(key=key, scope=f"{company}/opening", document=key)
    return Place(key=key, scope=company, document=guid)
