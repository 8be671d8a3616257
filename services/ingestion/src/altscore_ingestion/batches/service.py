"""One batch from its request to Bronze: authenticated, admitted, checked, written, and only then announced."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import drop, is_lost, session, transaction
from altscore_libs.errors import AltScoreError, NotFound, Unavailable
from altscore_libs.ids import uuid7
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper
from prometheus_client import Counter

from altscore_ingestion.batches import domain, store
from altscore_ingestion.batches.admission import Submission, admit
from altscore_ingestion.batches.bounds import MAX_RECORDS
from altscore_ingestion.batches.bronze import SCHEMA_VERSION, BronzeFile, build_files, build_manifest
from altscore_ingestion.batches.domain import BatchHeader, Counts, RecordOutcome, StoredBatch, SubjectIdentity
from altscore_ingestion.batches.objects import ObjectStore, encrypt_quarantine
from altscore_ingestion.batches.payload import (
    BatchHeaders,
    BatchIn,
    Table,
    parse_uuid,
    plain_body,
    read_body,
    read_headers,
)
from altscore_ingestion.batches.quota import Quota
from altscore_ingestion.batches.records import Rejected, check_records, quarantined, shown_keys
from altscore_ingestion.clients import VaultClient
from altscore_ingestion.distributors.authentication import Caller, ConnectorAuthenticator, SignedRequest
from altscore_ingestion.distributors.domain import Connector
from altscore_ingestion.errors import (
    BatchAlreadyProcessed,
    BatchesExhausted,
    BatchInProgress,
    BatchTooLarge,
    NotAuthenticated,
)
from altscore_ingestion.totals.domain import read_totals
from altscore_ingestion.totals.store import upsert_totals

ANSWER_WITHIN_S = 8.5
"""From the read body to the answer, whatever hangs; a connector is answered within ten seconds."""
_log = logging.getLogger("altscore.ingestion")
_records = Counter("altscore_ingest_records_total", "Records of complete batches, by where they went.", ["outcome"])
_refused = Counter("altscore_ingest_batches_refused_total", "Refused batches of known distributors, by code.", ["code"])
for _code in ("INVALID_REQUEST", "BATCH_TOO_LARGE", "BATCH_CONFLICT", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"):
    _refused.labels(_code)  # a series that begins with its first refusal shows no increase
_EXPECTED_REFUSALS = (BatchAlreadyProcessed, BatchesExhausted)
"""A repeat and a spent quota are part of a connector's day."""


@dataclass(frozen=True)
class BatchLimits:
    """What one process takes.

    Attributes:
        max_body_bytes: longest body.
        max_at_once: batches that are written at the same time; each holds a connection, further ones wait.
        answer_within_s: longest time from a read body to the answer, seconds.
    """

    max_body_bytes: int
    max_at_once: int
    answer_within_s: float = ANSWER_WITHIN_S


@dataclass(frozen=True)
class Receipt:
    """What the connector is told about its batch."""

    batch_id: str
    counts: Counts
    quota: Quota


@dataclass(frozen=True)
class _SortedBatch:
    """What goes to Bronze, what does not, and the vault's answers by token."""

    assigned: domain.AssignedVersions
    rejected: Sequence[Rejected]
    rejected_keys: Sequence[str | None]
    subjects: dict[str, SubjectIdentity]
    completeness: Decimal


