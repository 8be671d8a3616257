"""One batch from the door to Bronze: admitted, checked, sealed, written, and only then announced."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import session, transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper
from prometheus_client import Counter

from altscore_ingestion import domain, store
from altscore_ingestion.bronze import BatchHead, BronzeFile, Counts, Sealed, build_files, build_manifest
from altscore_ingestion.clients import VaultClient
from altscore_ingestion.errors import BatchAlreadyProcessed, BatchConflict, BatchesExhausted, BatchInProgress
from altscore_ingestion.objects import ObjectStore, seal_quarantine
from altscore_ingestion.payload import BatchIn, Table
from altscore_ingestion.quota import Quota, limit_of, quota

_records = Counter("altscore_ingest_records_total", "Records of complete batches, by where they went.", ["outcome"])


@dataclass(frozen=True)
class Submission:
    """An authenticated batch."""

    connector: store.Connector
    client_batch_id: UUID
    erp_type: str
    body_sha256: bytes
    batch: BatchIn


@dataclass(frozen=True)
class Receipt:
    """What the connector is told."""

    batch_id: str
    counts: Counts
    quota: Quota


@dataclass(frozen=True)
class _Work:
    """A batch sorted out: what goes to Bronze, what does not, and the vault's answers by token."""

    placed: Sequence[domain.Placed]
    rejected: Sequence[domain.Rejected]
    duplicates: Sequence[domain.Record]
    sealed: dict[str, Sealed]
    completeness: Decimal


class _Admitted(NamedTuple):
    row: store.BatchRow
    quota: Quota
    is_resumed: bool


