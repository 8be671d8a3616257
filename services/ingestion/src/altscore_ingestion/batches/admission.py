"""Whether a batch is new, a repeat, a conflict or half done, and whether the hour still has place for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.ids import new_id

from altscore_ingestion.batches import store
from altscore_ingestion.batches.domain import StoredBatch
from altscore_ingestion.batches.payload import BatchHeaders, BatchIn
from altscore_ingestion.batches.quota import Quota, limit_of, quota
from altscore_ingestion.distributors.authentication import Caller
from altscore_ingestion.distributors.domain import Sender
from altscore_ingestion.errors import BatchAlreadyProcessed, BatchConflict, BatchesExhausted
from altscore_ingestion.totals.domain import ErpTotal, MonthKey


@dataclass(frozen=True)
class Submission:
    """A batch that is proven and readable."""

    caller: Caller
    connector: Sender
    headers: BatchHeaders
    body_sha256: bytes
    batch: BatchIn
    erp_totals: dict[MonthKey, ErpTotal]


class Admission(NamedTuple):
    """The batch as it is stored, and the quota before it."""

    stored: StoredBatch
    quota: Quota
    is_resumed: bool


async def admit(connection: asyncpg.Connection, submission: Submission, *, now: datetime) -> Admission:
    """Stores that a batch arrived, or finds it where an earlier try left it.

    Raises:
        BatchConflict: its id was used for another body.
        BatchAlreadyProcessed: it is in Bronze; the original result is attached.
        BatchesExhausted: the hour's quota is spent.
    """
    connector, headers = submission.connector, submission.headers
    async with connection.transaction():
        earlier = await store.find_batches(
            connection, connector.distributor_id, headers.client_batch_id, submission.body_sha256
        )
        if any(
            stored.client_batch_id == headers.client_batch_id and stored.body_sha256 != submission.body_sha256
            for stored in earlier
        ):
            raise BatchConflict("this batch id was used for another body")
        limit = limit_of(connector.backfill_open_until, now)
        arrivals = await store.recent_arrivals(connection, connector.distributor_id, now, limit)
        remaining = quota(arrivals, limit, now)
        if earlier:
            if earlier[0].is_complete:
                raise BatchAlreadyProcessed(earlier[0].original_result())
            return Admission(earlier[0], remaining, is_resumed=True)
        if remaining.is_spent:
            raise BatchesExhausted(remaining.headers())
        stored = StoredBatch(
            batch_id=new_id("bat"),
            distributor_id=connector.distributor_id,
            client_batch_id=headers.client_batch_id,
            body_sha256=submission.body_sha256,
            erp_type=headers.erp_type,
            state="received",
            received_at=now,
            submitted=submission.batch.submitted,
            accepted=None,
            quarantined=None,
            duplicate=None,
            completeness=None,
            is_announced=False,
        )
        await store.insert_batch(connection, stored)
    return Admission(stored, remaining, is_resumed=False)
