"""Takes in what Bronze has and the database lacks: batch by batch, in the order in which they arrived."""

import asyncio
import hashlib
import io
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

import asyncpg
import pyarrow.parquet as pq
from altscore_libs.clock import Clock
from altscore_libs.db import is_lost, session, transaction
from altscore_libs.outbox import Outbox

from altscore_ingestion.batches import store as batches
from altscore_ingestion.batches.objects import ObjectStore
from altscore_ingestion.batches.payload import TABLES, Table
from altscore_ingestion.errors import BatchInProgress
from altscore_ingestion.manifests.reading import MANIFEST_NAME, Forged, SignedBronze, SignedManifest
from altscore_ingestion.recovery import store
from altscore_ingestion.recovery.domain import BronzeUnreadable, Manifest, Stated, read_manifest, stated, taken_in
from altscore_ingestion.totals.store import upsert_totals

_log = logging.getLogger("altscore.ingestion.recovery")
_ROOT = "bronze/"


@dataclass
class RecoveryReport:
    """What became of the batches in Bronze.

    Attributes:
        taken_in: batches that the database had forgotten.
        known: batches that it knew.
        unreadable: folders that are not what their signed manifest says.
        forged: objects that are not what ingestion signed, each with the reason.
        unknown: distributors that the database does not know; onboard them, then run this again.
    """

    taken_in: int = 0
    known: int = 0
    unreadable: list[str] = field(default_factory=list)
    forged: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether the database knows everything that Bronze has, and Bronze has nothing that ingestion did not sign."""
        return not self.unreadable and not self.forged and not self.unknown


class _Forgotten(NamedTuple):
    """A batch that Bronze shows: its folder, what was signed of it, and what that says."""

    folder: str
    signed: SignedManifest
    manifest: Manifest

    @property
    def sha256(self) -> str:
        """Digest of the manifest's bytes."""
        return hashlib.sha256(self.signed.body).hexdigest()