class Ingest:
    """Takes batches.

    Args:
        pool: of the ingestion database.
        outbox: of the service.
        vault: who seals identities.
        objects: where Bronze stands.
        wrapper: key of the quarantine's data keys.
        clock: the time.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        vault: VaultClient,
        objects: ObjectStore,
        wrapper: KeyWrapper,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._vault = vault
        self._objects = objects
        self._wrapper = wrapper
        self._clock = clock

    async def submit(self, submission: Submission) -> Receipt:
        """Brings a batch to Bronze, or resumes it where an earlier try was cut off.

        Raises:
            BatchAlreadyProcessed: it stands; the original result is attached.
            BatchConflict: its id was used for another body.
            BatchesExhausted: the hour's quota is spent.
            BatchInProgress: another batch of this distributor is being written.
            Unavailable: vault, object store or database are not there; the same batch can be sent again.
        """
        distributor_id = submission.connector.distributor_id
        async with self._books_of(distributor_id) as connection:
            row, left, is_resumed = await self._admit(connection, submission)
            batch = submission.batch
            head = BatchHead(
                row.batch_id, distributor_id, row.erp_type, row.received_at, batch.sync_from, batch.sync_to
            )
            work = await self._sort_out(connection, head, batch)
            counts = Counts(row.submitted, len(work.placed), len(work.rejected), len(work.duplicates))
            manifest = await self._write(head, work, batch, counts, is_resumed=is_resumed)
            await self._announce(connection, head, work, counts=counts, manifest=manifest, body=submission.body_sha256)
        for outcome in ("accepted", "quarantined", "duplicate"):
            _records.labels(outcome).inc(getattr(counts, outcome))
        return Receipt(row.batch_id, counts, left)

    async def audit_refusal(self, distributor_id: str, code: str) -> None:
        """Writes down that a batch of a known distributor was refused, and with which code."""
        async with transaction(self._pool) as connection:
            await self._outbox.audit(connection, "batch_refused", actor=distributor_id, outcome="refused", reason=code)

    @asynccontextmanager
    async def _books_of(self, distributor_id: str) -> AsyncIterator[asyncpg.Connection]:
        """The distributor's books for this batch alone; two batches with one invoice must not both call it new."""
        async with session(self._pool) as connection:
            if not await store.lock_distributor(connection, distributor_id):
                raise BatchInProgress
            try:
                yield connection
            finally:
                if not connection.is_closed():
                    await store.unlock_distributor(connection, distributor_id)

    async def _admit(self, connection: asyncpg.Connection, submission: Submission) -> _Admitted:
        now, connector = self._clock.now(), submission.connector
        async with connection.transaction():
            found = await store.find_batch(
                connection, connector.distributor_id, submission.client_batch_id, submission.body_sha256
            )
            if any(
                row.client_batch_id == submission.client_batch_id and row.body_sha256 != submission.body_sha256
                for row in found
            ):
                raise BatchConflict("this batch id was used for another body")
            limit = limit_of(connector.backfill_open_until, now)
            arrivals = await store.recent_arrivals(connection, connector.distributor_id, now, limit)
            left = quota(arrivals, limit, now)
            if found:
                if found[0].state == "complete":
                    raise BatchAlreadyProcessed(original_result(found[0]))
                return _Admitted(found[0], left, is_resumed=True)
            if left.is_spent:
                raise BatchesExhausted(left.headers())
            row = store.BatchRow(
                batch_id=new_id("bat"),
                distributor_id=connector.distributor_id,
                client_batch_id=submission.client_batch_id,
                body_sha256=submission.body_sha256,
                erp_type=submission.erp_type,
                state="received",
                received_at=now,
                submitted=submission.batch.submitted,
                accepted=None,
                quarantined=None,
                duplicate=None,
                completeness=None,
            )
            await store.insert_batch(connection, row)
        return _Admitted(row, left, is_resumed=False)

    async def _sort_out(self, connection: asyncpg.Connection, head: BatchHead, batch: BatchIn) -> _Work:
        checked = await asyncio.to_thread(domain.check_records, batch, received_at=head.ingested_at)
        by_ref = await self._vault.seal(head.distributor_id, checked.identities)
        named = sorted({one.invoice_id for one in checked.records if one.retailer_ref is None and one.invoice_id})
        stored = await store.known_records(connection, head.distributor_id, [("invoices", key) for key in named])
        located, lost = domain.locate(
            checked.records,
            {ref: one.subject_token for ref, one in by_ref.items()},
            {key: known.subject_token for (_, key), known in stored.items()},
        )
        sealed = {one.subject_token: one for one in by_ref.values()}
        missing = sorted({token for _, token in located} - sealed.keys())
        sealed |= await store.sealed_subjects(connection, head.distributor_id, missing)
        candidates = [_candidate(record, sealed[token]) for record, token in located]
        keys: list[tuple[Table, str]] = [(record.table, key) for record, key, _, _ in candidates]
        known = await store.known_records(connection, head.distributor_id, keys)
        placed, duplicates = domain.place(candidates, known)
        verified = frozenset(ref for ref, one in by_ref.items() if one.gst_status == "verified")
        score = domain.completeness([record for record, _ in located], verified_refs=verified)
        return _Work(placed, [*checked.rejected, *lost], duplicates, sealed, score)

    async def _write(
        self, head: BatchHead, work: _Work, batch: BatchIn, counts: Counts, *, is_resumed: bool
    ) -> BronzeFile:
        files = await asyncio.to_thread(build_files, head, work.placed, work.sealed)
        manifest = build_manifest(head, files, work.placed, counts)
        if work.rejected:
            records = [
                {
                    "table": one.table,
                    "index": one.index,
                    "reasons": [reason._asdict() for reason in one.reasons],
                    "record": bytes(batch.records(one.table)[one.index]).decode(),
                }
                for one in work.rejected
            ]
            await self._objects.write_quarantine(head, await seal_quarantine(self._wrapper, head.batch_id, records))
        await self._objects.write_batch(head, files, manifest, is_resumed=is_resumed)
        return manifest

    async def _announce(
        self,
        connection: asyncpg.Connection,
        head: BatchHead,
        work: _Work,
        *,
        counts: Counts,
        manifest: BronzeFile,
        body: bytes,
    ) -> None:
        """The one transaction that makes the batch true: identities, outcomes, result, event and audit."""
        uri = self._objects.uri(head, manifest)
        amount = sum((_amount(one) for one in work.placed if one.record.table == "invoices"), Decimal("0.00"))
        async with connection.transaction():
            is_ours = await store.complete_batch(
                connection,
                head.batch_id,
                counts=counts,
                completeness=work.completeness,
                manifest_uri=uri,
                manifest_sha256=manifest.sha256,
                now=self._clock.now(),
            )
            if not is_ours:
                raise BatchInProgress
            await store.upsert_records(connection, head.distributor_id, head.batch_id, work.placed)
            await store.upsert_subjects(connection, head.distributor_id, work.sealed.values())
            await store.insert_outcomes(connection, head.batch_id, work.rejected, work.duplicates)
            event = {
                "batch_id": head.batch_id,
                "distributor_id": head.distributor_id,
                "erp_type": head.erp_type,
                "manifest_uri": uri,
                "manifest_sha256": manifest.sha256,
                **counts._asdict(),
                "record_count": counts.accepted,
                "completeness_score": float(work.completeness),
                "amount_inr": amount,
            }
            await self._outbox.add(connection, "ingestion.batch.complete", key=head.distributor_id, data=event)
            details = {name: str(value) for name, value in counts._asdict().items()}
            details |= {"data_sha256": body.hex(), "manifest_sha256": manifest.sha256, "schema_version": "1"}
            await self._outbox.audit(
                connection,
                "batch_ingested",
                actor=head.distributor_id,
                subject=head.batch_id,
                outcome="success",
                details=details,
            )


def _candidate(record: domain.Record, sealed: Sealed) -> tuple[domain.Record, str, str, bytes]:
    """Key and content of a record; the master is known by its token, and a new phone or name is a new version of it."""
    token, extra, key = sealed.subject_token, {}, record.key
    if record.table == "retailers":
        extra = {
            "gst_status": sealed.gst_status,
            "identity": hashlib.sha256(sealed.sealed_identity).hexdigest(),
        }
        key = token
    return record, key, token, domain.content_digest(record, token, extra=extra)


def _amount(placed: domain.Placed) -> Decimal:
    value = placed.record.values["amount_inr"]
    assert isinstance(value, Decimal)  # noqa: S101  # every invoice carries an amount
    return value


def original_result(row: store.BatchRow) -> dict[str, Any]:
    """The result of a batch that stands, as it was first told."""
    return {
        "batch_id": row.batch_id,
        "submitted": row.submitted,
        "accepted": row.accepted,
        "quarantined": row.quarantined,
        "duplicate": row.duplicate,
        "status": "complete",
    }
