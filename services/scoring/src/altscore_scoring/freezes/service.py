"""Stops scoring while a freeze stands: runs are kept, nothing is computed, and lenders get what was scored before."""

import logging

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys, Signer
from prometheus_client import Gauge

from altscore_scoring.decisions import store as decisions
from altscore_scoring.decisions.domain import Decision, SignedDecision, verified, verify_decision
from altscore_scoring.digests import sha256_hex
from altscore_scoring.freezes import store
from altscore_scoring.freezes.domain import (
    BLOCK_CODE,
    BLOCK_REASON,
    MeasuredRun,
    automatic_freeze_id,
    automatic_record,
    is_breach,
)
from altscore_scoring.runs import store as runs
from altscore_scoring.scores.events import ACTOR
from altscore_scoring.scores.persistence import write_blocks
from altscore_scoring.scores.store import BlockRow

_log = logging.getLogger("altscore.scoring.freezes")
_frozen = Gauge("altscore_scoring_frozen", "1 while a freeze stands: nothing is scored.")


class FreezeService:
    """Knows whether scoring is frozen, and freezes it by itself.

    Args:
        pool: of the scoring database.
        outbox: for blocks and the audit.
        keys: public keys of promotions and of the engine.
        signer: key `score-seal`, for what the engine decides itself.
        clock: for decided_at and held_at.
    """

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, *, keys: PublicKeys, signer: Signer, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys
        self._signer = signer
        self._clock = clock

    async def hold(self) -> bool:
        """Whether nothing may be scored now; announces each run that a freeze holds back, once."""
        async with transaction(self._pool) as connection:
            measured = await store.newest_measured_run(connection)
            is_known = measured is None or await self._is_kept(connection, automatic_freeze_id(measured))
            freeze = await self._standing(connection)
        if measured is not None and is_breach(measured.psi) and not is_known:
            signed = await self._freeze(measured)
            async with transaction(self._pool) as connection:
                freeze = await self._standing(connection) or signed  # whatever row has taken its id
        _frozen.set(0 if freeze is None else 1)
        if freeze is None:
            return False
        await self._announce(freeze)
        return True

    async def _is_kept(self, connection: asyncpg.Connection, freeze_id: str) -> bool:
        return any(verified(await decisions.decisions_by_id(connection, freeze_id), self._keys))

    async def _standing(self, connection: asyncpg.Connection) -> Decision | None:
        """The freeze that stands: the newest whose signature holds, unless two persons ended that one."""
        rows = await decisions.decisions_of(connection, ["freeze"])
        freeze = next(iter(verified(rows, self._keys)), None)
        if freeze is None:
            return None
        unfreezes = await decisions.unfreezes_of(connection, freeze.decision_id)
        is_ended = any(
            decision.kind == "unfreeze" and decision.fields["freeze_id"] == freeze.decision_id
            for decision in verified(unfreezes, self._keys)
        )
        return None if is_ended else freeze

    async def _freeze(self, run: MeasuredRun) -> Decision:
        at, freeze_id = self._clock.now(), automatic_freeze_id(run)
        record = canonical_json(automatic_record(run, freeze_id=freeze_id, at=at))
        signature = await self._signer.sign(bytes.fromhex(sha256_hex(record)))
        signed = SignedDecision(
            decision_id=freeze_id,
            kind="freeze",
            model_name=run.model_name,
            record=record.decode(),
            signature_key_id=self._signer.key_id,
            signature=signature.hex(),
        )
        decision = verify_decision(signed, self._keys)
        async with transaction(self._pool) as connection:
            if not await decisions.add_decision(connection, signed, decision, at):
                return decision
            details = {name: str(value) for name, value in automatic_record(run, freeze_id=freeze_id, at=at).items()}
            await self._outbox.audit(
                connection,
                "scoring_frozen",
                actor=ACTOR,
                outcome="ok",
                subject=freeze_id,
                reason=decision.fields["reason"],
                details=details,
            )
        _log.error("scoring frozen", extra={"freeze_id": freeze_id, "run_id": run.run_id})
        return decision

    async def _announce(self, freeze: Decision) -> None:
        at = self._clock.now()
        async with transaction(self._pool) as connection:
            run = await runs.newest_gold_run(connection)
            if run is None or not await store.hold_run(connection, run.run_id, freeze_id=freeze.decision_id, at=at):
                return
            block = BlockRow(
                block_id=new_id("blk"),
                retailer_id=None,
                scope="run",
                reason=BLOCK_REASON,
                code=BLOCK_CODE,
                run_id=run.run_id,
                model_sha256=None,
                blocked_at=at,
                evidence_digest=None,
            )
            await write_blocks(connection, self._outbox, [block])
            if await store.is_scored(connection, run.run_id):
                return  # it was scored before the freeze; its scores are served with low confidence
            await self._outbox.audit(
                connection,
                "scoring_run",
                actor=ACTOR,
                outcome="blocked",
                subject=run.run_id,
                reason=BLOCK_REASON,
                details={"why": "scoring is frozen", "freeze_id": freeze.decision_id},
            )
        _log.warning("run held back", extra={"run_id": run.run_id, "freeze_id": freeze.decision_id})
