"""Signs the months of a chain as segments, and deletes one that is due once two persons decided it."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.merkle_tree import consistency_ranges, is_consistent
from altscore_libs.signer import PublicKeys, Signer

from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import CHAINS, GENERAL, GENESIS, Rule, locked_until
from altscore_audit.checkpoints import store as checkpoints
from altscore_audit.checkpoints.domain import Checkpoint, SignedTree, tree_above
from altscore_audit.clients import WormBucket
from altscore_audit.detections.store import Position, last_before
from altscore_audit.errors import ChainBroken
from altscore_audit.exports import store as exports
from altscore_audit.proofs.store import tree_path
from altscore_audit.segments import domain, store
from altscore_audit.segments.domain import TILE, Decision, Segment, SignedSegment

DELETED_AT_ONCE = 5_000
_log = logging.getLogger("altscore.audit.segments")


@dataclass(frozen=True)
class SegmentService:
    """Closes months that are over and exported, and deletes what two persons decided to delete.

    Args:
        pool: of the audit database.
        signer: key `audit-checkpoint`.
        keys: whose segments and decisions count.
        bucket: where both are kept, locked.
        rules: of schemas/audit/actions.yml, for how long entries are kept.
        clock: which months are over, and what is due.
    """

    pool: asyncpg.Pool
    signer: Signer
    keys: PublicKeys
    bucket: WormBucket
    rules: Mapping[str, Rule]
    clock: Clock

    async def step(self) -> bool:
        """Signs the next month of each chain and deletes a part of what is decided; whether there may be more.

        Raises:
            Unavailable: database, key store or bucket.
            ChainBroken: the stored tree of a chain is not the one that was signed.
        """
        has_more = False
        for chain in CHAINS:
            has_more = await self._sign_next(chain) or has_more
            has_more = await self._delete_next(chain) or has_more
        return has_more

    async def _sign_next(self, chain: str) -> bool:
        async with transaction(self.pool) as connection:
            segment = await self._next(connection, chain)
        if segment is None:
            return False
        document = domain.segment_document(segment, signed_at=self.clock.now(), key_id=self.signer.key_id)
        signature = (await self.signer.sign(hashlib.sha256(document.encode()).digest())).hex()
        signed = SignedSegment(segment, document, signature)
        body = canonical_json({"document": document, "signature": signature})
        await self._keep(domain.object_key(segment), body)
        async with transaction(self.pool) as connection:
            await store.add(connection, signed)
        _log.info("segment signed", extra={"chain": chain, "month": segment.month, "last_seq": segment.last_seq})
        return True

    async def _next(self, connection: asyncpg.Connection, chain: str) -> Segment | None:
        """The segment behind the last one: up to the end of a month that is over, exported and under a checkpoint."""
        known = await store.segments(connection, chain, self.keys)
        first_seq, prev_hash = (known[-1].segment.last_seq + 1, known[-1].segment.last_hash) if known else (1, GENESIS)
        exported = await exports.last(connection, chain)
        checkpoint = await checkpoints.newest_valid(connection, self.keys, chain)
        first_at = await chains.recorded_after(connection, chain, first_seq - 1)
        if first_at is None or exported is None or checkpoint is None or checkpoint.root_hash is None:
            return None
        ready = Position(chain, min(exported.last_seq, checkpoint.seq))
        waiting_since = await chains.recorded_after(connection, chain, ready.read_seq)
        month = domain.month_of(first_at)
        while (ends_at := domain.end_of(month)) <= min(self.clock.now(), waiting_since or self.clock.now()):
            last_seq = await last_before(connection, ready, ends_at)
            last_seq -= last_seq % TILE
            if last_seq >= first_seq:  # a month with fewer entries ends in the segment of a later one
                return Segment(
                    chain=chain,
                    month=month,
                    first_seq=first_seq,
                    last_seq=last_seq,
                    prev_hash=prev_hash,
                    last_hash=(await chains.links(connection, chain, after=last_seq - 1, limit=1))[0].entry_hash,
                    root_hash=await self._signed_root(connection, chain, last_seq, checkpoint),
                    due_at=domain.due_at(month, chain, self.rules),
                )
            month = domain.month_of(ends_at)
        return None

    async def _signed_root(
        self, connection: asyncpg.Connection, chain: str, size: int, checkpoint: Checkpoint
    ) -> bytes:
        """The root of a tree that the tree of a checkpoint begins with.

        Raises:
            ChainBroken: stored nodes are not those that were signed.
        """
        root: bytes = (await exports.tree(connection, chain, size)).root()
        path = await _path(connection, chain, size, checkpoint)
        signed_root = checkpoint.root_hash or b""
        if not is_consistent(first=size, second=checkpoint.seq, first_root=root, second_root=signed_root, path=path):
            raise ChainBroken(chain, size)
        return root

    async def _delete_next(self, chain: str) -> bool:
        async with transaction(self.pool) as connection:
            signed = await self._oldest_kept(connection, chain)
            if signed is None or signed.segment.due_at > self.clock.now():  # no decision about it can hold yet
                return False
            decided = self._decision(signed, await store.decisions(connection, signed.segment))
            handed_over = None if decided else self._decision(signed, await store.handed_over(connection))
        if not (decided or handed_over):
            return False
        named = {"chain": chain, "month": signed.segment.month, "last_seq": signed.segment.last_seq}
        if decided:
            async with transaction(self.pool) as connection:
                deleted = await store.delete(connection, signed.segment, DELETED_AT_ONCE)
            _log.warning("entries of a due segment deleted", extra={**named, "entries": deleted})
        elif handed_over:
            members = {"document": signed.document, "signature": signed.signature}
            body = canonical_json({"segment": members, "decision": handed_over._asdict()})
            # the bucket first: nothing is deleted whose decision is not kept where nobody can take it back
            await self._keep(domain.object_key(signed.segment, is_deletion=True), body)
            async with transaction(self.pool) as connection:
                await store.decide(connection, signed.segment, handed_over)
            _log.warning("segment will be deleted", extra=named)
        return True

    async def _oldest_kept(self, connection: asyncpg.Connection, chain: str) -> SignedSegment | None:
        for signed in await store.segments(connection, chain, self.keys):
            if not await store.is_gone(connection, signed.segment):
                return signed
        return None

    def _decision(self, signed: SignedSegment, candidates: Sequence[Decision]) -> Decision | None:
        now = self.clock.now()
        return next((item for item in candidates if domain.decides(item, signed, keys=self.keys, now=now)), None)

    async def _keep(self, key: str, body: bytes) -> None:
        await self.bucket.put(key, body, locked_until(self.rules, GENERAL, self.clock.now()))


class ProvenSegment(NamedTuple):
    """A segment, the decision to delete it if there is one, and that the signed tree of today begins with its tree."""

    signed: SignedSegment
    decision: Decision | None
    is_gone: bool
    path: list[bytes]
    tree: SignedTree


@dataclass(frozen=True)
class SegmentProofService:
    """Reads segments and makes their proofs.

    Args:
        pool: of the audit database.
        keys: whose segments, decisions and checkpoints count.
    """

    pool: asyncpg.Pool
    keys: PublicKeys
    clock: Clock

    async def known(self, chain: str) -> list[ProvenSegment]:
        """The segments of a chain, oldest first."""
        async with transaction(self.pool) as connection:
            trees = await checkpoints.newest_trees(connection, self.keys, chain)
            known = await store.segments(connection, chain, self.keys)
            above = [(item, tree) for item in known if (tree := tree_above(trees, item.segment.last_seq)) is not None]
            return [await self._proven(connection, signed, tree) for signed, tree in above]

    async def _proven(self, connection: asyncpg.Connection, signed: SignedSegment, tree: SignedTree) -> ProvenSegment:
        segment, now = signed.segment, self.clock.now()
        kept = await store.decisions(connection, segment)
        return ProvenSegment(
            signed=signed,
            decision=next((item for item in kept if domain.decides(item, signed, keys=self.keys, now=now)), None),
            is_gone=await store.is_gone(connection, segment),
            path=await _path(connection, segment.chain, segment.last_seq, tree.checkpoint),
            tree=tree,
        )


async def _path(connection: asyncpg.Connection, chain: str, size: int, checkpoint: Checkpoint) -> list[bytes]:
    return await tree_path(connection, chain, consistency_ranges(first=size, second=checkpoint.seq))
