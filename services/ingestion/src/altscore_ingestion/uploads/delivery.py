"""Sends the stored batches of an upload on, one by one, and remembers what is acknowledged."""

import asyncio
from collections import Counter
from collections.abc import Container
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.errors import AltScoreError, Unavailable

from altscore_ingestion.batches.payload import BatchHeaders
from altscore_ingestion.batches.service import BatchService
from altscore_ingestion.distributors.authentication import Caller
from altscore_ingestion.distributors.domain import Sender
from altscore_ingestion.errors import BatchAlreadyProcessed, NotAuthenticated
from altscore_ingestion.quarantine.store import quarantined_places
from altscore_ingestion.uploads import store
from altscore_ingestion.uploads.domain import CsvFormat, CutBatch, Row, StoredUpload, batch_context, remainder_context
from altscore_ingestion.uploads.encryption import LedgerCipher
from altscore_ingestion.uploads.memory import LedgerMemory
from altscore_ingestion.uploads.reading import SEQUENCE_MARK, batch_refused
from altscore_ingestion.uploads.store import BatchRow

ERP_TYPE = "csv"
_REFUSED_FOR_GOOD = frozenset({400, 409, 413, 415, 422})
"""What is wrong with the batch itself; every other refusal may be different the next time."""


@dataclass(frozen=True)
class Ledger:
    """What the uploads of one distributor are read and kept with."""

    cipher: LedgerCipher
    memory: LedgerMemory
    csv_format: CsvFormat


def stored_batch(cipher: LedgerCipher, upload_id: str, place: int, batch: CutBatch) -> BatchRow:
    """A batch as it waits."""
    return BatchRow(
        place=place,
        client_batch_id=batch.client_batch_id,
        body=cipher.encrypt(batch.body, context=batch_context(upload_id, place, "body")),
        records=cipher.encrypt_json(batch.rows, context=batch_context(upload_id, place, "records")),
    )


class UploadDelivery:
    """Brings what waits of an upload to Bronze.

    Args:
        batches: takes them.
        clock: the time.
    """

    def __init__(self, batches: BatchService, clock: Clock) -> None:
        self._batches = batches
        self._clock = clock

    async def send(
        self,
        caller: Caller,
        connector: Sender,
        connection: asyncpg.Connection,
        *,
        ledger: Ledger,
        upload: StoredUpload,
    ) -> None:
        """Sends all that waits; what is acknowledged is remembered batch by batch.

        Raises:
            NotAuthenticated: the credentials were revoked; the rest of the upload is dropped.
            BatchesExhausted, Unavailable: the rest waits for the same request, or for the next upload.
        """
        if upload.is_revoked:  # whoever revoked the key meant what was signed with it
            await drop(connection, upload.upload_id, at=self._clock.now())
            return
        report = dict(upload.report)
        while (batch := await store.next_batch(connection, upload.upload_id)) is not None:
            body = ledger.cipher.decrypt(batch.body, context=batch_context(upload.upload_id, batch.place, "body"))
            headers = BatchHeaders(batch.client_batch_id, ERP_TYPE)
            try:
                result = await self._ingest(caller, connector, body, headers=headers)
            except NotAuthenticated:
                await drop(connection, upload.upload_id, at=self._clock.now())
                raise
            report = _with_result(report, result)
            async with connection.transaction():
                if result is not None:
                    context = batch_context(upload.upload_id, batch.place, "records")
                    rows = ledger.cipher.decrypt_json(batch.records, context=context)
                    refused = await quarantined_places(connection, result["batch_id"])
                    await ledger.memory.keep(connection, to_be_stated_again(rows, refused))
                await store.delete_batch(connection, upload.upload_id, batch.place)
                await store.set_report(connection, upload.upload_id, report)
        is_whole = report["findings"][-1:] != [asdict(batch_refused())]
        await self._finish(connection, ledger, upload, is_whole=is_whole)

    async def _finish(
        self, connection: asyncpg.Connection, ledger: Ledger, upload: StoredUpload, *, is_whole: bool
    ) -> None:
        """Remembers what follows from the file; of one that is not whole only its order, to have it stated again."""
        async with connection.transaction():
            ciphertext = await store.remainder_of(connection, upload.upload_id)
            remainder = ledger.cipher.decrypt_json(ciphertext, context=remainder_context(upload.upload_id))
            marks, seen = remainder["marks"], remainder["seen"]
            if not is_whole:
                marks, seen = {SEQUENCE_MARK: marks[SEQUENCE_MARK]}, []
            await ledger.memory.finish(connection, marks, [(table, key, order) for table, key, order in seen])
            await store.end_upload(connection, upload.upload_id, "complete", at=self._clock.now())

    async def _ingest(
        self, caller: Caller, connector: Sender, body: bytes, *, headers: BatchHeaders
    ) -> dict[str, Any] | None:
        """The result of a batch that stands; None when it is refused for good."""
        try:
            async with asyncio.timeout(self._batches.limits.answer_within_s) as deadline:
                receipt = await self._batches.ingest_body(caller, connector, body, headers=headers)
        except BatchAlreadyProcessed as known:
            return {name: value for name, value in known.result.items() if name != "status"}
        except NotAuthenticated:
            raise
        except AltScoreError as error:
            if error.status in _REFUSED_FOR_GOOD:
                return None
            raise
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Unavailable("a batch of the upload was not written in time") from None
        return {"batch_id": receipt.batch_id, **receipt.counts._asdict()}


def to_be_stated_again(rows: list[Row], refused: Container[tuple[str, int]]) -> list[Row]:
    """The records of a batch, those in quarantine without a digest: the next file states them anew, or withdraws them.

    Args:
        rows: in the order of the batch.
        refused: table and position of the records in quarantine.
    """
    positions: Counter[str] = Counter()
    kept = []
    for row in rows:
        table, position = row["table"], positions[row["table"]]
        positions[table] += 1
        kept.append(row | {"digest": ""} if (table, position) in refused else row)
    return kept


def _with_result(report: dict[str, Any], result: dict[str, Any] | None) -> dict[str, Any]:
    if result is None:
        return report | {"findings": [*report["findings"], asdict(batch_refused())]}
    return report | {"batches": [*report["batches"], result]}


async def drop(connection: asyncpg.Connection, upload_id: str, *, at: datetime) -> None:
    """Ends an upload whose signer was revoked; what was not sent goes."""
    async with connection.transaction():
        await store.delete_batches(connection, upload_id)
        await store.end_upload(connection, upload_id, "dropped", at=at)
