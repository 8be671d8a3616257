"""Records and identities of a reading on disk, so that memory does not grow with the ledger.

The files are temporary and nameless: the system removes them with the process, however it ends. They hold what the
state file holds of acknowledged records: references, dates and amounts. Master data with names and phone numbers stays
in memory; it grows with the number of retailers alone.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from weakref import finalize

from altscore_connector.errors import StateError
from altscore_connector.records import AMOUNT_FIELD, TABLES, Item, Record, Table, to_json

Document = tuple[Table, str, str]
"""Table, scope and document."""
_CACHE_KIB = 4_096
_RANK = {table: rank for rank, table in enumerate(TABLES)}
_decoded = json.JSONDecoder(parse_float=Decimal).decode
# `first` is the number of the document's first record, so that its records lie together.
_ITEMS = """
CREATE TABLE items (
    rank INTEGER NOT NULL, first INTEGER NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, scope TEXT NOT NULL,
    document TEXT NOT NULL, has_document INTEGER NOT NULL, source_order INTEGER NOT NULL, day TEXT,
    record TEXT NOT NULL, PRIMARY KEY (rank, first, number)
) WITHOUT ROWID;
CREATE INDEX items_documents ON items (rank, document, scope);
"""
_COLUMNS = "rank, first, key, scope, document, has_document, source_order, record"


class TemporaryFile:
    """A nameless database; it is gone when nothing refers to it any more.

    Args:
        schema: statements that make its tables.

    Raises:
        StateError: the folder for temporary files cannot be written.
    """

    def __init__(self, schema: str) -> None:
        try:
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            finalize(self, self._db.close)
            self._db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            # Nothing is ever committed, so nothing is written twice.
            self._db.execute("BEGIN")
        except sqlite3.Error as error:
            raise _told(error) from None
        for statement in filter(str.strip, schema.split(";")):
            self.run(statement)

    def run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Runs a statement.

        Raises:
            StateError: the disk is full, or not readable.
        """
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise _told(error) from None

    def rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one after the other.

        Raises:
            StateError: as `run`.
        """
        cursor = self.run(query, values)
        try:
            yield from cursor
        except sqlite3.Error as error:
            raise _told(error) from None

    def run_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs a statement for every row.

        Raises:
            StateError: as `run`.
        """
        try:
            self._db.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _told(error) from None


def _told(error: sqlite3.Error) -> StateError:
    return StateError(f"the folder for temporary files cannot be used: {error}")


