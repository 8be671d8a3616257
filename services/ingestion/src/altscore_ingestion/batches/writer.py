"""A sorted batch on its way into Bronze: files, then the transaction that makes it count, then its manifest.

The manifest is what the lake reads, and Object Lock keeps it: so it says what the database has committed (ADR 0038).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import drop, is_lost, session, transaction
from altscore_libs.errors import Unavailable
from altscore_libs.ids import uuid7
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper, Signer
from prometheus_client import Counter

from altscore_ingestion.batches import domain, store
from altscore_ingestion.batches.bronze import SCHEMA_VERSION, BronzeFile, build_files, manifest_content, manifest_file
from altscore_ingestion.batches.domain import BatchHeader, Counts
from altscore_ingestion.batches.objects import ObjectStore, encrypt_quarantine
from altscore_ingestion.batches.sorting import SortedBatch
from altscore_ingestion.errors import BatchInProgress, ManifestOccupied
from altscore_ingestion.manifests import store as manifests
from altscore_ingestion.manifests.domain import PendingManifest
from altscore_ingestion.manifests.signing import MANIFEST_SCHEMA, sign_document
from altscore_ingestion.totals.store import upsert_totals

_records = Counter("altscore_ingest_records_total", "Records of complete batches, by where they went.", ["outcome"])
InTransaction = Callable[[asyncpg.Connection], Awaitable[None]]


@dataclass(frozen=True)
class Origin:
    """Who stands behind a batch.

    Attributes:
        actor: of its audit entry.
        data_sha256: digest of what was sent.
        verify: raises where the batch must not count any more; called in the transaction that makes it count.
        record: what else that transaction stores.
        details: further ones of the audit entry.
    """

    actor: str
    data_sha256: bytes
    verify: InTransaction
    record: InTransaction | None = None
    details: Mapping[str, str] = field(default_factory=dict)


class BatchWriter:
    """Writes batches, one at a time for each distributor.

    Args:
        pool: of the ingestion database.
        outbox: of the service.
        objects: the object store.
        wrapper: wraps the data keys of the quarantine.
        signer: of manifests.
        clock: the time.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        objects: ObjectStore,
        wrapper: KeyWrapper,
        signer: Signer,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._objects = objects
        self._wrapper = wrapper
        self._signer = signer
        self._clock = clock

    @asynccontextmanager
    async def distributor_lock(self, distributor_id: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection that alone writes for this distributor: of two batches with one invoice only one may be new.

        Manifests that an earlier batch still owes are written first.

        Raises:
            BatchInProgress: another one does.
            Unavailable: the object store did not take such a manifest.
        """
        async with session(self._pool) as connection:
            if not await store.lock_distributor(connection, distributor_id):
                raise BatchInProgress
            try:
                for pending in await manifests.pending_manifests(connection, distributor_id):
                    with suppress(ManifestOccupied):  # measured and logged; it stays owed and stops no later batch
                        await self._publish(connection, pending, is_resumed=True)
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                drop(connection)  # the lock goes with it; an unlocking statement might wait for a database that hangs
                raise
            finally:
                if not is_lost(connection):
                    await store.unlock_distributor(connection, distributor_id)

    async def write(
        self,
        connection: asyncpg.Connection,
        header: BatchHeader,
        sorted_batch: SortedBatch,
        *,
        counts: Counts,
        origin: Origin,
        quarantined: Sequence[dict[str, Any]] = (),
        is_resumed: bool = False,
    ) -> None:
        """Brings a batch to Bronze and makes it count; the caller holds the distributor's lock.

        Args:
            connection: that holds the lock.
            header: of the batch.
            sorted_batch: its records.
            counts: its result.
            origin: who stands behind it.
            quarantined: what the quarantine keeps of it.
            is_resumed: earlier objects of this batch may exist.

        Raises:
            BatchInProgress: it was completed meanwhile.
            Unavailable: the object store did not take everything, or the key store does not sign.
        """
        versioned = sorted_batch.assigned.versioned
        files = await asyncio.to_thread(build_files, header, versioned, sorted_batch.subjects)
        if quarantined:
            encrypted = await encrypt_quarantine(self._wrapper, header.batch_id, quarantined)
            await self._objects.write_quarantine(header, encrypted)
        pinned = await self._objects.write_locked(header, files, is_resumed=is_resumed)
        content = manifest_content(header, pinned, versioned, counts)
        manifest = manifest_file(await sign_document(self._signer, MANIFEST_SCHEMA, content))
        pending = await self._complete(
            connection, header, sorted_batch, counts=counts, manifest=manifest, origin=origin
        )
        for outcome in ("accepted", "quarantined", "duplicate"):
            _records.labels(outcome).inc(getattr(counts, outcome))
        await self._publish(connection, pending, is_resumed=False)

    async def publish_pending(self) -> None:
        """Writes the manifests that batches owe, whose connectors do not come back; one that fails stops no other's.

        Raises:
            Unavailable: the object store or the database did not take one.
        """
        async with transaction(self._pool) as connection:
            distributor_ids = await manifests.distributors_with_pending(connection)
        failure: Unavailable | None = None
        for distributor_id in distributor_ids:
            try:
                async with self.distributor_lock(distributor_id):
                    pass
            except BatchInProgress:  # who holds the lock has written them, or is about to
                continue
            except Unavailable as error:
                failure = error
        if failure is not None:
            raise failure

    async def _publish(self, connection: asyncpg.Connection, pending: PendingManifest, *, is_resumed: bool) -> None:
        """Shows a batch that counts to the lake, and announces it."""
        manifest = manifest_file(pending.body)
        await self._objects.write_manifest(pending.uri, manifest, is_resumed=is_resumed)
        async with connection.transaction():
            if await manifests.delete_pending(connection, pending.batch_id):
                await self._outbox.add(
                    connection,
                    "ingestion.batch.complete",
                    key=pending.distributor_id,
                    data=pending.event(manifest.sha256),
                    event_id=pending.event_id,
                )

    async def _complete(
        self,
        connection: asyncpg.Connection,
        header: BatchHeader,
        sorted_batch: SortedBatch,
        *,
        counts: Counts,
        manifest: BronzeFile,
        origin: Origin,
    ) -> PendingManifest:
        """The one transaction that makes the batch count: identities, outcomes, result, manifest and audit."""
        pending = PendingManifest(
            batch_id=header.batch_id,
            distributor_id=header.distributor_id,
            erp_type=header.erp_type,
            uri=self._objects.uri(header, manifest),
            body=manifest.body,
            event_id=uuid7(),
            counts=counts,
            completeness=sorted_batch.completeness,
            invoiced_inr=domain.invoiced_inr(sorted_batch.assigned.versioned),
        )
        async with connection.transaction():
            await origin.verify(connection)
            is_ours = await store.complete_batch(
                connection,
                header.batch_id,
                counts=counts,
                completeness=sorted_batch.completeness,
                manifest_uri=pending.uri,
                manifest_sha256=manifest.sha256,
                event_id=pending.event_id,
                now=self._clock.now(),
            )
            if not is_ours:
                raise BatchInProgress
            await _store_results(connection, header, sorted_batch)
            if origin.record is not None:
                await origin.record(connection)
            await manifests.insert_pending(connection, pending)
            details = {name: str(value) for name, value in counts._asdict().items()}
            details |= {
                "data_sha256": origin.data_sha256.hex(),
                "manifest_sha256": manifest.sha256,
                "schema_version": str(SCHEMA_VERSION),
                **origin.details,
            }
            await self._outbox.audit(
                connection,
                "batch_ingested",
                actor=origin.actor,
                subject=header.batch_id,
                outcome="success",
                details=details,
            )
        return pending


async def _store_results(connection: asyncpg.Connection, header: BatchHeader, sorted_batch: SortedBatch) -> None:
    """What is known of records, retailers and totals after a batch."""
    assigned = sorted_batch.assigned
    await store.upsert_records(connection, header.distributor_id, header.batch_id, states=assigned.states)
    await store.insert_superseded(connection, header.distributor_id, assigned.superseded)
    await store.upsert_subjects(connection, header.distributor_id, sorted_batch.subjects.values())
    await store.insert_outcomes(
        connection,
        header.batch_id,
        sorted_batch.rejected,
        assigned.duplicates,
        rejected_keys=sorted_batch.rejected_keys,
    )
    await upsert_totals(connection, header)
    await store.raise_sequence(connection, header.distributor_id, header.sequence)
