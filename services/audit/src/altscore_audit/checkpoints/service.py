"""Signed checkpoints: the state of a chain at an instant, kept where not even its owner can rewrite it."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.merkle_tree import GrowingTree, LeafRange, leaf_hash, subtrees_of
from altscore_libs.signer import PublicKeys, Signer
from prometheus_client import Counter, Gauge

from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import GENESIS, Link, Rule, first_broken, locked_until
from altscore_audit.checkpoints import domain, store
from altscore_audit.checkpoints.domain import Checkpoint
from altscore_audit.checkpoints.store import SignedCheckpoint
from altscore_audit.clients import WormBucket
from altscore_audit.errors import ChainBroken, TreeIncomplete
from altscore_audit.proofs.store import subtree_hashes

_PAGE = 2_000
CHECKPOINT_LOCK = 742_101
_log = logging.getLogger("altscore.audit.checkpoints")
_signed = Counter("altscore_audit_checkpoints_total", "Checkpoints signed.", ["chain"])
_broken = Gauge("altscore_audit_chain_broken_seq", "First entry that does not follow, 0 when all do.", ["chain"])
_unsigned_age = Gauge(
    "altscore_audit_unsigned_age_seconds",
    "Age of the oldest entry that no checkpoint covers; 0 when all are covered.",
    ["chain"],
)


@dataclass(frozen=True)
class Progress:
    """How far a chain is, and its newest checkpoint that is really signed."""

    chain: str
    last_seq: int
    signed: Checkpoint | None
    oldest_at: datetime | None

    @property
    def signed_seq(self) -> int:
        """The last entry that a checkpoint covers, 0 when none does."""
        return 0 if self.signed is None else self.signed.seq


@dataclass(frozen=True)
class CheckpointService:
    """Signs the head of each chain and its tree's root after recomputing everything since the last checkpoint.

    Args:
        pool: of the audit database.
        signer: key `audit-checkpoint`.
        keys: whose checkpoints count; any other row of the table is passed over.
        bucket: where checkpoints are kept.
        rules: of schemas/audit/actions.yml, for how long.
        clock: for signed_at.
        interval_s: longest time that an entry stays unsigned, seconds.
    """

    pool: asyncpg.Pool
    signer: Signer
    keys: PublicKeys
    bucket: WormBucket
    rules: Mapping[str, Rule]
    clock: Clock
    interval_s: float = 60.0
    _newest: dict[str, Checkpoint] = field(default_factory=dict, init=False, repr=False)

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
        checkpoints = []
        for chain in await self._progress():
            age_s = (self.clock.now() - chain.oldest_at).total_seconds() if chain.oldest_at else 0.0
            _unsigned_age.labels(chain.chain).set(max(0.0, age_s))
            try:
                if chain.last_seq < chain.signed_seq:
                    raise ChainBroken(chain.chain, chain.last_seq + 1)
                if domain.checkpoint_due(chain.last_seq - chain.signed_seq, age_s, self.interval_s):
                    checkpoints.append(await self._sign(chain))
            except ChainBroken as error:
                _broken.labels(error.chain).set(error.seq)
                _log.critical("chain broken, not signed", extra={"chain": error.chain, "seq": error.seq})
        return checkpoints

    async def _progress(self) -> list[Progress]:
        progress = []
        async with transaction(self.pool) as connection:
            for row in await chains.heads(connection):
                chain, known = row["chain"], self._newest.get(row["chain"])
                # what was verified once stays; a row that nobody signed cannot push it out
                since = 0 if known is None else known.seq
                newest = await store.newest_valid(connection, self.keys, chain, since=since) or known
                if newest is not None:
                    self._newest[chain] = newest
                signed_seq = 0 if newest is None else newest.seq
                oldest_at = await chains.recorded_after(connection, chain, signed_seq)
                progress.append(Progress(chain=chain, last_seq=row["last_seq"], signed=newest, oldest_at=oldest_at))
        return progress

    async def _sign(self, chain: Progress) -> SignedCheckpoint:
        head, root_hash = await self._recomputed_head(chain)
        signed_at = self.clock.now()
        document = domain.checkpoint_document(head, root_hash, signed_at=signed_at, key_id=self.signer.key_id)
        signature = await self.signer.sign(hashlib.sha256(document.encode()).digest())
        checkpoint = SignedCheckpoint(
            link=head,
            document=document,
            signature=signature,
            key_id=self.signer.key_id,
            object_key=domain.checkpoint_key(head.chain, head.seq),
            signed_at=signed_at,
        )
        retain_until = locked_until(self.rules, head.chain, signed_at)
        body = canonical_json({"document": document, "signature": signature.hex()})
        # bucket first: a row may never name an object that is not there
        await self.bucket.put(checkpoint.object_key, body, retain_until)
        async with transaction(self.pool) as connection:
            await store.add_checkpoint(connection, checkpoint)
        _signed.labels(head.chain).inc()
        _broken.labels(head.chain).set(0)
        return checkpoint

    async def _recomputed_head(self, chain: Progress) -> tuple[Link, bytes]:
        tree = await self._tree(chain)
        seq, head = chain.signed_seq, None
        previous = GENESIS if chain.signed is None else chain.signed.entry_hash
        while seq < chain.last_seq:
            async with transaction(self.pool) as connection:
                page = await chains.links(connection, chain.chain, after=seq, limit=min(_PAGE, chain.last_seq - seq))
            broken_seq = first_broken(page, after_seq=seq, after_hash=previous)
            if broken_seq is not None or not page:
                raise ChainBroken(chain.chain, broken_seq or seq + 1)
            for link in page:
                tree.append(leaf_hash(link.entry_hash))
            head = page[-1]
            seq, previous = head.seq, head.entry_hash
        if head is None:
            raise ChainBroken(chain.chain, chain.last_seq + 1)
        return head, tree.root()

    async def _tree(self, chain: Progress) -> GrowingTree:
        """The tree up to the last checkpoint, from stored nodes, which must have the root that was signed."""
        subtrees = subtrees_of(LeafRange(0, chain.signed_seq))
        try:
            async with transaction(self.pool) as connection:
                hashes = await subtree_hashes(connection, chain.chain, subtrees)
        except TreeIncomplete as error:
            raise ChainBroken(chain.chain, chain.signed_seq) from error
        tree = GrowingTree(chain.signed_seq, [hashes[subtree] for subtree in subtrees])
        if chain.signed is not None and chain.signed.root_hash not in (None, tree.root()):
            raise ChainBroken(chain.chain, chain.signed_seq)
        return tree
