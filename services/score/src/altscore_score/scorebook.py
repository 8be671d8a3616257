"""Where a sealed score comes from: the lender's cache in Redis, else PostgreSQL under row-level security."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from altscore_libs.errors import Unavailable
from altscore_libs.rls import ContextSigner
from prometheus_client import Counter

from altscore_score import store
from altscore_score.domain import Allow, StoredScore, Visible, require_granted, visible
from altscore_score.gate import Gate
from altscore_score.lanes import Lanes
from altscore_score.limits import Admission
from altscore_score.records import SealBroken, Sealed, SealedRecord, SealReader

READERS = 4
READ_S = 2.0
_log = logging.getLogger("altscore.score.scorebook")
_reads = Counter("altscore_score_reads_total", "Scores read, by source.", ["source"])


class _Entry(msgspec.Struct):
    """A cached score: sealed, so that Redis need not be trusted."""

    record: str
    key_id: str
    seal: str
    run_blocked_at: datetime | None


class Found(NamedTuple):
    """A score and where it was read."""

    score: Visible
    source: str


class Scorebook:
    """Reads scores for allowed lenders.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        seals: verifies every record, wherever it was read.
        gate: holds the cache.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, seals: SealReader, gate: Gate) -> None:
        self._lanes = Lanes(pool, size=READERS, timeout_s=READ_S)
        self._signer = signer
        self._seals = seals
        self._gate = gate
        self._caching: set[asyncio.Future[None]] = set()
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_Entry)

    async def find(
        self, allow: Allow, admission: Admission, *, now: datetime, run_blocked_at: datetime | None
    ) -> Found:
        """The visible score of the retailer that `allow` opens.

        Raises:
            AltScoreError: what visible() refuses.
            Unavailable: the store cannot be read, or holds a record whose seal is broken.
        """
        # A stale consent may be a revoked one: only the database's own grants projection can tell then.
        if admission.cached is not None and not allow.is_stale:
            found = self._from_cache(admission.cached, allow.ask.retailer_id)
            if found is not None:
                _reads.labels("cache").inc()
                return Found(visible(_later(found, run_blocked_at), allow, now=now), "cache")
        stored, sealed = await self._read(allow)
        _reads.labels("store").inc()
        score = visible(_later(stored, run_blocked_at), allow, now=now)
        if admission.generation is not None and sealed is not None:
            self._begin(self._cache(allow, sealed, stored, generation=admission.generation, now=now))
        return Found(score, "store")

    def _begin(self, caching: Coroutine[None, None, None]) -> None:
        """The lender need not wait for his score to be cached; a later call's reading is behind it in the same line."""
        task = asyncio.ensure_future(caching)
        self._caching.add(task)
        task.add_done_callback(self._caching.discard)

    async def kept(self, lender_id: str, key: UUID, *, now: datetime) -> store.KeptReply | None:
        """The reply that this lender's X-Request-ID was answered with in the last 24 hours.

        Raises:
            Unavailable: the store cannot be read.
        """
        try:
            return await store.kept_reply(self._lanes, self._signer.sign(lender_id), key, now=now)
        except asyncpg.PostgresError as error:
            raise Unavailable("the kept replies cannot be read") from error

    async def require_granted(self, allow: Allow) -> None:
        """Passes when the local grants projection still holds this consent.

        A stored reply is disclosed again only behind a fresh consent answer or this check: while consent cannot be
        reached, the remembered answer may be that of a consent that was withdrawn since.

        Raises:
            ConsentNotGranted: the projection knows that the consent ended.
            Unavailable: the store cannot be read.
        """
        stored, _ = await self._read(allow)
        require_granted(stored, allow)

    async def close(self) -> None:
        """Gives its database connections back."""
        await self._lanes.close()

    def _from_cache(self, raw: bytes, retailer_id: str) -> StoredScore | None:
        try:
            entry = self._decoder.decode(raw)
            record = self._open(Sealed(entry.record, entry.key_id, entry.seal), retailer_id)
        except (msgspec.MsgspecError, SealBroken) as error:
            _log.error("a cached score is not ours", extra={"reason": type(error).__name__})
            return None
        # Only granted, unblocked scores are cached, and the worker drops them when that changes.
        return StoredScore(True, 0, record, None, None, entry.run_blocked_at)

    async def _read(self, allow: Allow) -> tuple[StoredScore, Sealed | None]:
        context = self._signer.sign(allow.ask.lender_id)
        try:
            row = await store.read_score(self._lanes, context, allow.ask)
            record = self._open(row.sealed, allow.ask.retailer_id) if row.sealed is not None else None
        except SealBroken as error:
            _log.critical("a stored score's seal is broken", extra={"retailer_id": allow.ask.retailer_id})
            raise Unavailable("the score cannot be verified") from error
        except asyncpg.PostgresError as error:
            raise Unavailable("the score store cannot be read") from error
        stored = StoredScore(
            row.is_granted, row.grant_version, record, row.block_code, row.blocked_at, row.run_blocked_at
        )
        return stored, row.sealed

    def _open(self, sealed: Sealed, retailer_id: str) -> SealedRecord:
        record = self._seals.open(sealed)
        if record.retailer_id != retailer_id:  # a good seal in the wrong place
            raise SealBroken("another retailer's record")
        return record

    async def _cache(
        self, allow: Allow, sealed: Sealed, stored: StoredScore, *, generation: bytes, now: datetime
    ) -> None:
        if stored.record is None:
            return
        entry = _Entry(sealed.record, sealed.key_id, sealed.seal, stored.run_blocked_at)
        life_s = int((min(stored.record.expires_at, allow.expires_at) - now).total_seconds())
        await self._gate.put(
            allow.ask.lender_id,
            allow.ask.retailer_id,
            self._encoder.encode(entry),
            generation=generation,
            ttl_s=life_s,
        )


def _later(stored: StoredScore, run_blocked_at: datetime | None) -> StoredScore:
    """The score with the newer of its own and the general run block."""
    if run_blocked_at is None or (stored.run_blocked_at is not None and stored.run_blocked_at >= run_blocked_at):
        return stored
    return StoredScore(
        stored.is_granted,
        stored.grant_version,
        stored.record,
        stored.block_code,
        stored.blocked_at,
        run_blocked_at,
    )
