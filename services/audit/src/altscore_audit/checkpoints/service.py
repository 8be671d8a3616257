"""Signed checkpoints: the state of a chain at an instant, kept where not even its owner can rewrite it."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.signer import Signer
from prometheus_client import Counter, Gauge

from altscore_audit.chain.domain import Link, Rule, first_broken, retention_years
from altscore_audit.chain.store import links
from altscore_audit.checkpoints import domain, store
from altscore_audit.checkpoints.store import ChainProgress, SignedCheckpoint
from altscore_audit.clients import WormBucket
from altscore_audit.errors import ChainBroken

_PAGE = 2_000
CHECKPOINT_LOCK = 742_101
_DAYS_A_YEAR = 366  # never shorter than the retention
_log = logging.getLogger("altscore.audit.checkpoints")
_signed = Counter("altscore_audit_checkpoints_total", "Checkpoints signed.", ["chain"])
_broken = Gauge("altscore_audit_chain_broken_seq", "First entry that does not follow, 0 when all do.", ["chain"])


@dataclass(frozen=True)
class CheckpointService:
    """Signs the head of each chain after recomputing everything since the last checkpoint.

    Args:
        pool: of the audit database.
        signer: key `audit-checkpoint`.
        bucket: where checkpoints are kept.
        rules: of schemas/audit/actions.yml, for how long.
        clock: for signed_at.
        interval_s: longest time that an entry stays unsigned, seconds.
    """

    pool: asyncpg.Pool
    signer: Signer
    bucket: WormBucket
    rules: Mapping[str, Rule]
    clock: Clock
    interval_s: float = 60.0

    async def sign_due(self) -> list[SignedCheckpoint]:
        """Signs the checkpoints that are due; a broken chain gets none, the others do.

        Nothing while another process signs: two would put different documents under one name of the bucket.

        Raises:
            Unavailable: database, key store or bucket.
        """
        async with transaction(self.pool) as lock:
            if not await lock.fetchval("SELECT pg_try_advisory_xact_lock($1)", CHECKPOINT_LOCK):
                return []
            return await self._sign_due()

    async def _sign_due(self) -> list[SignedCheckpoint]:
        async with transaction(self.pool) as connection:
            chains = await store.chain_progress(connection)
        checkpoints = []
        for chain in chains:
            age_s = (self.clock.now() - chain.oldest_at).total_seconds() if chain.oldest_at else 0.0
            if not domain.checkpoint_due(chain.last_seq - chain.signed_seq, age_s, self.interval_s):
                continue
            try:
                checkpoints.append(await self._sign(chain))
            except ChainBroken as error:
                _broken.labels(error.chain).set(error.seq)
                _log.critical("chain broken, not signed", extra={"chain": error.chain, "seq": error.seq})
        return checkpoints

    async def _sign(self, chain: ChainProgress) -> SignedCheckpoint:
        head = await self._recomputed_head(chain)
        signed_at = self.clock.now()
        document = domain.checkpoint_document(head, signed_at=signed_at, key_id=self.signer.key_id)
        signature = await self.signer.sign(hashlib.sha256(document.encode()).digest())
        checkpoint = SignedCheckpoint(
            link=head,
            document=document,
            signature=signature,
            key_id=self.signer.key_id,
            object_key=domain.checkpoint_key(head.chain, head.seq),
            signed_at=signed_at,
        )
        retain_until = signed_at + timedelta(days=_DAYS_A_YEAR * retention_years(self.rules, head.chain))
        body = canonical_json({"document": document, "signature": signature.hex()})
        # bucket first: a row may never name an object that is not there
        await self.bucket.put(checkpoint.object_key, body, retain_until)
        async with transaction(self.pool) as connection:
            await store.add_checkpoint(connection, checkpoint)
        _signed.labels(head.chain).inc()
        _broken.labels(head.chain).set(0)
        return checkpoint

    async def _recomputed_head(self, chain: ChainProgress) -> Link:
        seq, previous, head = chain.signed_seq, chain.signed_hash, None
        while seq < chain.last_seq:
            async with transaction(self.pool) as connection:
                page = await links(connection, chain.chain, after=seq, limit=_PAGE)
            broken_seq = first_broken(page, after_seq=seq, after_hash=previous)
            if broken_seq is not None or not page:
                raise ChainBroken(chain.chain, broken_seq or seq + 1)
            head = page[-1]
            seq, previous = head.seq, head.entry_hash
        if head is None:
            raise ChainBroken(chain.chain, chain.last_seq + 1)
        return head
