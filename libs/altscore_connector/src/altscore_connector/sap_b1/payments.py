"""Invoices and payments of a company, as little of them as is needed to find one: the rest lies on disk."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from altscore_connector.sap_b1.mapping import Money
from altscore_connector.sap_b1.reversals import Posting
from altscore_connector.spool import TemporaryFile

_SCHEMA = """
CREATE TABLE payments (
    entry INTEGER NOT NULL, number TEXT NOT NULL, partner TEXT NOT NULL, day TEXT NOT NULL, total TEXT NOT NULL
);
CREATE INDEX payments_numbers ON payments (number, partner);
"""


class SortedEntries:
    """The DocEntries of all invoices: eight bytes each."""

    def __init__(self, entries: Iterable[int]) -> None:
        self._entries = array("q", sorted(entries))

    def __contains__(self, entry: object) -> bool:
        if not isinstance(entry, int):
            return False
        place = bisect_left(self._entries, entry)
        return place < len(self._entries) and self._entries[place] == entry


class PaymentSpool:
    """The live payments of a company on disk, in the order in which they were read."""

    def __init__(self) -> None:
        self._file = TemporaryFile(_SCHEMA)

    def add(self, money: Money) -> None:
        """Adds a payment."""
        row = (money.entry, str(money.number), money.partner, money.on.isoformat(), format(money.total, "f"))
        self._file.run("INSERT INTO payments VALUES (?, ?, ?, ?, ?)", row)

    def fitting(self, postings: Iterable[Posting]) -> Iterator[Money]:
        """The payments that carry the number and the customer of a posting, without their lines."""
        for number, partner in sorted({(posting.reference, posting.partner) for posting in postings}):
            query = "SELECT entry, day, total FROM payments WHERE number = ? AND partner = ? ORDER BY rowid"
            for entry, day, total in self._file.rows(query, (number, partner)):
                yield Money(
                    entry=entry,
                    number=int(number),
                    partner=partner,
                    on=date.fromisoformat(day),
                    total=Decimal(total),
                    method="",
                    is_cancelled=False,
                    lines=(),
                    netted={},
                )
