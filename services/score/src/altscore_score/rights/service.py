"""Reads every score of a retailer for admin, and asks scoring for a new one; both are audited."""

import json
import logging
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from altscore_libs.rls import ContextSigner

from altscore_score.rights import store
from altscore_score.scores.domain import SignatureInvalid, SignedRecord
from altscore_score.scores.reader import SignatureVerifier
from altscore_score.scores.store import PROJECTOR, claim_score_request

ASK_AGAIN_S = 300
_log = logging.getLogger("altscore.score.rights")


class HeldScore(NamedTuple):
    """A stored score: what its record says, and whether scoring's signature over it holds."""

    content: dict[str, Any]
    is_verified: bool


class Held(NamedTuple):
    """Everything that score holds of a retailer."""

    scores: list[HeldScore]
    blocks: list[dict[str, Any]]


@dataclass(frozen=True)
class RetailerRights:
    """Answers admin about one retailer."""

    pool: asyncpg.Pool
    signer: ContextSigner
    outbox: Outbox
    verifier: SignatureVerifier
    clock: Clock

    async def held(self, retailer_id: str) -> Held:
        """Every score and every block, newest first; one whose signature fails is shown as such, not left out."""
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, PROJECTOR)
            records = await store.scores(connection, retailer_id)
            blocks = await store.blocks(connection, retailer_id)
            await self.outbox.audit(
                connection,
                "retailer_scores_read",
                actor="admin",
                subject=retailer_id,
                outcome="ok",
                details={"scores": str(len(records)), "blocks": str(len(blocks))},
            )
        return Held([self._held(record, retailer_id) for record in records], [dict(block) for block in blocks])

    async def request_rescoring(self, retailer_id: str, reference: str) -> int:
        """Announces that every lender with a consent wants a score from the newest records; how many there are.

        Asked again within five minutes, nothing is announced twice.
        """
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, PROJECTOR)
            lenders = await store.consented_lenders(connection, retailer_id)
            for lender_id in lenders:
                await self.signer.enter(connection, lender_id)  # a lender's request is the lender's row
                if await claim_score_request(connection, lender_id, retailer_id, now=now, every_s=ASK_AGAIN_S):
                    data = {"retailer_id": retailer_id, "lender_id": lender_id, "requested_at": now}
                    await self.outbox.add(connection, "score.requested", key=retailer_id, data=data)
            await self.outbox.audit(
                connection,
                "rescoring_requested",
                actor="admin",
                subject=retailer_id,
                outcome="ok" if lenders else "no_consent",
                details={"lenders": str(len(lenders)), "reference": reference},
            )
        return len(lenders)

    def _held(self, signed: SignedRecord, retailer_id: str) -> HeldScore:
        content: dict[str, Any] = json.loads(signed.record)
        try:
            is_verified = self.verifier.open(signed).retailer_id == retailer_id
        except SignatureInvalid:
            is_verified = False
            _log.critical("a stored score's signature is invalid", extra={"retailer_id": retailer_id})
        return HeldScore(content, is_verified)
