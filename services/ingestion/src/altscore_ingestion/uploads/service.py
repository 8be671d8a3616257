"""One upload from its request to its batches: verified, read, cut, stored, and sent on one by one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import drop, is_lost, session, transaction
from altscore_libs.errors import FieldError, InvalidRequest, NotFound, PayloadTooLarge, UnsupportedMediaType
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper

from altscore_ingestion.batches.payload import parse_uuid, plain_body
from altscore_ingestion.batches.quota import RATE_WINDOW, limit_of, quota
from altscore_ingestion.batches.service import BatchService
from altscore_ingestion.batches.store import recent_arrivals
from altscore_ingestion.distributors.authentication import Caller, ConnectorAuthenticator, SignedRequest
from altscore_ingestion.distributors.domain import Connector, Sender
from altscore_ingestion.errors import (
    BatchAlreadyProcessed,
    BatchConflict,
    BatchesExhausted,
    UploadInProgress,
    UploadRefused,
    UploadTooLarge,
)
from altscore_ingestion.uploads import store
from altscore_ingestion.uploads.delivery import ERP_TYPE, Ledger, UploadDelivery, stored_batch
from altscore_ingestion.uploads.domain import (
    FILE_NAME,
    MAX_FILE_BYTES,
    MAX_LINES,
    UPLOADS_PER_HOUR,
    CsvFile,
    CsvFormat,
    StoredUpload,
    UploadReading,
    remainder_context,
)
from altscore_ingestion.uploads.encryption import LedgerCipher, content_digest, new_keys
from altscore_ingestion.uploads.memory import LedgerMemory
from altscore_ingestion.uploads.reading import SEQUENCE_MARK, digest_of, needs_of, read_upload


class UploadService:
    """Takes CSV files of distributors that run no connector.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        authenticator: verifies signatures.
        batches: takes the batches that a file becomes.
        wrapper: wraps the keys of what is kept.
        clock: the time.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        authenticator: ConnectorAuthenticator,
        batches: BatchService,
        wrapper: KeyWrapper,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._authenticator = authenticator
        self._batches = batches
        self._wrapper = wrapper
        self._clock = clock
        self.max_file_bytes = min(MAX_FILE_BYTES, batches.limits.max_body_bytes)
        self._delivery = UploadDelivery(batches, clock)
        self._slot = asyncio.Semaphore(1)  # a file takes a processor; batches of connectors go on beside it

    async def receive(
        self, caller: Caller, connector: Connector, signed: SignedRequest, *, file_name: str, content_type: str
    ) -> dict[str, Any]:
        """Reads a signed file and brings what it states to Bronze, or resumes where an earlier try was cut off.

        Raises:
            NotAuthenticated: the second signature is missing or wrong, or the credentials were revoked meanwhile.
            InvalidRequest, UnsupportedMediaType, PayloadTooLarge: name, headers or encoding break the contract.
            UploadRefused: nothing of the file can be read; the findings say why.
            UploadTooLarge: it asks for more batches than an hour has.
            BatchAlreadyProcessed: this upload is complete; its original result is attached.
            BatchConflict: its id was used for another file.
            BatchesExhausted: it asks for more batches than this hour still has, or is one upload too many; nothing of
                it was sent.
            Unavailable: something needed cannot be reached, or another upload is being read; the same request resumes.
        """
        await self._authenticator.verify_request(caller, connector, signed)
        client_upload_id = _checked_headers(signed, file_name=file_name, content_type=content_type)
        data = signed.body
        if signed.is_gzip:
            data = await asyncio.to_thread(plain_body, signed.body, max_bytes=self.max_file_bytes)
        return await self.take(caller, connector, client_upload_id=client_upload_id, file_name=file_name, data=data)

    async def take(
        self, caller: Caller, connector: Sender, *, client_upload_id: UUID, file_name: str, data: bytes
    ) -> dict[str, Any]:
        """Brings a plain file whose sender is proven to Bronze; raises as `receive`."""
        if _lines(data) > MAX_LINES:
            raise PayloadTooLarge(f"the file has more than {MAX_LINES} lines; split it")
        if self._slot.locked():  # nobody waits here: bodies would pile up in memory
            raise UploadInProgress
        async with self._slot, self._upload_lock(connector.distributor_id) as connection:
            ledger = await self._open(connection, connector.distributor_id)
            digest = content_digest(file_name, data)
            earlier = await store.find_upload(connection, connector.distributor_id, client_upload_id)
            if earlier is not None and earlier.content_sha256 != digest:
                raise BatchConflict("this upload id was used for another file")
            if earlier is not None and earlier.state == "complete":
                raise BatchAlreadyProcessed(earlier.report)
            for upload in await store.received_uploads(connection, connector.distributor_id):
                await self._delivery.send(caller, connector, connection, ledger=ledger, upload=upload)
            if earlier is None:
                upload = await self._read(
                    connector, connection, ledger, named=(client_upload_id, digest), name=file_name, data=data
                )
                await self._delivery.send(caller, connector, connection, ledger=ledger, upload=upload)
            done = await store.find_upload(connection, connector.distributor_id, client_upload_id)
        if done is None or done.state != "complete":
            raise BatchConflict("this upload was ended by a revocation; use a new id")
        return done.report

    async def set_format(self, connector: Connector, csv_format: CsvFormat) -> None:
        """Says how the distributor's files are to be read from now on."""
        async with transaction(self._pool) as connection:
            await self._open(connection, connector.distributor_id)
            await store.set_format(connection, connector.distributor_id, asdict(csv_format))
            await self._outbox.audit(
                connection,
                "upload_format_set",
                actor=connector.distributor_id,
                subject=connector.distributor_id,
                outcome="success",
                details={"format_sha256": digest_of(csv_format)},
            )

    async def csv_format(self, connector: Connector) -> CsvFormat:
        """How the distributor's files are read."""
        async with transaction(self._pool) as connection:
            row = await store.ledger(connection, connector.distributor_id)
        return CsvFormat() if row is None else CsvFormat(**row.csv_format)

    @asynccontextmanager
    async def _upload_lock(self, distributor_id: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection that alone reads for this distributor: two files at once would not know of each other."""
        async with session(self._pool) as connection:
            if not await store.lock_uploads(connection, distributor_id):
                raise UploadInProgress
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                drop(connection)
                raise
            finally:
                if not is_lost(connection):
                    await store.unlock_uploads(connection, distributor_id)

    async def _open(self, connection: asyncpg.Connection, distributor_id: str) -> Ledger:
        row = await store.ledger(connection, distributor_id)
        if row is None:
            keys = await new_keys(self._wrapper)
            await store.insert_ledger(connection, distributor_id, keys, asdict(CsvFormat()))
            row = await store.ledger(connection, distributor_id)
        if row is None:
            raise NotFound("no such distributor")
        cipher = LedgerCipher(await self._wrapper.unwrap(row.keys_wrapped), distributor_id)
        return Ledger(cipher, LedgerMemory(cipher, distributor_id), CsvFormat(**row.csv_format))

    async def _read(
        self,
        connector: Sender,
        connection: asyncpg.Connection,
        ledger: Ledger,
        *,
        named: tuple[UUID, bytes],
        name: str,
        data: bytes,
    ) -> StoredUpload:
        """Reads a file and stores its batches; nothing is sent before all of them are stored."""
        distributor_id, now = connector.distributor_id, self._clock.now()
        uploads = await store.recent_arrivals(connection, distributor_id, now - RATE_WINDOW, UPLOADS_PER_HOUR)
        if (hour := quota(uploads, UPLOADS_PER_HOUR, now)).is_spent:
            raise BatchesExhausted(hour.headers())
        file = CsvFile(name=name, data=data, at_ms=int(now.timestamp() * 1000), received_at=now)
        try:
            reading = await _reading(connection, ledger, file, distributor_id)
            await self._check_quota(connector, connection, len(reading.batches))
        except (UploadRefused, UploadTooLarge, BatchesExhausted):  # it was read, which is what an hour's number bounds
            await store.insert_refusal(connection, distributor_id, now)
            raise
        client_upload_id, digest = named
        upload = StoredUpload(
            upload_id=new_id("upl"),
            client_upload_id=client_upload_id,
            content_sha256=digest,
            state="received",
            report={},
            is_revoked=False,
        )
        upload = replace(upload, report=_first_report(upload.upload_id, reading))
        async with connection.transaction():
            await store.insert_upload(
                connection,
                distributor_id,
                upload,
                credential=connector.credential,
                received_at=now,
                remainder=ledger.cipher.encrypt_json(
                    {"marks": dict(reading.marks), "seen": reading.seen}, context=remainder_context(upload.upload_id)
                ),
                batches=[
                    stored_batch(ledger.cipher, upload.upload_id, place, batch)
                    for place, batch in enumerate(reading.batches)
                ],
            )
            await self._outbox.audit(
                connection,
                "upload_received",
                actor=distributor_id,
                subject=upload.upload_id,
                outcome="success",
                details={"content_sha256": digest.hex(), "batches": str(len(reading.batches))},
            )
        return upload

    async def _check_quota(self, connector: Sender, connection: asyncpg.Connection, batches: int) -> None:
        """A file is sent whole or not at all: what an hour cannot take is refused before anything is stored."""
        now = self._clock.now()
        limit = limit_of(connector.backfill_open_until, now)
        if batches > limit:
            raise UploadTooLarge(f"the file asks for more than {limit} batches of records; split it")
        arrivals = await recent_arrivals(connection, connector.distributor_id, now, limit)
        remaining = quota(arrivals, limit, now)
        if remaining.used + batches > limit:
            retry = {"Retry-After": str(remaining.retry_after_s)}
            raise BatchesExhausted(remaining.headers() | retry)


async def _reading(connection: asyncpg.Connection, ledger: Ledger, file: CsvFile, distributor_id: str) -> UploadReading:
    """What a file asks for.

    Raises:
        UploadRefused: nothing of it can be read.
    """
    needs = await asyncio.to_thread(needs_of, file, ledger.csv_format, distributor_id)
    memory = await ledger.memory.load(connection, needs, settings_digest=digest_of(ledger.csv_format))
    file = replace(file, at_ms=max(file.at_ms, int(memory.marks.get(SEQUENCE_MARK, 0)) + 1))
    reading = await asyncio.to_thread(read_upload, file, ledger.csv_format, distributor_id, memory=memory)
    if reading.is_refused:
        raise UploadRefused([asdict(finding) for finding in reading.findings])
    return reading


def _checked_headers(signed: SignedRequest, *, file_name: str, content_type: str) -> UUID:
    """The sender's id of the upload.

    Raises:
        UnsupportedMediaType: the body is not declared as CSV.
        InvalidRequest: file name, id or ERP type is missing or has another form.
    """
    if content_type.split(";", maxsplit=1)[0].strip().lower() != "text/csv":
        raise UnsupportedMediaType("the body must be declared as text/csv")
    faults = []
    client_upload_id = parse_uuid(signed.batch_id)
    if FILE_NAME.match(file_name) is None:
        faults.append(FieldError("file_name", "is not up to 100 letters, digits, dots, dashes and _, ending in .csv"))
    if client_upload_id is None:
        faults.append(FieldError("X-Batch-ID", "is not a UUID"))
    if signed.erp_type != ERP_TYPE:
        faults.append(FieldError("X-ERP-Type", "is not csv"))
    if client_upload_id is None or faults:
        raise InvalidRequest("the request is incomplete", errors=faults)
    return client_upload_id


def _lines(data: bytes) -> int:
    """How many lines a file has; in UTF-16 the bytes of an end of line are also halves of letters."""
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    return max(data.count(end.encode(encoding)) for end in "\n\r")


def _first_report(upload_id: str, reading: UploadReading) -> dict[str, Any]:
    return {
        "upload_id": upload_id,
        "batches": [],
        "unchanged": reading.unchanged,
        "withdrawn": reading.withdrawn,
        "findings": [asdict(finding) for finding in reading.findings],
    }
