"""The census of a company: one line for every voucher, on disk, since there are as many as the ledger has vouchers."""

import hashlib
from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal

from altscore_connector.spool import TemporaryFile
from altscore_connector.tally.vouchers import CensusLine, Range, VoucherClass, ranges_of

# A party's name is not kept: whether it is a debtor is told when the line is added.
_SCHEMA = """
CREATE TABLE lines (
    class TEXT NOT NULL, guid TEXT NOT NULL, alter_id INTEGER NOT NULL, day TEXT NOT NULL, amount TEXT,
    is_debtors INTEGER NOT NULL, is_known INTEGER NOT NULL
);
CREATE TABLE wanted (guid TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE changed (class TEXT, guid TEXT, PRIMARY KEY (class, guid)) WITHOUT ROWID;
"""
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS lines_order ON lines (class, alter_id)",
    "CREATE INDEX IF NOT EXISTS lines_guids ON lines (guid, class)",
)


class AliveLines:
    """The lines of the vouchers that count today."""

    def __init__(self) -> None:
        self._file = TemporaryFile(_SCHEMA)

    def add(self, voucher_class: VoucherClass, line: CensusLine, *, is_debtors: bool, is_known: bool) -> None:
        """Adds a line.

        Args:
            is_debtors: whether its party is a debtor, or not among the ledgers.
            is_known: whether the last finished sync saw the same line.
        """
        amount = None if line.amount is None else format(line.amount, "f")
        row = (voucher_class, line.guid, line.alter_id, line.on.isoformat(), amount, is_debtors, is_known)
        self._file.run("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def mark_changed(
        self, since: Callable[[VoucherClass], int], again: set[str], classes: Iterable[VoucherClass]
    ) -> None:
        """Marks what has to be read, once all lines are added.

        Vouchers above the mark of their class, those whose lines are not known, and those that are asked for again.
        """
        for statement in _INDEXES:
            self._file.run(statement)
        for kind in classes:
            query = (
                "INSERT OR IGNORE INTO changed SELECT class, guid FROM lines "
                "WHERE class = ? AND (alter_id > ? OR NOT is_known)"
            )
            self._file.run(query, (kind, since(kind)))
        self._file.run_many(
            "INSERT OR IGNORE INTO changed SELECT class, guid FROM lines WHERE guid = ?", ([guid] for guid in again)
        )

    def changed_ranges(self, kind: VoucherClass) -> Iterator[Range]:
        """Ranges with all marked vouchers of a class."""
        return self._ranges(
            kind, "SELECT 1 FROM changed WHERE changed.class = lines.class AND changed.guid = lines.guid"
        )

    def want(self, guids: Iterable[str]) -> None:
        """Chooses vouchers for `wanted_ranges`."""
        self._file.run_many("INSERT OR IGNORE INTO wanted VALUES (?)", ([guid] for guid in guids))

    def wanted_ranges(self, kind: VoucherClass) -> Iterator[Range]:
        """Ranges with all chosen vouchers of a class."""
        return self._ranges(kind, "SELECT 1 FROM wanted WHERE wanted.guid = lines.guid")

    def _ranges(self, kind: VoucherClass, selection: str) -> Iterator[Range]:
        first = self._file.run("SELECT min(day) FROM lines WHERE class = ?", (kind,)).fetchone()[0]
        if first is None:
            return
        query = (
            f"SELECT guid, alter_id, EXISTS ({selection}) FROM lines WHERE class = ? "  # noqa: S608
            "ORDER BY alter_id, rowid"
        )
        lines = ((guid, alter_id, bool(is_selected)) for guid, alter_id, is_selected in self._file.rows(query, (kind,)))
        yield from ranges_of(lines, date.fromisoformat(first))

    def __contains__(self, guid: object) -> bool:
        return self._file.run("SELECT 1 FROM lines WHERE guid = ? LIMIT 1", (guid,)).fetchone() is not None

    def is_one_of(self, guid: str, classes: Iterable[VoucherClass]) -> bool:
        """Whether a voucher of one of these classes is alive."""
        rows = self._file.run("SELECT class FROM lines WHERE guid = ?", (guid,)).fetchall()
        return any(kind in classes for (kind,) in rows)

    def unchanged(self, kind: VoucherClass) -> Iterator[str]:
        """The vouchers (GUID) of a class that are not marked."""
        query = (
            "SELECT guid FROM lines WHERE class = ? AND NOT EXISTS "
            "(SELECT 1 FROM changed WHERE changed.class = lines.class AND changed.guid = lines.guid)"
        )
        for (guid,) in self._file.rows(query, (kind,)):
            yield guid

    def amounts(self, kind: VoucherClass) -> Iterator[tuple[str, str, Decimal | None, bool]]:
        """GUID, month, amount and whether the party is a debtor, of every voucher of a class."""
        query = "SELECT guid, substr(day, 1, 7), amount, is_debtors FROM lines WHERE class = ? ORDER BY rowid"
        for guid, month, amount, is_debtors in self._file.rows(query, (kind,)):
            yield guid, month, None if amount is None else Decimal(amount), bool(is_debtors)


class KnownLines:
    """Which lines the last finished sync saw: eight bytes of a digest for each, whatever the ledger's size.

    AlterIDs alone do not tell what changed: a backup that is put back brings deleted vouchers and former versions
    back under numbers that were read before, and later work is given numbers that were given out before.

    Args:
        text: what `text` gave after that sync; None where nothing is known, so that no line is.
    """

    def __init__(self, text: str | None) -> None:
        self.is_unknown = text is None
        self._before, self._now = array("Q", b64decode(text or "")), array("Q")

    def see(self, voucher_class: VoucherClass, line: CensusLine, party: str, *, is_debtors: bool) -> bool:
        """Keeps a line for the next sync; whether the last one saw the same.

        Args:
            party: GUID of its ledger; a new name of a ledger changes no line.
            is_debtors: as in `AliveLines.add`; who becomes a debtor brings older vouchers along.
        """
        parts = (voucher_class, line.guid, line.alter_id, line.on, line.amount, line.is_alive, party, is_debtors)
        digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
        number = int.from_bytes(digest[:8])
        self._now.append(number)
        position = bisect_left(self._before, number)
        return position < len(self._before) and self._before[position] == number

    @property
    def is_fewer(self) -> bool:
        """Whether fewer lines came than last time."""
        return len(self._now) < len(self._before)

    def gone(self) -> "KnownLines":
        """The lines that the last finished sync saw and this census did not, as what is known."""
        gone = KnownLines("")
        gone._before = array("Q", sorted(set(self._before).difference(self._now)))
        return gone

    def text(self) -> str:
        """The lines of this census."""
        return b64encode(array("Q", sorted(self._now)).tobytes()).decode()
