"""The receipts of a reading on disk, until it is known which of them were taken back."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from altscore_connector.spool import TemporaryFile
from altscore_connector.tally.mapping import Receipt, ReceiptLine
from altscore_connector.tally.reversals import Reversal, undo

_SCHEMA = """
CREATE TABLE receipts (
    number INTEGER PRIMARY KEY, guid TEXT NOT NULL, alter_id INTEGER NOT NULL, day TEXT NOT NULL, method TEXT,
    instrument TEXT NOT NULL, lines TEXT NOT NULL
);
CREATE TABLE parties (party TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (party, number)) WITHOUT ROWID;
CREATE INDEX receipts_guids ON receipts (guid);
CREATE INDEX parties_numbers ON parties (number);
"""


class ReceiptSpool:
    """Receipts in the order in which they were added."""

    def __init__(self) -> None:
        self._file, self._count = TemporaryFile(_SCHEMA), 0

    def append(self, receipt: Receipt) -> None:
        """Adds a receipt."""
        self._count += 1
        row = (self._count, receipt.guid, receipt.alter_id, receipt.on.isoformat(), receipt.method, receipt.instrument)
        self._file.run("INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, _written(receipt.lines)))
        parties = {line.party for line in receipt.lines}
        self._file.run_many("INSERT INTO parties VALUES (?, ?)", ([party, self._count] for party in parties))

    def __iter__(self) -> Iterator[Receipt]:
        for row in self._file.rows("SELECT * FROM receipts ORDER BY number"):
            yield _receipt(row)

    def __contains__(self, guid: object) -> bool:
        return self._file.run("SELECT 1 FROM receipts WHERE guid = ?", (guid,)).fetchone() is not None

    @property
    def parties(self) -> set[str]:
        """The parties of all lines."""
        return {party for (party,) in self._file.rows("SELECT DISTINCT party FROM parties")}

    def undo(self, reversals: Iterable[Reversal]) -> set[str]:
        """Marks what was taken back, as `undo`; the reversals (GUID) for which nothing, or not enough, was found.

        What a reversal takes depends on receipts of its party alone, and on those of other parties only where a
        receipt is of both; so parties that share no receipt are done one after the other.
        """
        groups, lost = self._groups(), set[str]()
        by_group: dict[str, list[Reversal]] = {}
        for reversal in reversals:
            by_group.setdefault(groups.get(reversal.party, reversal.party), []).append(reversal)
        for group, of_group in by_group.items():
            members = {party for party, name in groups.items() if name == group} | {group}
            before = self._of(members)
            after, missed = undo(list(before.values()), of_group)
            lost |= {reversal.guid for reversal in missed}
            for number, receipt in zip(before, after, strict=True):
                if receipt != before[number]:
                    self._file.run("UPDATE receipts SET lines = ? WHERE number = ?", (_written(receipt.lines), number))
        return lost

    def _of(self, parties: Iterable[str]) -> dict[int, Receipt]:
        """The receipts of some parties by their number, in order."""
        numbers = {
            number
            for party in parties
            for (number,) in self._file.rows("SELECT number FROM parties WHERE party = ?", (party,))
        }
        rows = (self._file.run("SELECT * FROM receipts WHERE number = ?", (number,)) for number in sorted(numbers))
        return {row[0]: _receipt(row) for cursor in rows for row in cursor}

    def _groups(self) -> dict[str, str]:
        """The group of every party that shares a receipt with another one, named by one of its members."""
        groups: dict[str, str] = {}
        shared = "SELECT number FROM parties GROUP BY number HAVING count(*) > 1"
        query = f"SELECT number, party FROM parties WHERE number IN ({shared}) ORDER BY number"  # noqa: S608
        first: dict[int, str] = {}
        for number, party in self._file.rows(query):
            name = groups.setdefault(first.setdefault(number, party), first[number])
            former = groups.setdefault(party, party)
            if former != name:
                groups |= {member: name for member, group in groups.items() if group == former}
        return groups


def _written(lines: Iterable[ReceiptLine]) -> str:
    return json.dumps(
        [
            [line.party, line.bill_ref, str(line.amount), line.bounced_on and line.bounced_on.isoformat()]
            for line in lines
        ]
    )


def _receipt(row: tuple[Any, ...]) -> Receipt:
    _, guid, alter_id, day, method, instrument, lines = row
    return Receipt(
        guid=guid,
        alter_id=alter_id,
        on=date.fromisoformat(day),
        method=method,
        instrument=instrument,
        lines=tuple(
            ReceiptLine(
                party=party,
                bill_ref=bill_ref,
                amount=Decimal(amount),
                bounced_on=None if bounced_on is None else date.fromisoformat(bounced_on),
            )
            for party, bill_ref, amount, bounced_on in json.loads(lines)
        ),
    )