class ItemSpool:
    """Items on disk; they come out by table, the documents of a table in the order in which they were first stated."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._file = TemporaryFile(_ITEMS)
        self._retailers: list[Item] = []
        self._count = 0
        self._last: tuple[Document, int] | None = None
        self.extend(items)

    def append(self, item: Item) -> None:
        """Adds an item."""
        self._count += 1
        if item.table == "retailers":
            self._retailers.append(item)
            return
        document: Document = (item.table, item.scope, item.document or item.key)
        if self._last is None or self._last[0] != document:
            self._last = (document, self._first_of(document) or self._count)
        on = item.on
        self._file.run(
            "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(_RANK[item.table], self._last[1], self._count, item.key, item.scope, document[2]),
                *(bool(item.document), item.source_order, None if on is None else on.isoformat(), to_json(item.record)),
            ),
        )

    def extend(self, items: Iterable[Item], /) -> None:
        """Adds items."""
        for item in items:
            self.append(item)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Item]:
        yield from self._retailers
        for row in self._file.rows(f"SELECT {_COLUMNS} FROM items ORDER BY rank, first, number"):  # noqa: S608
            yield _item(row)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ItemSpool | list) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment] # as any container that changes

    def statements(self) -> Iterator[list[Item]]:
        """The items of one document after another; retailers first."""
        by_key: dict[tuple[str, str], list[Item]] = {}
        for item in self._retailers:
            by_key.setdefault((item.scope, item.document or item.key), []).append(item)
        yield from by_key.values()
        group: list[Item] = []
        last: tuple[int, int] | None = None
        for row in self._file.rows(f"SELECT {_COLUMNS} FROM items ORDER BY rank, first, number"):  # noqa: S608
            if last is not None and last != row[:2]:
                yield group
                group = []
            last = row[:2]
            group.append(_item(row))
        if group:
            yield group

    def holds_document(self, table: Table, document: str) -> bool:
        """Whether a document of any scope is stated."""
        if table == "retailers":
            return any((item.document or item.key) == document for item in self._retailers)
        query = "SELECT 1 FROM items WHERE rank = ? AND document = ? LIMIT 1"
        return self._file.run(query, (_RANK[table], document)).fetchone() is not None

    def holds_key(self, table: Table, key: str) -> bool:
        """Whether a record with this key is stated."""
        if table == "retailers":
            return any(item.key == key for item in self._retailers)
        # Asked only for what may have to be withdrawn: most spools need no such index.
        self._file.run("CREATE INDEX IF NOT EXISTS items_keys ON items (rank, key)")
        query = "SELECT 1 FROM items WHERE rank = ? AND key = ? LIMIT 1"
        return self._file.run(query, (_RANK[table], key)).fetchone() is not None

    def change(self, table: Table, document: str, fields: Record) -> None:
        """Sets fields in every record of a document, where it is stated."""
        query = f"SELECT {_COLUMNS}, number FROM items WHERE rank = ? AND document = ?"  # noqa: S608
        for row in self._file.run(query, (_RANK[table], document)).fetchall():
            record = to_json({**_item(row).record, **fields})
            statement = "UPDATE items SET record = ? WHERE rank = ? AND first = ? AND number = ?"
            self._file.run(statement, (record, row[0], row[1], row[8]))

    def document_days(self) -> Iterator[date]:
        """The earliest day of every document that has one, in no order."""
        query = "SELECT min(day) AS day FROM items GROUP BY rank, first HAVING day IS NOT NULL"
        for (day,) in self._file.rows(query):
            yield date.fromisoformat(day)

    def between(self, from_on: date, to_on: date) -> Iterator[Item]:
        """The items of the documents whose earliest day lies in a period, without retailers."""
        query = (
            f"SELECT {_COLUMNS} FROM items JOIN (SELECT rank, first FROM items GROUP BY rank, first "  # noqa: S608
            "HAVING min(day) BETWEEN ? AND ?) USING (rank, first) ORDER BY rank, first, number"
        )
        for row in self._file.rows(query, (from_on.isoformat(), to_on.isoformat())):
            yield _item(row)

    @property
    def retailers(self) -> Sequence[Item]:
        """The master data."""
        return self._retailers

    def _first_of(self, document: Document) -> int | None:
        table, scope, name = document
        query = "SELECT first FROM items WHERE rank = ? AND document = ? AND scope = ? LIMIT 1"
        row = self._file.run(query, (_RANK[table], name, scope)).fetchone()
        return None if row is None else int(row[0])


def _item(row: Sequence[Any]) -> Item:
    table = TABLES[row[0]]
    record = _decoded(row[7])
    amount = record.get(AMOUNT_FIELD[table])
    if type(amount) is int:
        record[AMOUNT_FIELD[table]] = Decimal(amount)
    item = Item(table, row[2], record, document=row[4], source_order=row[6], scope=row[3])
    return item if row[5] else replace(item, document="")


class DocumentSpool:
    """A set of documents (table and document) on disk."""

    def __init__(self, documents: Iterable[tuple[Table, str]] = ()) -> None:
        schema = "CREATE TABLE documents (rank INTEGER, document TEXT, PRIMARY KEY (rank, document)) WITHOUT ROWID"
        self._file = TemporaryFile(schema)
        self.update(documents)

    def add(self, document: tuple[Table, str], /) -> None:
        """Adds a document."""
        self.update([document])

    def update(self, documents: Iterable[tuple[Table, str]], /) -> None:
        """Adds documents."""
        rows = ((_RANK[table], document) for table, document in documents)
        self._file.run_many("INSERT OR IGNORE INTO documents VALUES (?, ?)", rows)

    def __contains__(self, document: tuple[Table, str], /) -> bool:
        query = "SELECT 1 FROM documents WHERE rank = ? AND document = ?"
        return self._file.run(query, (_RANK[document[0]], document[1])).fetchone() is not None

    def __iter__(self) -> Iterator[tuple[Table, str]]:
        for rank, document in self._file.rows("SELECT rank, document FROM documents ORDER BY rank, document"):
            yield TABLES[rank], document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DocumentSpool | set) and set(self) == set(other)

    __hash__ = None  # type: ignore[assignment] # as any container that changes
