"""Blocks retailers whose last consent has ended."""

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import Signer

from altscore_scoring.clients import Consent, ConsentChecker
from altscore_scoring.revocations import store
from altscore_scoring.scores.domain import no_consent
from altscore_scoring.scores.evidence import EvidenceItem, outcome_evidence
from altscore_scoring.scores.persistence import Batch, write_batch
from altscore_scoring.scores.service import signed_block
from altscore_scoring.scores.signing import Provenance
from altscore_scoring.scores.store import BlockRow


class RevocationService:
    """Settles recorded revocations, some at a time."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        consents: ConsentChecker,
        signer: Signer,
        clock: Clock,
        chunk_rows: int,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._consents = consents
        self._signer = signer
        self._clock = clock
        self._chunk_rows = chunk_rows

    async def settle(self) -> bool:
        """Blocks retailers without any consent; one with a consent for another lender keeps the score."""
        async with transaction(self._pool) as connection:
            revocations = await store.open_revocations(connection, self._chunk_rows)
        if not revocations:
            return False
        consents = await self._consents.check(sorted({retailer_id for _, retailer_id in revocations}))
        prepared = [
            await self._block(retailer_id, consent)
            for retailer_id, consent in sorted(consents.items())
            if not consent.is_granted
        ]
        async with transaction(self._pool) as connection:
            numbers = [number for number, _ in revocations]
            settled = set(await store.settle_revocations(connection, numbers, self._clock.now()))
            revoked = {retailer_id for number, retailer_id in revocations if number in settled}
            batch = Batch()
            for row, evidence in prepared:
                if row.retailer_id in revoked:
                    batch.blocks.append(row)
                    batch.keep(evidence)
            await write_batch(connection, self._outbox, batch)
        return True

    async def _block(self, retailer_id: str, consent: Consent) -> tuple[BlockRow, EvidenceItem]:
        """The signed block and its evidence, which is the answer of the consent service."""
        blocked = no_consent(retailer_id)
        evidence = outcome_evidence(blocked, consent, features_digest=None, run_digest=None)
        provenance = Provenance(
            run_id=None,
            manifest_sha256=None,
            consent_id=consent.consent_id,
            consent_version=consent.version,
            evidence_digest=evidence.digest,
        )
        row = BlockRow(
            block_id=new_id("blk"),
            retailer_id=retailer_id,
            scope="retailer",
            reason=blocked.reason,
            code=blocked.code,
            run_id=None,
            model_sha256=None,
            blocked_at=self._clock.now(),
            evidence_digest=evidence.digest,
        )
        return await signed_block(row, None, provenance=provenance, signer=self._signer), evidence
