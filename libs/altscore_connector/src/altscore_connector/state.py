"""The connector's memory in a local SQLite file: what was acknowledged, and the queue of what is still to be sent.

An acknowledged record is kept with its references, dates and amounts, without names, GSTINs and phone numbers. A
queued batch is kept with its exact bytes, encrypted, until it is acknowledged.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from altscore_connector.accepted import stored_row
from altscore_connector.encryption import BodyCipher
from altscore_connector.errors import StateError
from altscore_connector.private_files import make_private
from altscore_connector.records import ID_FIELD, Item, Record, Table

_VERSION = 2
DROPPED_MARK = "dropped"
"""The sequence number of the last batch that was refused for good: the others of its reading may be acknowledged."""
_PENDING = "pending"  # what is remembered once the queue is empty
_SEQUENCE, _ACCEPTED = "sequence", "accepted"  # numbers of the last batch that was queued, and that AltScore has
_SCHEMA = """
CREATE TABLE known (
    table_name TEXT NOT NULL, key TEXT NOT NULL, scope TEXT NOT NULL, document TEXT NOT NULL, digest TEXT NOT NULL,
    source_order INTEGER NOT NULL, is_live INTEGER NOT NULL, day TEXT, amount_inr TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (table_name, key)
) WITHOUT ROWID;
CREATE INDEX known_documents ON known (table_name, scope, document);
CREATE TABLE queue (
    sequence INTEGER PRIMARY KEY, batch_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL, items TEXT NOT NULL
);
CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE files (digest TEXT PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO marks VALUES ('accepted', '0');
"""
_KNOWN = "SELECT table_name, key, scope, document, digest, source_order, is_live, day, body FROM known "
_decoded = json.JSONDecoder(parse_float=Decimal).decode  # `json.loads` would make a decoder for each record
_REMEMBER = (
    "INSERT OR REPLACE INTO known VALUES (:table, :key, :scope, :document, :digest, :source_order, :is_live, :day, "
    ":amount_inr, :body)"
)
# The record as it was sent says more than what is told of it, as long as it is about the same money.
_TAKE_OVER = (
    "INSERT INTO known VALUES (:table, :key, :scope, :document, '', :source_order, :is_live, :day, :amount_inr, :body) "
    "ON CONFLICT (table_name, key) DO UPDATE SET source_order = max(source_order, excluded.source_order), "
    "is_live = excluded.is_live, day = excluded.day, amount_inr = excluded.amount_inr, body = CASE "
    "WHEN day IS excluded.day AND CAST(amount_inr AS NUMERIC) = CAST(excluded.amount_inr AS NUMERIC) THEN body "
    "ELSE excluded.body END"
)
# Without being told, SQLite scans the whole table by the first column of its primary key.
_BY_DOCUMENT = "INDEXED BY known_documents WHERE table_name = ? AND scope = ? AND document = ?"


@dataclass(frozen=True)
class Known:
    """The newest acknowledged statement of a key; `record` lacks names, GSTINs and phone numbers."""

    table: Table
    key: str
    scope: str
    document: str
    digest: str
    source_order: int
    is_live: bool
    day: str | None
    record: Record


@dataclass(frozen=True)
class LivePart:
    """A live acknowledged record with a day; `identity` is its document's on the wire."""

    table: Table
    key: str
    identity: str
    on: date
    amount_inr: Decimal


@dataclass(frozen=True)
class QueuedBatch:
    """A batch that was written down before it is sent."""

    sequence: int
    batch_id: str
    body: bytes
    items: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Finished:
    """What is remembered of a reading in the moment in which its last batch is acknowledged.

    Attributes:
        marks: high-water marks by name.
        files: digest and name of fully read files.
        seen: newer source orders of unchanged records (table, key, source order).
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[tuple[str, str]] = ()
    seen: Sequence[tuple[Table, str, int]] = ()

    def as_json(self) -> str:
        """As it is kept until then."""
        return json.dumps({"marks": dict(self.marks), "files": list(self.files), "seen": list(self.seen)})


class State:
    """The memory of one connector; a second process that opens the same file is refused.

    Args:
        path: of the SQLite file, made for its owner alone; `:memory:` forgets.
        cipher: encrypts queued bodies; None keeps them as they are, for a memory that forgets.

    Raises:
        StateError: in use by another process, damaged, of another version, or not writable.
    """

    def __init__(self, path: Path | str, cipher: BodyCipher | None = None) -> None:
        self._cipher = cipher
        if isinstance(path, Path):
            make_private(path)
        with _told("opened"):
            self._db = sqlite3.connect(path, isolation_level=None, timeout=0)
            self._prepare()

    def _prepare(self) -> None:
        try:
            # An exclusive lock is held from the first transaction until the file is closed, also after a crash.
            self._db.executescript("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
            self._db.execute("PRAGMA secure_delete=ON")
            with self._transaction():
                version = self._db.execute("PRAGMA user_version").fetchone()[0]
                tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
                if version == 0 and tables == 0:
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version={_VERSION}")
                elif version != _VERSION:
                    raise StateError(
                        "the state file was written by another version of the connector and lacks what is needed to "
                        "withdraw documents; move it away, and the next sync states the whole ledger again"
                    )
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Closes the file and lets another process have it."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def known(self, table: Table, key: str) -> Known | None:
        """The newest acknowledged statement of a key."""
        return next(self._select("WHERE table_name = ? AND key = ?", (table, key)), None)

    def known_of(self, table: Table, scope: str, document: str) -> list[Known]:
        """The acknowledged parts of a document, cancelled ones included."""
        return list(self._select(_BY_DOCUMENT, (table, scope, document)))

    def live(self, table: Table, scope: str, *, from_on: date = date.min, to_on: date | None = None) -> Iterator[Known]:
        """The acknowledged live records of a company or folder; with `to_on` those of a period's days alone."""
        condition = "WHERE table_name = ? AND scope = ? AND is_live"
        if to_on is None:
            return self._select(condition, (table, scope))
        days = (from_on.isoformat(), to_on.isoformat())
        return self._select(f"{condition} AND day BETWEEN ? AND ?", (table, scope, *days))

    def has_live(self, table: Table, scope: str, document: str | None = None) -> bool:
        """Whether a company or folder has an acknowledged live record, or a certain document one."""
        condition, values = "WHERE table_name = ? AND scope = ?", [table, scope]
        if document is not None:
            condition, values = _BY_DOCUMENT, [table, scope, document]
        with _told("read"):
            row = self._db.execute(f"SELECT 1 FROM known {condition} AND is_live LIMIT 1", values).fetchone()  # noqa: S608
        return row is not None

    def _select(self, condition: str, values: tuple[str, ...]) -> Iterator[Known]:
        with _told("read"):
            for row in self._db.execute(_KNOWN + condition, values):
                yield Known(
                    table=row[0],
                    key=row[1],
                    scope=row[2],
                    document=row[3],
                    digest=row[4],
                    source_order=row[5],
                    is_live=bool(row[6]),
                    day=row[7],
                    record=_decoded(row[8]),
                )

    def live_parts(self) -> Iterator[LivePart]:
        """All acknowledged live records that have a day."""
        with _told("read"):
            rows = self._db.execute(
                "SELECT table_name, key, day, amount_inr, body FROM known WHERE is_live AND day > ''"
            )
            for table, key, day, amount, body in rows:
                identity = str(_decoded(body).get(ID_FIELD[table], ""))
                on = date.fromisoformat(day)
                yield LivePart(table=table, key=key, identity=identity, on=on, amount_inr=Decimal(amount))

    def live_totals(self) -> dict[tuple[str, str], tuple[int, Decimal]]:
        """Number of live documents and their sum in rupees, by table and month (`YYYY-MM`)."""
        amounts: dict[tuple[str, str], Decimal] = {}
        with _told("read"):
            rows = self._db.execute(
                "SELECT table_name, substr(day, 1, 7), amount_inr FROM known WHERE is_live AND day IS NOT NULL"
            )
            for table, month, amount in rows:
                amounts[(table, month)] = amounts.get((table, month), Decimal(0)) + Decimal(amount)
            counts = self._db.execute(
                "SELECT table_name, substr(day, 1, 7) AS month, count(DISTINCT document) FROM known "
                "WHERE is_live AND day IS NOT NULL GROUP BY table_name, month"
            )
            return {(table, month): (count, amounts[(table, month)]) for table, month, count in counts}

    def known_months(self) -> set[tuple[str, str]]:
        """Tables and months (`YYYY-MM`) of which documents were acknowledged, cancelled ones included."""
        with _told("read"):
            rows = self._db.execute("SELECT DISTINCT table_name, substr(day, 1, 7) FROM known WHERE day IS NOT NULL")
            return {(table, month) for table, month in rows}

    def highest_sequence(self) -> int:
        """The greatest sequence number that is known: of this connector's batches, and of those it took over."""
        with _told("read"):
            queued = self._db.execute("SELECT max(sequence) FROM queue").fetchone()[0] or 0
        return max(int(self.mark(_SEQUENCE) or 0), int(queued))

    def knows(self, sequence: int) -> bool:
        """Whether no other memory's batch can have a number up to one that was accepted.

        That number is known as accepted, or it is that of a queued batch of which the answer was lost. The files of
        before do not say what was accepted; there it is the last batch that was queued.
        """
        accepted = int(self.mark(_ACCEPTED) or self.mark(_SEQUENCE) or 0)
        with _told("read"):
            queued = self._db.execute("SELECT 1 FROM queue WHERE sequence = ?", (sequence,)).fetchone()
        return sequence <= accepted or queued is not None

    def next_sequence(self, now_ms: int) -> int:
        """The next sequence number: it only grows, and follows the clock, so that a lost file does not begin anew."""
        return max(self.highest_sequence(), now_ms - 1) + 1

    def enqueue(self, batches: Iterable[tuple[int, str, bytes, Sequence[Item]]], finished: Finished) -> None:
        """Writes all batches (sequence, id, bytes, records) of a reading down before the first of them is sent.

        What follows from the reading is remembered with the last acknowledgement; at once where nothing is sent.
        """
        with _told("written"), self._transaction():
            last = None
            for sequence, batch_id, body, items in batches:
                stored = json.dumps([stored_row(item) for item in items])
                row = (sequence, batch_id, self._encrypted(body, batch_id), stored)
                self._db.execute("INSERT INTO queue VALUES (?, ?, ?, ?)", row)
                last = sequence
            self._put_marks({_PENDING: finished.as_json()})
            if last is not None:
                self._put_marks({_SEQUENCE: str(last)})
            self._finish_if_empty()

    def queued(self) -> QueuedBatch | None:
        """The oldest batch that is not acknowledged."""
        with _told("read"):
            row = self._db.execute("SELECT * FROM queue ORDER BY sequence LIMIT 1").fetchone()
        if row is None:
            return None
        body = bytes(row[2]) if self._cipher is None else self._cipher.decrypt(bytes(row[2]), context=row[1])
        return QueuedBatch(sequence=row[0], batch_id=row[1], body=body, items=tuple(json.loads(row[3])))

    def queue_length(self) -> int:
        """How many batches are not acknowledged."""
        with _told("read"):
            return int(self._db.execute("SELECT count(*) FROM queue").fetchone()[0])

    def acknowledge(self, batch: QueuedBatch) -> None:
        """Makes the records of a batch the newest known ones and forgets its bytes, in one transaction.

        With the last batch of a reading, the reading is finished.
        """
        with _told("written"), self._transaction():
            self._db.executemany(_REMEMBER, batch.items)
            self._db.execute("DELETE FROM queue WHERE sequence = ?", (batch.sequence,))
            self._put_marks({_ACCEPTED: str(batch.sequence)})
            self._finish_if_empty()

    def restore(self, rows: Iterable[Mapping[str, Any]], marks: Mapping[str, str]) -> None:
        """Takes over what another memory keeps of acknowledged records (`stored_row`), and its marks."""
        with _told("written"), self._transaction():
            self._db.executemany(_REMEMBER, rows)
            self._put_marks(marks)

    def drop(self, batch: QueuedBatch) -> None:
        """Forgets a batch that was refused for good; its reading is not finished, so that it is stated again."""
        with _told("written"), self._transaction():
            self._db.execute("DELETE FROM marks WHERE name = ?", (_PENDING,))
            self._db.execute("DELETE FROM queue WHERE sequence = ?", (batch.sequence,))
            self._put_marks({DROPPED_MARK: str(batch.sequence)})

    def mark(self, name: str) -> str | None:
        """A remembered high-water mark."""
        with _told("read"):
            row = self._db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def state_again(self) -> int:
        """Has the next reading send every record again; returns how many are known.

        Keys, days and withdrawals stay known, so that what is gone from the ERP is still withdrawn. What waits in
        the queue is dropped: the next reading states it too.
        """
        with _told("written"), self._transaction():
            return self._state_again()

    def _state_again(self) -> int:
        count = self._db.execute("UPDATE known SET digest = ''").rowcount
        self._db.execute("DELETE FROM queue")
        self._db.execute("DELETE FROM files")
        self._db.execute("DELETE FROM marks WHERE name = ?", (_PENDING,))
        return int(count)

    def take_over(self, rows: Iterable[Mapping[str, Any]], *, sequence: int, marks: Mapping[str, str]) -> None:
        """Takes over what AltScore holds (`accepted_row`), newer than this memory; the next reading states all again.

        The next batch has a number above `sequence` and our own. An error of `rows` leaves everything as it was.
        """
        highest = self.highest_sequence()
        with _told("written"), self._transaction():
            self._state_again()
            self._db.executemany(_TAKE_OVER, rows)
            numbers = {_SEQUENCE: str(max(sequence, highest)), _ACCEPTED: str(sequence)}
            self._put_marks({**numbers, **marks})

    def marks(self, prefix: str) -> dict[str, str]:
        """The remembered marks whose names begin with a prefix."""
        with _told("read"):
            rows = self._db.execute("SELECT name, value FROM marks WHERE substr(name, 1, ?) = ?", (len(prefix), prefix))
            return {str(name): str(value) for name, value in rows}

    def remember(self, marks: Mapping[str, str]) -> None:
        """Sets marks outside of a reading."""
        with _told("written"), self._transaction():
            self._put_marks(marks)

    def _put_marks(self, marks: Mapping[str, str]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?)", list(marks.items()))

    def _finish_if_empty(self) -> None:
        pending = self._db.execute("SELECT value FROM marks WHERE name = ?", (_PENDING,)).fetchone()
        if pending is None or self._db.execute("SELECT 1 FROM queue").fetchone() is not None:
            return
        finished = Finished(**json.loads(pending[0]))
        self._put_marks(finished.marks)
        self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?)", list(finished.files))
        self._db.executemany(
            "UPDATE known SET source_order = max(source_order, ?3) WHERE table_name = ?1 AND key = ?2",
            list(finished.seen),
        )
        self._db.execute("DELETE FROM marks WHERE name = ?", (_PENDING,))

    def is_finished(self, file_digest: str) -> bool:
        """Whether a file with these bytes was completely sent before."""
        with _told("read"):
            return self._db.execute("SELECT 1 FROM files WHERE digest = ?", (file_digest,)).fetchone() is not None

    def _encrypted(self, body: bytes, batch_id: str) -> bytes:
        return body if self._cipher is None else self._cipher.encrypt(body, context=batch_id)


@contextmanager
def _told(done: str) -> Iterator[None]:
    """Turns SQLite's errors into one sentence."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StateError("another connector is running with this state file; this one ends") from None
        raise StateError(f"the state file cannot be {done}: {error}") from None
    except sqlite3.Error as error:
        raise StateError(f"the state file cannot be {done}: {error}") from None
