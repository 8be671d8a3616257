"""Reprocessing: opens the quarantined records of a batch and brings to Bronze what passes today's rules."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.errors import FieldError, NotFound, Unavailable
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper

from altscore_ingestion.batches.domain import BatchHeader, Counts
from altscore_ingestion.batches.objects import ObjectStore, decrypt_quarantine
from altscore_ingestion.batches.order import Arrival
from altscore_ingestion.batches.payload import Table
from altscore_ingestion.batches.records import CheckedBatch, check_records
from altscore_ingestion.batches.sorting import SortedBatch, sort_batch
from altscore_ingestion.batches.store import record_states
from altscore_ingestion.batches.writer import BatchWriter, Origin
from altscore_ingestion.clients import StoredSubjects, VaultClient
from altscore_ingestion.errors import (
    BatchIncomplete,
    DistributorRevoked,
    QuarantineExpired,
    QuarantineUnreadable,
)
from altscore_ingestion.quarantine import domain, store
from altscore_ingestion.quarantine.domain import Place, Reopened, Reprocessing, SourceBatch

ANSWER_WITHIN_S = 8.5
_log = logging.getLogger("altscore.ingestion.quarantine")


@dataclass(frozen=True)
class _Opened:
    """The records of a batch that are still in quarantine.

    Attributes:
        stored: every one with the rule that it broke when it came, those that nothing is kept of included.
    """

    distributor_id: str
    source: SourceBatch
    head: domain.ManifestHead
    reopened: Reopened
    stored: Mapping[Place, FieldError]

    @property
    def arrival(self) -> Arrival:
        """When they were stated: later statements of the same order have overtaken them."""
        return Arrival(self.head.sequence, self.source.received_at, is_late=True)


class QuarantineService:
    """Reprocesses quarantined records, one batch at a time.

    Args:
        outbox: for the audit.
        vault: stores identities and returns tokens.
        objects: the object store.
        writer: brings batches to Bronze.
        wrapper: unwraps the data keys of the quarantine.
        clock: the time.
        answer_within_s: longest time to the answer, seconds.
    """

    def __init__(
        self,
        outbox: Outbox,
        *,
        vault: VaultClient,
        objects: ObjectStore,
        writer: BatchWriter,
        wrapper: KeyWrapper,
        clock: Clock,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._outbox = outbox
        self._vault = vault
        self._objects = objects
        self._writer = writer
        self._wrapper = wrapper
        self._clock = clock
        self._answer_within_s = answer_within_s
        self._slot = asyncio.Semaphore(1)

    async def reprocess(self, distributor_id: str, batch_id: str) -> Reprocessing:
        """Brings to Bronze what passes today's rules, as a batch of its own, or resumes what was cut off.

        A record is taken once; an answer that was lost can be asked for again, and then tells of what is left.

        Raises:
            NotFound: no such batch of this distributor, or nothing of it in the store.
            QuarantineExpired: it was kept for its time and is gone.
            DistributorRevoked: the distributor is revoked, at the latest by the time of the last transaction.
            BatchIncomplete: the batch is not in Bronze.
            QuarantineUnreadable: the object is not what the batch left.
            BatchInProgress: a batch of this distributor is being written.
            Unavailable: vault, object store, key store or database cannot be reached in time; nothing was taken.
        """
        try:
            async with (
                asyncio.timeout(self._answer_within_s) as deadline,
                self._slot,
                self._writer.distributor_lock(distributor_id) as connection,
            ):
                return await self._reprocess(connection, distributor_id, batch_id)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Unavailable("the records were not written in time") from None

    async def _reprocess(self, connection: asyncpg.Connection, distributor_id: str, batch_id: str) -> Reprocessing:
        source = await self._find(connection, distributor_id, batch_id)
        stored = await store.quarantined_places(connection, batch_id)
        if not stored:
            return Reprocessing(batch_id=None, accepted=0, outdated=0, duplicate=0, remaining=())
        opened = await self._open(distributor_id, source, stored)
        sorted_batch = await self._sort(connection, opened)
        assigned = sorted_batch.assigned
        taken = [Place(item.record.table, item.record.index) for item in assigned.versioned]
        taken += [Place(item.table, item.index) for item in assigned.duplicates]
        reasons = dict(stored) | {Place(item.table, item.index): item.reasons[0] for item in sorted_batch.rejected}
        result = Reprocessing(
            batch_id=None,
            accepted=len(assigned.versioned),
            outdated=sum(item.is_outdated for item in assigned.versioned),
            duplicate=len(assigned.duplicates),
            remaining=domain.count_remaining(
                (place.table, reason) for place, reason in reasons.items() if place not in taken
            ),
        )
        is_resumed = await store.has_unfinished(connection, batch_id)
        if taken or is_resumed:
            return await self._write(connection, opened, sorted_batch, result=result, is_resumed=is_resumed)
        async with connection.transaction():
            await self._audit(connection, batch_id, result)
        return result

    async def _find(self, connection: asyncpg.Connection, distributor_id: str, batch_id: str) -> SourceBatch:
        source = await store.find_source(connection, distributor_id, batch_id)
        if source is None:
            raise NotFound("no such batch of this distributor")
        if not source.is_active:
            raise DistributorRevoked
        if not source.is_complete:
            raise BatchIncomplete
        if not source.is_kept(self._clock.now()):
            raise QuarantineExpired
        return source

    async def _open(self, distributor_id: str, source: SourceBatch, stored: Mapping[Place, FieldError]) -> _Opened:
        encrypted = await self._objects.read_quarantine(distributor_id, source.batch_id)
        manifest = await self._objects.read_manifest(source.manifest_uri or "")
        if encrypted is None or manifest is None:
            raise NotFound("the store has no quarantined records of this batch")
        try:
            head = domain.read_manifest_head(manifest, sha256=source.manifest_sha256)
            kept = domain.read_kept(await decrypt_quarantine(self._wrapper, source.batch_id, encrypted))
        except ValueError as error:
            _log.error("an object in quarantine is unreadable", extra={"batch_id": source.batch_id})
            raise QuarantineUnreadable from error
        waiting = {place: raw for place, raw in kept.items() if place in stored}
        return _Opened(distributor_id, source, head, reopened=Reopened.of(distributor_id, head, waiting), stored=stored)

    async def _sort(self, connection: asyncpg.Connection, opened: _Opened) -> SortedBatch:
        checked = await asyncio.to_thread(
            check_records,
            opened.reopened.batch,
            received_at=self._clock.now(),
            max_amount_inr=opened.source.max_amount_inr,
        )
        checked, subjects = await self._identify(connection, opened, opened.reopened.with_places(checked))
        return await sort_batch(
            connection, opened.distributor_id, checked, subjects, arrival=opened.arrival, vault=self._vault
        )

    async def _identify(
        self, connection: asyncpg.Connection, opened: _Opened, checked: CheckedBatch
    ) -> tuple[CheckedBatch, StoredSubjects]:
        """Whose the records are, without older facts in the place of newer ones, in the vault and in Bronze."""
        distributor_id = opened.distributor_id
        stored = await self._vault.store_identities(distributor_id, checked.identities, keeps_known=True)
        by_ref = stored.by_ref
        keys: list[tuple[Table, str]] = [("retailers", subject.subject_token) for subject in by_ref.values()]
        states = await record_states(connection, distributor_id, keys)
        checked = domain.without_older_lines(checked, by_ref, states, arrival=opened.arrival)
        newer = await self._vault.store_identities(distributor_id, domain.newer_facts(checked, by_ref))
        return checked, StoredSubjects(by_ref | newer.by_ref, stored.not_intact | newer.not_intact)

    async def _write(
        self,
        connection: asyncpg.Connection,
        opened: _Opened,
        sorted_batch: SortedBatch,
        *,
        result: Reprocessing,
        is_resumed: bool,
    ) -> Reprocessing:
        assigned, source, head = sorted_batch.assigned, opened.source, opened.head
        taken = [Place(item.record.table, item.record.index) for item in assigned.versioned]
        taken += [Place(item.table, item.index) for item in assigned.duplicates]
        new = store.NewReprocessing(
            batch_id=new_id("bat"),
            distributor_id=opened.distributor_id,
            client_batch_id=uuid4(),
            body_sha256=opened.reopened.digest(source.batch_id, taken),
            erp_type=source.erp_type,
            received_at=self._clock.now(),
            submitted=len(taken),
            reprocessed_from=source.batch_id,
        )
        async with connection.transaction():
            batch_id, received_at = await store.insert_or_resume(connection, new)
        result = replace(result, batch_id=batch_id)

        async def record(connection: asyncpg.Connection) -> None:
            await store.set_reprocessed(connection, source.batch_id, taken, batch_id=batch_id)
            await self._audit(connection, source.batch_id, result)

        await self._writer.write(
            connection,
            BatchHeader(
                batch_id=batch_id,
                distributor_id=opened.distributor_id,
                erp_type=source.erp_type,
                ingested_at=received_at,
                sync_from=head.sync_from,
                sync_to=head.sync_to,
                sequence=head.sequence,
            ),
            replace(sorted_batch, rejected=()),  # they stay where they are
            counts=Counts(submitted=len(taken), accepted=result.accepted, quarantined=0, duplicate=result.duplicate),
            origin=Origin(
                actor="admin",
                data_sha256=new.body_sha256,
                verify=partial(_verify_active, distributor_id=opened.distributor_id),
                record=record,
                details={"reprocessed_from": source.batch_id},
            ),
            is_resumed=is_resumed,
        )
        return result

    async def _audit(self, connection: asyncpg.Connection, batch_id: str, result: Reprocessing) -> None:
        counts = {"accepted": result.accepted, "outdated": result.outdated, "duplicate": result.duplicate}
        counts["remaining"] = sum(item.records for item in result.remaining)
        await self._outbox.audit(
            connection,
            "quarantine_reprocessed",
            actor="admin",
            subject=batch_id,
            outcome="success",
            details={"batch_id": result.batch_id or "none"} | {name: str(count) for name, count in counts.items()},
        )


async def _verify_active(connection: asyncpg.Connection, distributor_id: str) -> None:
    if not await store.is_active(connection, distributor_id):
        raise DistributorRevoked
