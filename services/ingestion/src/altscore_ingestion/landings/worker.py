"""Reads the files that were put by SFTP, oldest first, as uploads."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg
from altscore_libs import envelope
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.signer import KeyWrapper
from altscore_libs.tls import NOBODY
from prometheus_client import Counter

from altscore_ingestion.batches.service import BatchService
from altscore_ingestion.distributors.authentication import Caller
from altscore_ingestion.errors import (
    BatchAlreadyProcessed,
    BatchConflict,
    BatchesExhausted,
    NotAuthenticated,
    UploadRefused,
)
from altscore_ingestion.landings import store
from altscore_ingestion.landings.domain import LandedFile, content_context
from altscore_ingestion.uploads.service import UploadService

LOOK_EVERY_S = 2.0
CLAIMED_FOR = timedelta(minutes=5)  # longer than ten batches take; what a killed process held is read then
_LONGEST_PAUSE_S = 600
_log = logging.getLogger("altscore.ingestion.landings")
_ended = Counter("altscore_ingest_landed_files_total", "Files put by SFTP, by how they ended.", ["state"])
for _state in ("taken", "refused", "dropped"):
    _ended.labels(_state)
_REFUSED_FOR_GOOD = frozenset({400, 409, 413, 415, 422})


class LandedFiles:
    """Brings landed files to Bronze.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        uploads: read a file.
        batches: audits refusals.
        wrapper: unwraps the data key of a file.
        clock: the time.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        uploads: UploadService,
        batches: BatchService,
        wrapper: KeyWrapper,
        clock: Clock,
    ) -> None:
        self._pool, self._outbox, self._clock = pool, outbox, clock
        self._uploads, self._batches, self._wrapper = uploads, batches, wrapper

    async def step(self) -> bool:
        """Reads the oldest file of every distributor that has one due; whether any was read.

        Raises:
            Unavailable: the database; a file that cannot be read now waits and stops no other distributor's.
        """
        async with transaction(self._pool) as connection:
            distributors = await store.due_distributors(connection, self._clock.now())
        was_read = False
        for distributor_id in distributors:
            now = self._clock.now()
            async with transaction(self._pool) as connection:
                file = await store.claim_oldest(connection, distributor_id, now=now, again_at=now + CLAIMED_FOR)
            if file is not None:
                was_read |= await self._read(file)
        return was_read

    async def _read(self, file: LandedFile) -> bool:
        """Whether the file has ended."""
        try:
            state, report = await self._outcome(file)
        except BatchesExhausted as error:
            await self._put_off(file, float(error.headers.get("Retry-After", "60")))
            return False
        except Unavailable as error:
            _log.warning("a landed file waits", extra={"landed_id": file.landed_id, "code": error.code})
            await self._put_off(file, float(error.headers.get("Retry-After", "0")))
            return False
        except Exception as error:  # noqa: BLE001  # whatever it is, other distributors' files go on, and this one again
            _log.error("a landed file could not be read", exc_info=error, extra={"landed_id": file.landed_id})
            await self._put_off(file, 0.0)
            return False
        await self._end(file, state, report)
        return True

    async def _outcome(self, file: LandedFile) -> tuple[str, Mapping[str, Any]]:
        async with transaction(self._pool) as connection:
            account = await store.find_account(connection, file.distributor_id, file.fingerprint)
        if account is None or account.is_key_revoked:  # who revokes a distributor revokes its keys
            return "dropped", {"code": "REVOKED"}
        if not account.is_active:  # suspended: the file waits until that is undone, or the keys are revoked
            raise Unavailable("the distributor is suspended")
        key = await self._wrapper.unwrap(file.key_wrapped)
        data = envelope.decrypt(key, file.content, context=content_context(file.client_upload_id))
        try:
            async with self._batches.refusals_audited(account):
                report = await self._uploads.take(
                    Caller(NOBODY, "sftp"),
                    account,
                    client_upload_id=file.client_upload_id,
                    file_name=file.file_name,
                    data=data,
                )
        except BatchAlreadyProcessed as known:
            return "taken", known.result
        except (NotAuthenticated, BatchConflict):
            return "dropped", {"code": "REVOKED"}
        except UploadRefused as error:
            return "refused", {"code": error.code, "findings": error.findings}
        except AltScoreError as error:
            if error.status not in _REFUSED_FOR_GOOD:
                raise
            return "refused", {"code": error.code, "detail": str(error)}
        return "taken", report

    async def _put_off(self, file: LandedFile, least_s: float) -> None:
        pause_s = max(least_s, min(2.0 ** min(file.tries, 10), _LONGEST_PAUSE_S))
        async with transaction(self._pool) as connection:
            await store.put_off(connection, file.landed_id, self._clock.now() + timedelta(seconds=pause_s))

    async def _end(self, file: LandedFile, state: str, report: Mapping[str, Any]) -> None:
        async with transaction(self._pool) as connection:
            is_ours = await store.end_landed(connection, file.landed_id, state, report=report, at=self._clock.now())
            if is_ours:
                await self._outbox.audit(
                    connection,
                    "sftp_file_ended",
                    actor=file.distributor_id,
                    subject=str(file.client_upload_id),
                    outcome=state,
                    details={"landed_id": str(file.landed_id), "fingerprint": file.fingerprint},
                )
        if is_ours:
            _ended.labels(state).inc()


def landing_worker(files: LandedFiles) -> PeriodicWorker:
    """The worker that looks for files."""
    return PeriodicWorker("landed_files", files.step, interval_s=LOOK_EVERY_S)
