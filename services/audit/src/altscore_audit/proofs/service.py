"""Proofs that an entry is in a signed tree, and that a later tree holds an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.merkle_tree import consistency_ranges, inclusion_ranges
from altscore_libs.signer import PublicKeys

from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import Link
from altscore_audit.checkpoints import store as checkpoints
from altscore_audit.checkpoints.domain import Checkpoint, SignedTree, tree_above
from altscore_audit.errors import NoSuchTree
from altscore_audit.proofs import store
from altscore_audit.proofs.domain import MAX_PROOFS, ConsistencyProof, InclusionProof, LenderView, is_of_record

EXAMINED = 5_000


@dataclass(frozen=True)
class ProofService:
    """Makes proofs from stored nodes.

    Args:
        pool: of the audit database.
        keys: whose checkpoints are handed out; a row that nobody signed is passed over.
        view: which entries a lender may be handed.
        examined: entries of a request or a retailer that one question of a lender looks at; the bound of its cost.
    """

    pool: asyncpg.Pool
    keys: PublicKeys
    view: LenderView
    examined: int = EXAMINED

    async def of_event(self, event_id: UUID) -> tuple[list[InclusionProof], list[Link]]:
        """Proof of an event's entry, or the entry that no checkpoint covers yet; nothing for an unknown event."""
        async with transaction(self.pool) as connection:
            return await self._proofs(connection, await store.entry_of_event(connection, event_id))

    async def of_request(self, request_id: str) -> tuple[list[InclusionProof], list[Link]]:
        """Proofs of a request's entries, oldest first, and the entries that no checkpoint covers yet."""
        async with transaction(self.pool) as connection:
            entries = await store.entries_of_request(connection, request_id, limit=MAX_PROOFS)
            return await self._proofs(connection, entries)

    async def of_record(self, record_id: str, *, retailer_id: str) -> tuple[list[InclusionProof], list[Link]]:
        """As of_request(), of the entries about a score, a grievance or a consent of a retailer."""
        async with transaction(self.pool) as connection:
            entries = await store.entries_of_record(
                connection, record_id, retailer_id=retailer_id, lender_id=None, examined=self.examined
            )
            about = [link for link in entries if is_of_record(link, record_id)]
            return await self._proofs(connection, about[:MAX_PROOFS])

    async def of_lenders_request(self, lender_id: str, request_id: str) -> tuple[list[InclusionProof], list[Link]]:
        """As of_request(), of what this lender did under the id and may be handed; others' entries are unknown."""
        async with transaction(self.pool) as connection:
            entries = await store.lenders_entries_of_request(connection, lender_id, request_id, examined=self.examined)
            return await self._proofs(connection, self._shown(entries, lender_id)[:MAX_PROOFS])

    async def of_lenders_record(
        self, lender_id: str, record_id: str, *, retailer_id: str
    ) -> tuple[list[InclusionProof], list[Link]]:
        """As of_lenders_request(), of what this lender did about a score or a grievance of a retailer."""
        async with transaction(self.pool) as connection:
            entries = await store.entries_of_record(
                connection, record_id, retailer_id=retailer_id, lender_id=lender_id, examined=self.examined
            )
            about = [link for link in self._shown(entries, lender_id) if is_of_record(link, record_id)]
            return await self._proofs(connection, about[:MAX_PROOFS])

    def _shown(self, entries: Sequence[Link], lender_id: str) -> list[Link]:
        return [link for link in entries if self.view.shows(link, lender_id)]

    async def consistency(self, chain: str, *, first: int, second: int) -> ConsistencyProof:
        """Proof that the tree of `second` entries begins with that of `first`.

        Raises:
            NoSuchTree: the chain is shorter, or the first is larger than the second.
            TreeIncomplete: nodes are gone.
        """
        async with transaction(self.pool) as connection:
            if not 0 < first <= second <= await chains.last_seq(connection, chain):
                raise NoSuchTree(chain)
            path = await store.tree_path(connection, chain, consistency_ranges(first=first, second=second))
        return ConsistencyProof(chain=chain, first=first, second=second, path=path)

    async def signed(self, chain: str, *, after: int, limit: int) -> list[Checkpoint]:
        """Checkpoints behind `after`, in order; only those that a trusted key signed."""
        async with transaction(self.pool) as connection:
            return await checkpoints.valid_after(connection, self.keys, chain, after=after, limit=limit)

    async def _proofs(
        self, connection: asyncpg.Connection, entries: Sequence[Link]
    ) -> tuple[list[InclusionProof], list[Link]]:
        newest: dict[str, list[SignedTree]] = {}
        proofs, unsigned = [], []
        for link in entries:
            if link.chain not in newest:
                newest[link.chain] = await checkpoints.newest_trees(connection, self.keys, link.chain)
            above = tree_above(newest[link.chain], link.seq)
            if above is None:
                unsigned.append(link)
                continue
            checkpoint, cosignature = above
            ranges = inclusion_ranges(index=link.seq - 1, size=checkpoint.seq)
            path = await store.tree_path(connection, link.chain, ranges)
            proofs.append(InclusionProof(link=link, path=path, checkpoint=checkpoint, cosignature=cosignature))
        return proofs, unsigned
