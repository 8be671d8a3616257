"""Blocks retailers whose last consent has ended."""

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_scoring.clients import ConsentChecker
from altscore_scoring.revocations import store
from altscore_scoring.scores.persistence import write_blocks
from altscore_scoring.scores.store import BlockRow


class RevocationService:
    """Settles recorded revocations, some at a time."""

    def __init__(
        self, pool: asyncpg.Pool, outbox: Outbox, *, consents: ConsentChecker, clock: Clock, chunk_rows: int
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._consents = consents
        self._clock = clock
        self._chunk_rows = chunk_rows

    async def settle(self) -> bool:
        """Blocks retailers without any consent; one with a consent for another lender keeps the score."""
        async with transaction(self._pool) as connection:
            revocations = await store.open_revocations(connection, self._chunk_rows)
        if not revocations:
            return False
        consents = await self._consents.check(sorted({retailer_id for _, retailer_id in revocations}))
        at = self._clock.now()
        async with transaction(self._pool) as connection:
            settled = set(await store.settle_revocations(connection, [number for number, _ in revocations], at))
            revoked = {
                retailer_id
                for number, retailer_id in revocations
                if number in settled and not consents[retailer_id].is_granted
            }
            blocks = [
                BlockRow(
                    block_id=new_id("blk"),
                    retailer_id=retailer_id,
                    scope="retailer",
                    reason="CONSENT",
                    code="CONSENT_NOT_GRANTED",
                    run_id=None,
                    model_sha256=None,
                    blocked_at=at,
                    evidence_digest=None,
                )
                for retailer_id in sorted(revoked)
            ]
            await write_blocks(connection, self._outbox, blocks)
        return True
