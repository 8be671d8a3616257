"""One function per consumed event: the projection that serving reads."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.consumer import Handler, PoisonEvent, Received, RefusedEvent
from altscore_libs.decoding import OUT_OF_BOUNDS
from altscore_libs.rls import ContextSigner

from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.erasures.store import is_erased
from altscore_score.scores import store
from altscore_score.scores.domain import MAX_VERSION_STEP, ConsentKey, ScoreRecord, SignatureInvalid, SignedRecord
from altscore_score.scores.reader import SignatureVerifier

TOPICS = ("altscore.scores", "altscore.consent")
ONLY_TAKING_AWAY = ("score.blocked", "consent.revoked", "consent.expired")
"""Later grants have higher versions and later scores are newer, so what is applied after these undoes none of them."""


class Projection:
    """Applies scores and consents to the serving store; of an erased retailer, ends of consents alone.

    Args:
        signer: of row-level-security contexts; only the projector may write.
        verifier: verifies every score before it may be served.
        audit: for the entry of a refused signature, which must outlive the rolled-back transaction.
    """

    def __init__(self, signer: ContextSigner, verifier: SignatureVerifier, audit: AuditWriter) -> None:
        self._signer = signer
        self._verifier = verifier
        self._audit = audit

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {
            "score.computed": self.score_computed,
            "score.blocked": self.score_blocked,
            "consent.granted": self.consent_granted,
            "consent.revoked": self.consent_ended,
            "consent.expired": self.consent_ended,
        }

    async def score_computed(self, connection: asyncpg.Connection, event: Received) -> None:
        """Projects a signed score.

        Raises:
            PoisonEvent: the signature is invalid; audited.
        """
        data = event.data
        signed = SignedRecord(data["sealed_record"], data["seal_key_id"], data["seal"])
        try:
            record = self._opened(signed, data)
        except SignatureInvalid as error:
            details = {"score_id": data["score_id"], "key_id": data["seal_key_id"], "error": str(error)}
            entry = AuditEntry(
                action="seal_refused",
                actor="score",
                outcome="refused",
                subject=data["retailer_id"],
                reason="SEAL_BROKEN",
                details=details,
            )
            await self._audit.write(entry)
            raise PoisonEvent("the seal is broken") from error
        await self._signer.enter(connection, store.PROJECTOR)
        if await is_erased(connection, record.retailer_id):
            return
        await store.add_score(connection, record, signed)
        await store.mark_stale(connection, record.retailer_id)

    def _opened(self, signed: SignedRecord, data: Mapping[str, str]) -> ScoreRecord:
        record = self._verifier.open(signed)
        if record.score_id != data["score_id"] or record.retailer_id != data["retailer_id"]:
            raise SignatureInvalid("the record is of another score")
        if record.run_id is not None and record.run_id != data["run_id"]:
            raise SignatureInvalid("the record is of another run")
        return record

    async def score_blocked(self, connection: asyncpg.Connection, event: Received) -> None:
        """Projects a block of a retailer, or of a whole run."""
        data = event.data
        if data["scope"] not in ("retailer", "run"):
            raise PoisonEvent("unknown scope")
        retailer_id = data["retailer_id"]
        if retailer_id is None:
            if data["scope"] != "run":
                raise PoisonEvent("a block of a retailer names none")
            await store.add_run_block(
                connection, data["block_id"], reason=data["reason"], code=data["code"], at=data["blocked_at"]
            )
            return
        await self._signer.enter(connection, store.PROJECTOR)
        if await is_erased(connection, retailer_id):
            return
        await store.add_block(
            connection,
            data["block_id"],
            retailer_id=retailer_id,
            scope=data["scope"],
            reason=data["reason"],
            code=data["code"],
            at=data["blocked_at"],
        )
        await store.mark_stale(connection, retailer_id)

    async def consent_granted(self, connection: asyncpg.Connection, event: Received) -> None:
        """Projects a grant for each lender named."""
        data = event.data
        await self._signer.enter(connection, store.PROJECTOR)
        if await is_erased(connection, data["retailer_id"]):
            return
        await _refuse_version_out_of_reach(connection, event)
        for lender_id in sorted(data["lender_scope"]):  # one order for all, so that two events never deadlock
            await store.grant(
                connection,
                ConsentKey(data["retailer_id"], lender_id, data["purpose"]),
                consent_id=data["consent_id"],
                version=data["version"],
                expires_at=data["expires_at"],
            )

    async def consent_ended(self, connection: asyncpg.Connection, event: Received) -> None:
        """Projects the end of a grant for each lender named, and has the retailer's cached scores dropped."""
        data = event.data
        await self._signer.enter(connection, store.PROJECTOR)
        await _refuse_version_out_of_reach(connection, event)
        for lender_id in sorted(data["lender_scope"]):
            await store.end_grant(
                connection,
                ConsentKey(data["retailer_id"], lender_id, data["purpose"]),
                consent_id=data["consent_id"],
                version=data["version"],
                at=event.occurred_at,
            )
        await store.mark_stale(connection, data["retailer_id"])


async def _refuse_version_out_of_reach(connection: asyncpg.Connection, event: Received) -> None:
    """An absurd version would outlast every true one, and so end a consent for good, or keep it for good.

    Raises:
        RefusedEvent: no retailer can have answered so often since.
    """
    data = event.data
    if data["version"] > await store.newest_version(connection, data["retailer_id"]) + MAX_VERSION_STEP:
        raise RefusedEvent(OUT_OF_BOUNDS, "version")