class BatchService:
    """Receives batches and tells their status.

    Args:
        pool: of the ingestion database.
        outbox: of the service.
        authenticator: verifies signatures.
        vault: stores identities and returns tokens.
        objects: the object store.
        wrapper: wraps the data keys of the quarantine.
        clock: the time.
        limits: what this process takes.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        authenticator: ConnectorAuthenticator,
        vault: VaultClient,
        objects: ObjectStore,
        wrapper: KeyWrapper,
        clock: Clock,
        limits: BatchLimits,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._authenticator = authenticator
        self._vault = vault
        self._objects = objects
        self._wrapper = wrapper
        self._clock = clock
        self.limits = limits
        self._slots = asyncio.Semaphore(limits.max_at_once)

    @asynccontextmanager
    async def refusals_audited(self, connector: Connector) -> AsyncIterator[None]:
        """Audits that a known distributor's batch was refused; an outage is no refusal and is only measured."""
        try:
            yield
        except (NotAuthenticated, Unavailable):
            raise
        except AltScoreError as error:
            if not isinstance(error, _EXPECTED_REFUSALS):
                _refused.labels(error.code).inc()
            async with transaction(self._pool) as connection:
                await self._outbox.audit(
                    connection, "batch_refused", actor=connector.distributor_id, outcome="refused", reason=error.code
                )
            raise

    async def receive(
        self, caller: Caller, connector: Connector, signed: SignedRequest, *, content_type: str
    ) -> Receipt:
        """Brings a signed batch to Bronze, or resumes it where an earlier try was cut off.

        Raises:
            NotAuthenticated: the signature is wrong, the body names another distributor, or key or certificate was
                revoked before the batch was complete.
            InvalidRequest, UnsupportedMediaType, PayloadTooLarge: headers, encoding or envelope break the contract.
            BatchTooLarge: too many records.
            BatchAlreadyProcessed: it is in Bronze; the original result is attached.
            BatchConflict: its id was used for another body.
            BatchesExhausted: the hour's quota is spent.
            BatchInProgress: another batch of this distributor is being written.
            Unavailable: vault, object store or database cannot be reached, or the batch was not written within
                ANSWER_WITHIN_S; the same batch can be sent again.
        """
        try:
            async with asyncio.timeout(self.limits.answer_within_s) as deadline:
                return await self._receive(caller, connector, signed, content_type=content_type)
        except TimeoutError:
            if not deadline.expired():
                raise
            _log.warning("a batch was not written in time", extra={"distributor_id": connector.distributor_id})
            raise Unavailable("the batch was not written in time") from None

    async def _receive(
        self, caller: Caller, connector: Connector, signed: SignedRequest, *, content_type: str
    ) -> Receipt:
        await self._authenticator.verify_signature(caller, connector, signed)
        headers = read_headers(content_type=content_type, batch_id=signed.batch_id, erp_type=signed.erp_type)
        async with self._slots:
            return await self._read_and_ingest(caller, connector, signed, headers=headers)

    async def _read_and_ingest(
        self, caller: Caller, connector: Connector, signed: SignedRequest, *, headers: BatchHeaders
    ) -> Receipt:
        plain = signed.body
        if signed.is_gzip:  # signed as sent, so that nobody without the secret has anything unpacked
            plain = await asyncio.to_thread(plain_body, signed.body, max_bytes=self.limits.max_body_bytes)
        batch = await asyncio.to_thread(
            read_body, plain, max_bytes=self.limits.max_body_bytes, received_at=self._clock.now()
        )
        await self._authenticator.verify_distributor(caller, connector, batch.distributor_id)
        if batch.submitted > MAX_RECORDS:
            raise BatchTooLarge(f"a batch holds at most {MAX_RECORDS} records")
        submission = Submission(
            caller=caller,
            connector=connector,
            headers=headers,
            body_sha256=hashlib.sha256(plain).digest(),  # packed another way, it is the same batch
            batch=batch,
            erp_totals=read_totals(batch.erp_totals or [], received_at=self._clock.now()),
        )
        return await self._ingest(submission)

    async def status(self, distributor_id: str, batch_id: str) -> tuple[StoredBatch, list[RecordOutcome]]:
        """One of a distributor's own batches, by our id or by the X-Batch-ID it was sent with.

        Returns:
            The batch, and its records that are not in Bronze.

        Raises:
            NotFound: this distributor has no such batch.
        """
        async with transaction(self._pool) as connection:
            stored = await store.batch_status(connection, distributor_id, batch_id, parse_uuid(batch_id))
            if stored is None:
                raise NotFound("no such batch")
            return stored, await store.outcomes(connection, stored.batch_id)

    async def _ingest(self, submission: Submission) -> Receipt:
        connector, batch = submission.connector, submission.batch
        distributor_id = connector.distributor_id
        async with (
            self._authenticator.failures_audited(submission.caller),
            self._distributor_lock(distributor_id) as connection,
        ):
            stored, remaining, is_resumed = await admit(connection, submission, now=self._clock.now())
            header = BatchHeader(
                batch_id=stored.batch_id,
                distributor_id=distributor_id,
                erp_type=stored.erp_type,
                ingested_at=stored.received_at,
                sync_from=batch.sync_from,
                sync_to=batch.sync_to,
                sequence=batch.sequence,
                erp_totals=submission.erp_totals,
            )
            sorted_batch = await self._sort(connection, header, batch, max_amount_inr=connector.max_amount_inr)
            counts = Counts(
                submitted=stored.submitted,
                accepted=len(sorted_batch.assigned.versioned),
                quarantined=len(sorted_batch.rejected),
                duplicate=len(sorted_batch.assigned.duplicates),
            )
            manifest = await self._write_files(header, sorted_batch, batch, counts=counts, is_resumed=is_resumed)
            async with connection.transaction():  # the lake reads what has a manifest
                await self._authenticator.verify_still_accepted(connection, connector)
            await self._objects.write_locked(header, [manifest], is_resumed=is_resumed)
            await self._complete(connection, header, sorted_batch, submission, counts=counts, manifest=manifest)
        for outcome in ("accepted", "quarantined", "duplicate"):
            _records.labels(outcome).inc(getattr(counts, outcome))
        return Receipt(stored.batch_id, counts, remaining)

    @asynccontextmanager
    async def _distributor_lock(self, distributor_id: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection that alone writes for this distributor: of two batches with one invoice only one may be new."""
        async with session(self._pool) as connection:
            if not await store.lock_distributor(connection, distributor_id):
                raise BatchInProgress
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                drop(connection)  # the lock goes with it; an unlocking statement might wait for a database that hangs
                raise
            finally:
                if not is_lost(connection):
                    await store.unlock_distributor(connection, distributor_id)

    async def _sort(
        self, connection: asyncpg.Connection, header: BatchHeader, batch: BatchIn, *, max_amount_inr: Decimal
    ) -> _SortedBatch:
        checked = await asyncio.to_thread(
            check_records, batch, received_at=header.ingested_at, max_amount_inr=max_amount_inr
        )
        by_ref = await self._vault.store_identities(header.distributor_id, checked.identities)
        named = sorted({r.invoice_id for r in checked.records if r.retailer_ref is None and r.invoice_id})
        invoices = await store.record_states(connection, header.distributor_id, [("invoices", key) for key in named])
        resolved, unresolved = domain.resolve(
            checked.records,
            {reference: subject.subject_token for reference, subject in by_ref.items()},
            {key: state for (_, key), state in invoices.items()},
            sequence=header.sequence,
        )
        subjects = {subject.subject_token: subject for subject in by_ref.values()}
        missing = sorted({token for _, token in resolved} - subjects.keys())
        subjects |= await store.subjects(connection, header.distributor_id, missing)
        candidates = [domain.candidate(record, subjects[token]) for record, token in resolved]
        keys: list[tuple[Table, str]] = [(candidate.record.table, candidate.key) for candidate in candidates]
        assigned = domain.assign_versions(
            candidates,
            await store.record_states(connection, header.distributor_id, keys),
            superseded=await store.superseded_contents(connection, header.distributor_id, keys),
            sequence=header.sequence,
        )
        verified = frozenset(ref for ref, subject in by_ref.items() if subject.gst_status == "verified")
        rejected = [*checked.rejected, *unresolved]
        return _SortedBatch(
            assigned=assigned,
            rejected=rejected,
            rejected_keys=shown_keys(batch, rejected),
            subjects=subjects,
            completeness=domain.completeness([record for record, _ in resolved], verified_refs=verified),
        )

    async def _write_files(
        self, header: BatchHeader, sorted_batch: _SortedBatch, batch: BatchIn, *, counts: Counts, is_resumed: bool
    ) -> BronzeFile:
        versioned = sorted_batch.assigned.versioned
        files = await asyncio.to_thread(build_files, header, versioned, sorted_batch.subjects)
        manifest = build_manifest(header, files, versioned, counts)
        if records := quarantined(batch, sorted_batch.rejected):
            encrypted = await encrypt_quarantine(self._wrapper, header.batch_id, records)
            await self._objects.write_quarantine(header, encrypted)
        await self._objects.write_locked(header, files, is_resumed=is_resumed)
        return manifest

    async def _complete(
        self,
        connection: asyncpg.Connection,
        header: BatchHeader,
        sorted_batch: _SortedBatch,
        submission: Submission,
        *,
        counts: Counts,
        manifest: BronzeFile,
    ) -> None:
        """The one transaction that makes the batch count: identities, outcomes, result, event and audit.

        Credentials that were revoked since the batch was admitted stop it here at the latest.
        """
        uri, assigned, event_id = self._objects.uri(header, manifest), sorted_batch.assigned, uuid7()
        async with connection.transaction():
            await self._authenticator.verify_still_accepted(connection, submission.connector)
            is_ours = await store.complete_batch(
                connection,
                header.batch_id,
                counts=counts,
                completeness=sorted_batch.completeness,
                manifest_uri=uri,
                manifest_sha256=manifest.sha256,
                event_id=event_id,
                now=self._clock.now(),
            )
            if not is_ours:
                raise BatchInProgress
            await _store_results(connection, header, sorted_batch)
            event = {
                "batch_id": header.batch_id,
                "distributor_id": header.distributor_id,
                "erp_type": header.erp_type,
                "manifest_uri": uri,
                "manifest_sha256": manifest.sha256,
                **counts._asdict(),
                "record_count": counts.accepted,
                "completeness_score": float(sorted_batch.completeness),
                "amount_inr": domain.invoiced_inr(assigned.versioned),
            }
            await self._outbox.add(
                connection, "ingestion.batch.complete", key=header.distributor_id, data=event, event_id=event_id
            )
            details = {name: str(value) for name, value in counts._asdict().items()}
            details |= {
                "data_sha256": submission.body_sha256.hex(),
                "manifest_sha256": manifest.sha256,
                "schema_version": str(SCHEMA_VERSION),
            }
            await self._outbox.audit(
                connection,
                "batch_ingested",
                actor=header.distributor_id,
                subject=header.batch_id,
                outcome="success",
                details=details,
            )


async def _store_results(connection: asyncpg.Connection, header: BatchHeader, sorted_batch: _SortedBatch) -> None:
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
