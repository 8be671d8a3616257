"""What was acknowledged of a distributor's uploads: loaded as far as a file needs it, and kept after every batch."""

from collections.abc import Iterable, Mapping
from datetime import date

import asyncpg

from altscore_ingestion.uploads import store
from altscore_ingestion.uploads.domain import DocumentKey, LivePeriod, Memory, Needs, Row
from altscore_ingestion.uploads.encryption import LedgerCipher
from altscore_ingestion.uploads.reading import SETTINGS, paid_documents
from altscore_ingestion.uploads.store import RecordRow

_ALWAYS = LivePeriod("payments", date.min, date.max)


class LedgerMemory:
    """The memory of one distributor's uploads.

    Args:
        cipher: of the distributor.
        distributor_id: whose.
    """

    def __init__(self, cipher: LedgerCipher, distributor_id: str) -> None:
        self._cipher, self._distributor_id = cipher, distributor_id

    async def load(self, connection: asyncpg.Connection, needs: Needs, *, settings_digest: str) -> Memory:
        """What a file needs.

        Args:
            connection: to the database.
            needs: of the file.
            settings_digest: of the format; after a change, payments of a source that counts no longer are withdrawn.
        """
        marks = await self._marks(connection, needs.marks)
        periods = set(needs.periods)
        if marks.get(SETTINGS, settings_digest) != settings_digest:
            periods.add(_ALWAYS)
        stored = [
            row for period in periods for row in await store.live_records(connection, self._distributor_id, period)
        ]
        rows = self._read(stored)
        documents = needs.documents | set(paid_documents(_documents(rows.values())))
        macs = {self._document_mac(key) for key in documents}
        rows |= self._read(await store.records_of(connection, self._distributor_id, macs))
        return Memory(rows=list(rows.values()), marks=marks)

    async def _marks(self, connection: asyncpg.Connection, names: Iterable[str]) -> dict[str, str]:
        names_by_mac = {self._cipher.mac("mark", name): name for name in names}
        stored = await store.marks(connection, self._distributor_id, names_by_mac)
        return {
            names_by_mac[mac]: self._cipher.decrypt(content, context=f"mark|{mac.hex()}").decode()
            for mac, content in stored.items()
        }

    async def keep(self, connection: asyncpg.Connection, rows: Iterable[Row]) -> None:
        """Makes the records of an acknowledged batch the newest known ones."""
        await store.upsert_records(connection, self._distributor_id, [self._stored(row) for row in rows])

    async def finish(
        self, connection: asyncpg.Connection, marks: Mapping[str, str], seen: Iterable[tuple[str, str, int]]
    ) -> None:
        """Remembers what follows from a file of which everything is acknowledged."""
        by_mac = {self._cipher.mac("mark", name): value for name, value in marks.items()}
        contents = {
            mac: self._cipher.encrypt(value.encode(), context=f"mark|{mac.hex()}") for mac, value in by_mac.items()
        }
        await store.upsert_marks(connection, self._distributor_id, contents)
        orders = {self._cipher.mac("record", table, key): order for table, key, order in seen}
        await store.raise_orders(connection, self._distributor_id, orders)

    def _document_mac(self, key: DocumentKey) -> bytes:
        return self._cipher.mac("document", *key)

    def _stored(self, row: Row) -> RecordRow:
        mac = self._cipher.mac("record", row["table"], row["key"])
        return RecordRow(
            record_mac=mac,
            document_mac=self._document_mac(DocumentKey(row["table"], row["document"])),
            table_name=row["table"],
            source_order=row["source_order"],
            is_live=bool(row["is_live"]),
            dated_on=date.fromisoformat(row["day"]) if row["day"] else None,
            content=self._cipher.encrypt_json(row, context=f"record|{mac.hex()}"),
        )

    def _read(self, rows: Iterable[RecordRow]) -> dict[bytes, Row]:
        return {
            row.record_mac: self._cipher.decrypt_json(row.content, context=f"record|{row.record_mac.hex()}")
            | {"source_order": row.source_order}
            for row in rows
        }


def _documents(rows: Iterable[Row]) -> list[DocumentKey]:
    return [DocumentKey(row["table"], row["document"]) for row in rows]