class RecoveryService:
    """Brings the order of statements back after a restore.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        objects: Bronze, which this user may list.
        bronze: the same, as far as ingestion signed it.
        clock: the time.
    """

    def __init__(
        self, pool: asyncpg.Pool, outbox: Outbox, *, objects: ObjectStore, bronze: SignedBronze, clock: Clock
    ) -> None:
        self._pool, self._outbox, self._clock = pool, outbox, clock
        self._objects, self._bronze = objects, bronze

    async def catch_up(self, *, since: date) -> RecoveryReport:
        """Takes in every batch that arrived from a day on (UTC) and is not known; again and again is the same.

        Raises:
            BatchInProgress: a batch of a distributor is being written; run it again.
            Unavailable: the object store or the database.
        """
        report = RecoveryReport()
        async with transaction(self._pool) as connection:
            known = await store.distributor_ids(connection)
        for folder in await self._objects.bronze_folders(_ROOT):
            distributor_id = folder.removeprefix(f"{_ROOT}dist=").rstrip("/")
            if distributor_id in known:
                await self._distributor(distributor_id, since=since, report=report)
            elif await self._days(folder, since):
                report.unknown.append(distributor_id)
        return report

    async def _days(self, folder: str, since: date) -> list[str]:
        first = f"{folder}day={since.isoformat()}/"
        return [day for day in await self._objects.bronze_folders(folder) if day >= first]

    async def _distributor(self, distributor_id: str, *, since: date, report: RecoveryReport) -> None:
        async with self._lock(distributor_id) as connection:
            for day in await self._days(f"{_ROOT}dist={distributor_id}/", since):
                folders = {
                    folder.rstrip("/").rpartition("batch=")[2]: folder
                    for folder in await self._objects.bronze_folders(day)
                }
                complete = await store.complete_batches(connection, list(folders))
                report.known += len(complete)
                forgotten: list[_Forgotten] = []
                for batch_id in sorted(folders.keys() - complete):
                    with _refusals(folders[batch_id], report):
                        shown = await self._manifest(distributor_id, batch_id, folders[batch_id])
                        if shown is not None:
                            forgotten.append(shown)
                for batch in sorted(forgotten, key=lambda item: item.manifest.ingested_at):
                    with _refusals(batch.folder, report):
                        await self._take_in(connection, batch)
                        report.taken_in += 1

    async def _manifest(self, distributor_id: str, batch_id: str, folder: str) -> _Forgotten | None:
        """None where there is no manifest: the batch never counted."""
        signed = await self._bronze.manifest(folder)
        if signed is None:
            return None
        manifest = read_manifest(signed.body, distributor_id=distributor_id, batch_id=batch_id)
        return _Forgotten(folder, signed, manifest)

    async def _take_in(self, connection: asyncpg.Connection, batch: _Forgotten) -> None:
        rows = await self._rows(batch)
        manifest, header = batch.manifest, batch.manifest.header()
        keys: list[tuple[Table, str]] = [(row.candidate.record.table, row.candidate.key) for row in rows]
        subjects = {row.subject.subject_token: row.subject for row in rows}
        masters = {row.subject.subject_token: row.subject for row in rows if row.candidate.record.table == "retailers"}
        async with connection.transaction():
            stored = await batches.record_states(connection, header.distributor_id, keys)
            changes = taken_in(rows, stored, arrived_at=header.ingested_at)
            uri = self._objects.uri_of(batch.folder + MANIFEST_NAME)
            await store.insert_recovered(connection, manifest, uri=uri, sha256=batch.sha256)
            await batches.upsert_records(connection, header.distributor_id, header.batch_id, states=changes.states)
            await batches.insert_superseded(connection, header.distributor_id, changes.superseded)
            await batches.upsert_subjects(connection, header.distributor_id, masters.values())
            await store.insert_unknown_subjects(connection, header.distributor_id, list(subjects.values()))
            await upsert_totals(connection, header)
            await batches.raise_sequence(connection, header.distributor_id, header.sequence)
            await self._outbox.audit(
                connection,
                "batch_recovered",
                actor="ingestion",
                subject=header.batch_id,
                outcome="success",
                details={"manifest_sha256": batch.sha256, "records": str(len(rows))},
            )

    async def _rows(self, batch: _Forgotten) -> list[Stated]:
        rows: list[Stated] = []
        tables: dict[str, Table] = {table: table for table in TABLES}
        for file in batch.manifest.files:
            content = await self._bronze.file(batch.folder, file.name, batch.signed)
            if hashlib.sha256(content).hexdigest() != file.sha256 or file.table not in tables:
                raise BronzeUnreadable("a file is not the manifest's")
            listed = await asyncio.to_thread(lambda body: pq.read_table(io.BytesIO(body)).to_pylist(), content)
            rows += [stated(tables[file.table], row) for row in listed]
        return rows

    @asynccontextmanager
    async def _lock(self, distributor_id: str) -> AsyncIterator[asyncpg.Connection]:
        async with session(self._pool) as connection:
            if not await batches.lock_distributor(connection, distributor_id):
                raise BatchInProgress
            try:
                yield connection
            finally:
                if not is_lost(connection):
                    await batches.unlock_distributor(connection, distributor_id)


@contextmanager
def _refusals(folder: str, report: RecoveryReport) -> Iterator[None]:
    """What cannot be taken in is named, and stops no other batch."""
    try:
        yield
    except Forged as error:
        _log.error("a batch in Bronze is not what was signed", extra={"object": folder + error.object_name})
        report.forged.append((folder + error.object_name, error.reason))
    except BronzeUnreadable as error:
        _log.error("a batch in Bronze cannot be taken in", exc_info=error, extra={"object": folder})
        report.unreadable.append(folder)


def default_since(today: date) -> date:
    """As far back as a database can be restored to a point in time."""
    return today - timedelta(days=35)
