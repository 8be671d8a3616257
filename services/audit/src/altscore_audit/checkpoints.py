"""Signed checkpoints: what the chain was at an instant, kept where not even its owner can rewrite it."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.periodic import sleep_or_stop
from altscore_libs.signer import Signer, canonical
from prometheus_client import Counter, Gauge

from altscore_audit import domain, store
from altscore_audit.domain import Link, Rule
from altscore_audit.errors import ChainBroken
from altscore_audit.store import SignedCheckpoint, Unsealed
from altscore_audit.worm import Worm

_PAGE = 2_000
_DAYS_A_YEAR = 366  # never shorter than the retention
_log = logging.getLogger("altscore.audit.checkpoints")
_made = Counter("altscore_audit_checkpoints_total", "Checkpoints signed.", ["chain"])
_broken = Gauge("altscore_audit_chain_broken_seq", "First entry that does not follow, 0 when all do.", ["chain"])


class Checkpointer:
    """Signs the head of each chain after recomputing everything since the last checkpoint.

    Args:
        pool: of the audit database.
        signer: key `audit-checkpoint`.
        worm: where checkpoints are kept.
        rules: of schemas/audit/actions.yml, for how long.
        clock: for signed_at.
        interval_s: longest time that an entry stays unsealed, seconds.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        signer: Signer,
        worm: Worm,
        *,
        rules: Mapping[str, Rule],
        clock: Clock,
        interval_s: float = 60.0,
    ) -> None:
        self._pool = pool
        self._signer = signer
        self._worm = worm
        self._rules = rules
        self._clock = clock
        self._interval_s = interval_s

    async def run(self, stop: asyncio.Event) -> None:
        """Looks every second until `stop`."""
        while not stop.is_set():
            try:
                await self.tick()
            except (Unavailable, OSError, asyncpg.PostgresError) as error:
                _log.warning("checkpoint waits", extra={"reason": type(error).__name__})
            await sleep_or_stop(stop, 1.0)

    async def tick(self) -> list[SignedCheckpoint]:
        """Makes the checkpoints that are due; a broken chain gets none, the others do.

        Raises:
            Unavailable: database, key store or bucket.
        """
        async with transaction(self._pool) as connection:
            chains = await store.unsealed(connection)
        made = []
        for one in chains:
            age_s = (self._clock.now() - one.oldest_at).total_seconds() if one.oldest_at else 0.0
            if not domain.checkpoint_due(one.last_seq - one.sealed_seq, age_s, self._interval_s):
                continue
            try:
                made.append(await self._seal(one))
            except ChainBroken as error:
                _broken.labels(error.chain).set(error.seq)
                _log.critical("chain broken, not signed", extra={"chain": error.chain, "seq": error.seq})
        return made

    async def _seal(self, chain: Unsealed) -> SignedCheckpoint:
        head = await self._recomputed_head(chain)
        signed_at = self._clock.now()
        document = domain.checkpoint_document(head, signed_at=signed_at, key_id=self._signer.key_id)
        signature = await self._signer.sign(hashlib.sha256(document.encode()).digest())
        made = SignedCheckpoint(
            head, document, signature, self._signer.key_id, domain.checkpoint_key(head.chain, head.seq), signed_at
        )
        years = domain.retention_years(self._rules, head.chain)
        body = canonical({"document": document, "signature": signature.hex()})
        # bucket first: a row may never promise an object that is not there
        await self._worm.put(made.object_key, body, signed_at + timedelta(days=_DAYS_A_YEAR * years))
        async with transaction(self._pool) as connection:
            await store.add_checkpoint(connection, made)
        _made.labels(head.chain).inc()
        _broken.labels(head.chain).set(0)
        return made

    async def _recomputed_head(self, chain: Unsealed) -> Link:
        seq, previous, head = chain.sealed_seq, chain.sealed_hash, None
        while seq < chain.last_seq:
            async with transaction(self._pool) as connection:
                page = await store.links(connection, chain.chain, after=seq, limit=_PAGE)
            broken = domain.first_broken(page, after_seq=seq, after_hash=previous)
            if broken is not None or not page:
                raise ChainBroken(chain.chain, broken or seq + 1)
            head = page[-1]
            seq, previous = head.seq, head.entry_hash
        if head is None:
            raise ChainBroken(chain.chain, chain.last_seq + 1)
        return head
