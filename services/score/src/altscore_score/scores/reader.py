"""Where a signed score comes from: the lender's cache in Redis, else PostgreSQL under row-level security.

Whichever it was, the signature is verified before a record is used.
"""

import hashlib
import logging
from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec
from altscore_libs.errors import Unavailable
from altscore_libs.rls import ContextSigner
from altscore_libs.signer import PublicKeys
from cachetools import LRUCache
from prometheus_client import Counter

from altscore_score.platform.dedicated_connections import DedicatedConnections
from altscore_score.platform.redis_pipeline import Argument, RedisCircuit
from altscore_score.scores import store
from altscore_score.scores.domain import (
    Allow,
    ScoreRecord,
    SignatureInvalid,
    SignedRecord,
    StoredScore,
    Taxonomy,
    Visible,
    is_in_contract,
    require_granted,
    visible,
)

SIGNING_KEY_LABEL = "score-seal"
CACHE_TTL_S = 4 * 3600
GENERATION_TTL_S = 3600
_MAX_VERIFIED = 20_000
_PUT = """
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
_log = logging.getLogger("altscore.score.reader")
_reads = Counter("altscore_score_reads_total", "Scores read, by source.", ["source"])
_reads_of = {source: _reads.labels(source) for source in ("cache", "store")}


class SignatureVerifier:
    """Opens signed records: verifies the signature once per record, then remembers its digest.

    Args:
        keys: public keys; only those of the label `score-seal` sign scores.
        taxonomy: what the record's codes must belong to.
    """

    def __init__(self, keys: PublicKeys, taxonomy: Taxonomy) -> None:
        self._keys = keys
        self._taxonomy = taxonomy
        self._verified: LRUCache[bytes, ScoreRecord] = LRUCache(_MAX_VERIFIED)
        self._decoder = msgspec.json.Decoder(ScoreRecord)

    def open(self, signed: SignedRecord) -> ScoreRecord:
        """The record under a signature.

        Raises:
            SignatureInvalid: signature, form or explanation fails.
        """
        raw = signed.record.encode()
        digest = hashlib.sha256(b"\0".join((raw, signed.key_id.encode(), signed.signature.encode()))).digest()
        try:  # get() of cachetools looks twice
            return self._verified[digest]
        except KeyError:
            record = self._verified[digest] = self._verify(raw, signed)
            return record

    def _verify(self, raw: bytes, signed: SignedRecord) -> ScoreRecord:
        try:
            signature = bytes.fromhex(signed.signature)
            record = self._decoder.decode(raw)
        except (ValueError, msgspec.MsgspecError) as error:
            raise SignatureInvalid(type(error).__name__) from error
        if not is_in_contract(record):
            raise SignatureInvalid("out of contract")
        is_score_key = signed.key_id.startswith(f"{SIGNING_KEY_LABEL}-")  # the folder holds keys of other services too
        if not is_score_key or not self._keys.verify(signed.key_id, hashlib.sha256(raw).digest(), signature):
            raise SignatureInvalid("signature")
        if not self._taxonomy.explains(record):
            raise SignatureInvalid("reason codes")
        return record


class ScoreCache:
    """Cached scores of lenders in Redis.

    Each retailer of a lender has a generation beside its cached score: a score that was read before the generation
    moved on is not put into the cache.

    Args:
        circuit: to Redis.
    """

    def __init__(self, circuit: RedisCircuit) -> None:
        self._circuit = circuit

    @staticmethod
    def names(lender_id: str, retailer_id: str) -> tuple[str, str]:
        """Redis keys of the cached score and of its generation; the lender in braces keeps them in one cluster slot."""
        prefix = f"score:{{{lender_id}}}"
        return f"{prefix}:cached:{retailer_id}", f"{prefix}:generation:{retailer_id}"

    def put(self, lender_id: str, retailer_id: str, entry: bytes, *, generation: bytes, ttl_s: int) -> None:
        """Caches a score, unless it was declared stale since `generation` was read; waits for nothing.

        Redis commands share one ordered connection, so that a later read sees this write.
        """
        if ttl_s > 0:
            cached, moved_on = self.names(lender_id, retailer_id)
            life_s = min(ttl_s, CACHE_TTL_S)
            self._circuit.send_nowait("EVAL", _PUT, 2, cached, moved_on, generation, entry, life_s)

    async def invalidate(self, retailer_id: str, lender_ids: list[str]) -> None:
        """Drops the cached scores of a retailer for these lenders, and those being read right now.

        Raises:
            RedisError, OSError: not dropped; the caller tries again.
        """
        commands: list[tuple[Argument, ...]] = []
        for lender_id in lender_ids:
            cached, generation = self.names(lender_id, retailer_id)
            commands.append(("INCR", generation))
            commands.append(("EXPIRE", generation, GENERATION_TTL_S))
            commands.append(("DEL", cached))
        await self._circuit.redis.send_all(commands)


class CachedScore(NamedTuple):
    """What the round trip of the limits read from the cache; a generation of None forbids to put anything there."""

    entry: bytes | None
    generation: bytes | None


class _CacheEntry(msgspec.Struct):
    """A cached score with its signature, so that Redis need not be trusted."""

    record: str
    key_id: str
    signature: str = msgspec.field(name="seal")
    run_blocked_at: datetime | None


class ReadScore(NamedTuple):
    """A score and where it was read."""

    score: Visible
    source: str


class ScoreReader:
    """Reads scores for allowed lenders.

    Args:
        connections: to the serving database.
        signer: of row-level-security contexts.
        verifier: opens every record, wherever it was read.
        cache: takes what was read from the database.
    """

    def __init__(
        self,
        connections: DedicatedConnections,
        *,
        signer: ContextSigner,
        verifier: SignatureVerifier,
        cache: ScoreCache,
    ) -> None:
        self._connections = connections
        self._signer = signer
        self._verifier = verifier
        self._cache = cache
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_CacheEntry)

    async def read(
        self, allow: Allow, cached: CachedScore, *, now: datetime, run_blocked_at: datetime | None
    ) -> ReadScore:
        """The visible score of the retailer that `allow` opens.

        Raises:
            AltScoreError: what visible() refuses.
            Unavailable: the store cannot be read, or holds a record whose signature is invalid.
        """
        # A stale consent may be a revoked one: only the database's own grants projection can tell then.
        if cached.entry is not None and not allow.is_stale:
            stored = self._from_cache(cached.entry, allow.key.retailer_id)
            if stored is not None:
                _reads_of["cache"].inc()
                return ReadScore(visible(stored, allow, now=now, run_blocked_at=run_blocked_at), "cache")
        stored, signed = await self._from_store(allow)
        _reads_of["store"].inc()
        score = visible(stored, allow, now=now, run_blocked_at=run_blocked_at)
        if cached.generation is not None and signed is not None:
            self._put(allow, signed, stored, generation=cached.generation, now=now)
        return ReadScore(score, "store")

    async def require_granted(self, allow: Allow) -> None:
        """Passes when the local grants projection still holds this consent.

        A stored reply is disclosed again only behind a fresh consent answer or this check: while consent cannot be
        reached, the remembered answer may be that of a consent that was withdrawn since.

        Raises:
            ConsentNotGranted: the projection knows that the consent ended.
            Unavailable: the store cannot be read.
        """
        stored, _ = await self._from_store(allow)
        require_granted(stored, allow)

    async def close(self) -> None:
        """Gives the database connections back."""
        await self._connections.close()

    def _from_cache(self, raw: bytes, retailer_id: str) -> StoredScore | None:
        try:
            entry = self._decoder.decode(raw)
            record = self._open(SignedRecord(entry.record, entry.key_id, entry.signature), retailer_id)
        except (msgspec.MsgspecError, SignatureInvalid) as error:
            _log.error("a cached score is not ours", extra={"reason": type(error).__name__})
            return None
        # Only granted, unblocked scores are cached, and the worker drops them when that changes.
        return StoredScore(
            is_granted=True,
            grant_version=0,
            record=record,
            block_code=None,
            blocked_at=None,
            run_blocked_at=entry.run_blocked_at,
        )

    async def _from_store(self, allow: Allow) -> tuple[StoredScore, SignedRecord | None]:
        key = allow.key
        context = self._signer.sign(key.lender_id)
        signed: SignedRecord | None = None
        record: ScoreRecord | None = None
        try:
            row = await self._connections.fetchrow(store.READ_SCORE, context, key.retailer_id, key.purpose)
            if row["score_id"] is not None:
                signed = SignedRecord(row["sealed_record"], row["seal_key_id"], row["seal"])
                record = self._open(signed, key.retailer_id)
        except SignatureInvalid as error:
            _log.critical("a stored score's signature is invalid", extra={"retailer_id": key.retailer_id})
            raise Unavailable("the score cannot be verified") from error
        except asyncpg.PostgresError as error:
            raise Unavailable("the score store cannot be read") from error
        stored = StoredScore(
            is_granted=row["is_granted"],
            grant_version=row["grant_version"],
            record=record,
            block_code=row["block_code"],
            blocked_at=row["blocked_at"],
            run_blocked_at=row["run_blocked_at"],
        )
        return stored, signed

    def _open(self, signed: SignedRecord, retailer_id: str) -> ScoreRecord:
        record = self._verifier.open(signed)
        if record.retailer_id != retailer_id:  # a good signature in the wrong place
            raise SignatureInvalid("another retailer's record")
        return record

    def _put(
        self, allow: Allow, signed: SignedRecord, stored: StoredScore, *, generation: bytes, now: datetime
    ) -> None:
        if stored.record is None:
            return
        entry = _CacheEntry(
            record=signed.record,
            key_id=signed.key_id,
            signature=signed.signature,
            run_blocked_at=stored.run_blocked_at,
        )
        life_s = int((min(stored.record.expires_at, allow.expires_at) - now).total_seconds())
        self._cache.put(
            allow.key.lender_id,
            allow.key.retailer_id,
            self._encoder.encode(entry),
            generation=generation,
            ttl_s=life_s,
        )
