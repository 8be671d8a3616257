"""One batch from its request to Bronze: authenticated, admitted, checked, written, and only then announced."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, NotFound, Unavailable
from altscore_libs.outbox import Outbox
from prometheus_client import Counter

from altscore_ingestion.batches import store
from altscore_ingestion.batches.admission import Submission, admit
from altscore_ingestion.batches.bounds import MAX_RECORDS
from altscore_ingestion.batches.domain import BatchHeader, Counts, RecordOutcome, StoredBatch
from altscore_ingestion.batches.order import Arrival
from altscore_ingestion.batches.payload import BatchHeaders, parse_uuid, plain_body, read_body, read_headers
from altscore_ingestion.batches.quota import Quota
from altscore_ingestion.batches.records import check_records, quarantined, shown_keys
from altscore_ingestion.batches.sorting import sort_batch
from altscore_ingestion.batches.writer import BatchWriter, Origin
from altscore_ingestion.clients import VaultClient
from altscore_ingestion.distributors.authentication import Caller, ConnectorAuthenticator, SignedRequest
from altscore_ingestion.distributors.domain import Connector, Sender
from altscore_ingestion.errors import (
    BatchAlreadyProcessed,
    BatchesExhausted,
    BatchTooLarge,
    NotAuthenticated,
    OtherInstallation,
)
from altscore_ingestion.installations.service import noting_batch, other_than
from altscore_ingestion.totals.domain import read_totals

ANSWER_WITHIN_S = 8.5
"""From the read body to the answer, whatever hangs; a connector is answered within ten seconds."""
_log = logging.getLogger("altscore.ingestion")
_refused = Counter("altscore_ingest_batches_refused_total", "Refused batches of known distributors, by code.", ["code"])
for _code in (
    "INVALID_REQUEST",
    "BATCH_TOO_LARGE",
    "BATCH_CONFLICT",
    "OTHER_INSTALLATION",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
):
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


class BatchService:
    """Receives batches and tells their status.

    Args:
        pool: of the ingestion database.
        outbox: of the service.
        authenticator: verifies signatures.
        vault: stores identities and returns tokens.
        writer: brings them to Bronze.
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
        writer: BatchWriter,
        clock: Clock,
        limits: BatchLimits,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._authenticator = authenticator
        self._vault = vault
        self._writer = writer
        self._clock = clock
        self.limits = limits
        self._slots = asyncio.Semaphore(limits.max_at_once)

    @asynccontextmanager
    async def refusals_audited(self, connector: Sender) -> AsyncIterator[None]:
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
            OtherInstallation: another installation of the connector sends for the distributor.
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
        return await self.ingest_body(caller, connector, plain, headers=headers)

    async def ingest_body(self, caller: Caller, connector: Sender, plain: bytes, *, headers: BatchHeaders) -> Receipt:
        """Brings a body whose sender is proven to Bronze; raises as `receive`, and does not end by itself in time."""
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
            self._writer.distributor_lock(distributor_id) as connection,
        ):
            if other := await other_than(connection, connector):
                raise OtherInstallation(other)
            now = self._clock.now()
            stored, remaining, is_resumed = await admit(connection, submission, now=now)
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
            checked = await asyncio.to_thread(
                check_records, batch, received_at=header.ingested_at, max_amount_inr=connector.max_amount_inr
            )
            subjects = await self._vault.store_identities(distributor_id, checked.identities)
            sorted_batch = await sort_batch(
                connection,
                distributor_id,
                checked,
                subjects,
                arrival=Arrival(sequence=batch.sequence, at=now),
                vault=self._vault,
            )
            rejected = sorted_batch.rejected
            counts = Counts(
                submitted=stored.submitted,
                accepted=len(sorted_batch.assigned.versioned),
                quarantined=len(rejected),
                duplicate=len(sorted_batch.assigned.duplicates),
            )
            await self._writer.write(
                connection,
                header,
                replace(sorted_batch, rejected_keys=shown_keys(batch, rejected)),
                counts=counts,
                origin=self._origin(submission),
                quarantined=quarantined(batch, rejected),
                is_resumed=is_resumed,
            )
        return Receipt(stored.batch_id, counts, remaining)

    def _origin(self, submission: Submission) -> Origin:
        connector = submission.connector
        return Origin(
            actor=connector.distributor_id,
            data_sha256=submission.body_sha256,
            verify=partial(self._authenticator.verify_still_accepted, sender=connector),
            record=noting_batch(connector, self._clock),
        )
