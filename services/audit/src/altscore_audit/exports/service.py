"""Brings the entries of days that are over into the locked bucket; a file counts once it was read back and is whole."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import CHAINS, GENESIS, Rule, locked_until
from altscore_audit.clients import PARQUET, WormBucket
from altscore_audit.errors import ExportNotWhole
from altscore_audit.exports import domain, store
from altscore_audit.exports.domain import Expected, Portion
from altscore_audit.exports.store import ExportFile

_PAGE = 1_000
_log = logging.getLogger("altscore.audit.exports")


@dataclass(frozen=True)
class ExportService:
    """Writes the next file of each chain.

    Args:
        pool: of the audit database.
        bucket: where files are kept, locked as long as the chain is.
        rules: of schemas/audit/actions.yml, for how long.
        clock: which days are over.
    """

    pool: asyncpg.Pool
    bucket: WormBucket
    rules: Mapping[str, Rule]
    clock: Clock

    async def export_next(self) -> bool:
        """Writes a file of every chain that has entries of a day that is over; whether there may be more.

        Raises:
            Unavailable: database or bucket; the file is written again.
            ExportNotWhole: what was read back is not what the chain says.
        """
        has_more, broken = False, None
        for chain in CHAINS:
            try:
                has_more = await self._export(chain) or has_more
            except ExportNotWhole as error:
                broken = error  # the other chain goes on
        if broken is not None:
            raise broken
        return has_more

    async def _export(self, chain: str) -> bool:
        async with transaction(self.pool) as connection:
            exported = await store.last(connection, chain) or store.Exported(0, GENESIS)
        portion = await self._portion(chain, exported.last_seq)
        if not portion.links or not domain.is_over(domain.day_of(portion.links[0]), self.clock.now()):
            return False
        first, last = portion.links[0], portion.links[-1]
        async with transaction(self.pool) as connection:
            tree_before = await store.tree(connection, chain, exported.last_seq)
            root_hash = (await store.tree(connection, chain, last.seq)).root()
        expected = Expected(
            first_seq=first.seq,
            last_seq=last.seq,
            prev_hash=exported.last_hash,
            last_hash=last.entry_hash,
            root_hash=root_hash,
        )
        key, body = domain.object_key(first), domain.file_of(portion.links)
        retain_until = locked_until(self.rules, chain, self.clock.now())
        await self.bucket.put(key, body, retain_until, content_type=PARQUET)
        kept = await self.bucket.get(key)
        if not domain.is_whole(kept, expected, tree_before):
            raise ExportNotWhole(key)
        file = ExportFile(key, domain.day_of(first), hashlib.sha256(kept).digest())
        async with transaction(self.pool) as connection:
            await store.add(connection, chain, expected, file)
        _log.info("entries exported", extra={"chain": chain, "first_seq": first.seq, "last_seq": last.seq})
        return True

    async def _portion(self, chain: str, after: int) -> Portion:
        portion, seq = Portion(), after
        while True:
            async with transaction(self.pool) as connection:
                links = await chains.links(connection, chain, after=seq, limit=_PAGE)
            if not portion.take(links) or len(links) < _PAGE:
                return portion
            seq = links[-1].seq
