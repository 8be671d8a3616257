"""Where a signed score comes from: the lender's cache in Redis, else PostgreSQL under row-level security.

Whichever it was, the signature is verified before a record is used.
"""

import hashlib
import hmac
import logging
import math
import secrets
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
    ConsentKey,
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
GENERATION_TTL_S = 3600
CACHE_LIFE_S = 4 * 3600
_MAX_VERIFIED = 20_000
_MAC_PURPOSE = b"cached score 1"
_PUT = """
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
# A generation of a wrong type or form is replaced, so that one such key never keeps the others' marks waiting.
_DROP = """
if type(redis.pcall('INCR', KEYS[2])) == 'table' then redis.call('SET', KEYS[2], ARGV[2]) end
redis.call('EXPIRE', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
"""
_log = logging.getLogger("altscore.score.reader")
_reads = Counter("altscore_score_reads_total", "Scores read, by source.", ["source"])
_refused = Counter("altscore_score_cache_refused_total", "Cached scores that were not used, by reason.", ["reason"])
_reads_of = {source: _reads.labels(source) for source in ("cache", "store")}


class LearnedChanges:
    """When this process learned that retailers changed; `changes.RetailerChanges` keeps it up to date."""

    def __init__(self) -> None:
        self._learned_at_s: dict[str, float] = {}
        self._nothing_before_s = math.inf
        self.read_at_s = 0.0
        """Whatever is read from the database from now on holds what was committed before this instant."""

    def is_current(self, retailer_id: str, read_at_s: float) -> bool:
        """Whether what was read of a retailer at that instant may still be shown."""
        newest_s = self._learned_at_s.get(retailer_id, self._nothing_before_s)
        return newest_s <= read_at_s and self.read_at_s - CACHE_LIFE_S <= read_at_s


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

    def separate(self) -> "SignatureVerifier":
        """One with the same keys that remembers its own records."""
        return SignatureVerifier(self._keys, self._taxonomy)

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
            life_s = min(ttl_s, CACHE_LIFE_S)
            self._circuit.send_nowait("EVAL", _PUT, 2, cached, moved_on, generation, entry, life_s)

    async def invalidate(self, retailer_id: str, lender_ids: list[str]) -> None:
        """Drops the cached scores of a retailer for these lenders, and those being read right now.

        Raises:
            RedisError, OSError: not dropped; the caller tries again.
        """
        commands: list[tuple[Argument, ...]] = []
        for lender_id in lender_ids:
            cached, generation = self.names(lender_id, retailer_id)
            commands.append(("EVAL", _DROP, 2, cached, generation, GENERATION_TTL_S, secrets.token_hex(8)))
        await self._circuit.redis.send_all(commands)


class CachedScore(NamedTuple):
    """What the round trip of the limits read from the cache; a generation of None forbids to put anything there."""

    entry: bytes | None
    generation: bytes | None


class _CacheEntry(msgspec.Struct):
    """A cached score with its signature, and a MAC over it, its lender, retailer and age: Redis need not be trusted."""

    record: str
    key_id: str
    signature: str = msgspec.field(name="seal")
    run_blocked_at: datetime | None
    read_at_s: float = 0.0
    mac: str = ""


class _VerifiedEntry(NamedTuple):
    """What a cached entry says, once its MAC and signature were verified, and when that was read."""

    stored: StoredScore
    read_at_s: float


class CacheMacs:
    """MACs of cached scores.

    Args:
        key: at least 32 random bytes, which neither Redis nor the database holds.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._encoder = msgspec.json.Encoder()

    def encode(self, key: ConsentKey, entry: _CacheEntry) -> bytes:
        """The entry with its MAC, as it goes to Redis."""
        entry.mac = ""
        entry.mac = self._mac(key, self._encoder.encode(entry))
        return self._encoder.encode(entry)

    def is_genuine(self, key: ConsentKey, entry: _CacheEntry) -> bool:
        """Whether the entry was put there for this lender and retailer, as it is."""
        bare = msgspec.structs.replace(entry, mac="")
        return hmac.compare_digest(self._mac(key, self._encoder.encode(bare)).encode(), entry.mac.encode())

    def _mac(self, key: ConsentKey, bare: bytes) -> str:
        message = b"\0".join((_MAC_PURPOSE, key.lender_id.encode(), key.retailer_id.encode(), bare))
        return hmac.digest(self._key, message, "sha256").hex()


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
        changes: tells which cached scores are older than a change.
        macs: of cached scores.
    """

    def __init__(
        self,
        connections: DedicatedConnections,
        *,
        signer: ContextSigner,
        verifier: SignatureVerifier,
        cache: ScoreCache,
        changes: LearnedChanges,
        macs: CacheMacs,
    ) -> None:
        self._connections = connections
        self._signer = signer
        self._verifier = verifier
        self._cache = cache
        self._changes = changes
        self._macs = macs
        self._decoder = msgspec.json.Decoder(_CacheEntry)
        self._entries: LRUCache[bytes, _VerifiedEntry] = LRUCache(_MAX_VERIFIED)

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
            stored = self._from_cache(cached.entry, allow.key)
            if stored is not None:
                _reads_of["cache"].inc()
                return ReadScore(visible(stored, allow, now=now, run_blocked_at=run_blocked_at), "cache")
        read_at_s = self._changes.read_at_s
        stored, signed = await self._from_store(allow)
        _reads_of["store"].inc()
        score = visible(stored, allow, now=now, run_blocked_at=run_blocked_at)
        if cached.generation is not None and signed is not None:
            entry = _CacheEntry(
                record=signed.record,
                key_id=signed.key_id,
                signature=signed.signature,
                run_blocked_at=stored.run_blocked_at,
                read_at_s=read_at_s,
            )
            self._put(allow, entry, stored, generation=cached.generation, now=now)
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

    def _from_cache(self, raw: bytes, key: ConsentKey) -> StoredScore | None:
        """What a cached entry says; None where it is not ours, or older than a change of the retailer."""
        name = hashlib.sha256(b"\0".join((key.lender_id.encode(), key.retailer_id.encode(), raw))).digest()
        try:  # get() of cachetools looks twice
            entry = self._entries[name]
        except KeyError:
            opened = self._open_entry(raw, key)
            if opened is None:
                return None
            entry = self._entries[name] = opened
        if not self._changes.is_current(key.retailer_id, entry.read_at_s):
            _refused.labels("older").inc()
            return None
        return entry.stored

    def _open_entry(self, raw: bytes, key: ConsentKey) -> _VerifiedEntry | None:
        try:
            entry = self._decoder.decode(raw)
            if not entry.mac:  # of the release before
                _refused.labels("without_mac").inc()
                return None
            if not self._macs.is_genuine(key, entry):
                raise SignatureInvalid("mac")
            record = self._open(SignedRecord(entry.record, entry.key_id, entry.signature), key.retailer_id)
        except (msgspec.MsgspecError, UnicodeError, SignatureInvalid) as error:
            _refused.labels("foreign").inc()
            _log.error("a cached score is not ours", extra={"reason": type(error).__name__})
            return None
        # Only granted, unblocked scores are cached, and none that was read before a change is shown.
        stored = StoredScore(
            is_granted=True,
            grant_version=0,
            record=record,
            block_code=None,
            blocked_at=None,
            run_blocked_at=entry.run_blocked_at,
        )
        return _VerifiedEntry(stored, entry.read_at_s)

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

    def _put(self, allow: Allow, entry: _CacheEntry, stored: StoredScore, *, generation: bytes, now: datetime) -> None:
        if stored.record is None:
            return
        self._cache.put(
            allow.key.lender_id,
            allow.key.retailer_id,
            self._macs.encode(allow.key, entry),
            generation=generation,
            ttl_s=int((min(stored.record.expires_at, allow.expires_at) - now).total_seconds()),
        )
