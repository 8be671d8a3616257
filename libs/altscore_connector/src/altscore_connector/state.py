"""What was acknowledged, in a local SQLite file; it holds references and amounts, no name, GSTIN or phone."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from altscore_connector.records import Item, to_json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sent (
    table_name TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT,
    PRIMARY KEY (table_name, key, digest)
);
CREATE TABLE IF NOT EXISTS batches (batch_id TEXT PRIMARY KEY, result TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (digest TEXT PRIMARY KEY, name TEXT NOT NULL);
"""


class State:
    """The connector's memory; one process at a time.

    Args:
        path: of the SQLite file; `:memory:` forgets.
    """

    def __init__(self, path: Path | str) -> None:
        if isinstance(path, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def unsent(self, items: Sequence[Item]) -> list[Item]:
        """The records that were not acknowledged yet.

        A record of a file counts as known if this row of this file was ever acknowledged; a record of the
        present state only if it equals the newest acknowledged one, so that a reverted change is sent.
        """
        ever: set[tuple[str, str, str]] = set()
        newest: dict[tuple[str, str], str] = {}
        for table, key, digest in self._db.execute("SELECT table_name, key, digest FROM sent ORDER BY seq"):
            ever.add((table, key, digest))
            newest[(table, key)] = digest
        fresh = []
        for item in items:
            digest, identity = item.digest, (item.table, item.key)
            known = (*identity, digest) in ever if item.source else newest.get(identity) == digest
            if not known:
                fresh.append(item)
                ever.add((*identity, digest))
                newest[identity] = digest
        return fresh

    def acknowledge(self, batch_id: str, items: Sequence[Item], result: dict[str, Any]) -> None:
        """Remembers a batch and its records in one transaction."""
        with self._transaction():
            start = self._db.execute("SELECT coalesce(max(seq), 0) FROM sent").fetchone()[0]
            self._db.executemany(
                "INSERT INTO sent VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq",
                [
                    (item.table, item.key, item.digest, start + number, _body(item))
                    for number, item in enumerate(items, start=1)
                ],
            )
            self._db.execute("INSERT OR REPLACE INTO batches VALUES (?, ?)", (batch_id, json.dumps(result)))

    def invoices_like(self, prefix: str) -> dict[str, dict[str, Any]]:
        """Newest acknowledged body of every invoice whose key begins with `prefix`."""
        rows = self._db.execute(
            "SELECT key, body FROM sent WHERE table_name = 'invoices' AND substr(key, 1, ?) = ? ORDER BY seq",
            (len(prefix), prefix),
        )
        return {key: json.loads(body, parse_float=str, parse_int=str) for key, body in rows if body}

    def mark(self, name: str) -> str | None:
        """A remembered high-water mark."""
        row = self._db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def finish(self, marks: dict[str, str], files: Sequence[tuple[str, str]]) -> None:
        """Remembers marks and finished files, once everything of a reading is acknowledged."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?)", list(marks.items()))
            self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?)", list(files))

    def is_finished(self, file_digest: str) -> bool:
        """Whether a file with these bytes was completely sent before."""
        return self._db.execute("SELECT 1 FROM files WHERE digest = ?", (file_digest,)).fetchone() is not None


def _body(item: Item) -> str | None:
    """Invoices are kept, because a deleted one must be sent again as cancelled."""
    return to_json(item.record) if item.table == "invoices" else None
