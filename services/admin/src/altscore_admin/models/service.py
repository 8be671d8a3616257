"""Two persons make a champion: one proposes, another states the same; only then is it signed and announced."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys, Signer

from altscore_admin.errors import NoEarlierModel
from altscore_admin.models import domain, events, store
from altscore_admin.models.domain import Outcome, Proposal, Statement
from altscore_admin.models.store import Approval
from altscore_admin.operators.domain import Operator


async def signed_approval(signer: Signer, record: bytes, *, by: str, at: datetime) -> Approval:
    """The second operator's approval, signed over the record of both."""
    signature = await signer.sign(hashlib.sha256(record).digest())
    return Approval(by=by, at=at, record=record.decode(), key_id=signer.key_id, signature=signature.hex())


@dataclass(frozen=True)
class PromotionService:
    """Promotes models and rolls them back."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    signer: Signer
    keys: PublicKeys

    async def promote(self, operator: Operator, statement: Statement, evaluation: Mapping[str, Any]) -> Outcome:
        """Proposes a model, or approves what another operator proposed.

        Raises:
            EvaluationBelowThreshold: the evaluation misses a threshold.
            SameOperator: the proposer again.
            PromotionConflict: something else is open.
        """
        try:
            domain.check_thresholds(evaluation)
            return await self._state(operator, statement)
        except AltScoreError as error:
            await self._audit_refusal(operator, statement, error)
            raise

    async def rollback(self, operator: Operator, model_name: str) -> Outcome:
        """Proposes, or approves, the return to the champion before the present one, which passed in its time.

        Rows of the history whose signature does not hold are passed over: nobody promoted them.

        Raises:
            NoEarlierModel: there is none.
            SameOperator: the proposer again.
        """
        async with transaction(self.pool) as connection:
            history = await store.history(connection, model_name)
        earlier = domain.rollback_target(domain.authentic(history, self.keys))
        if earlier is None:
            raise NoEarlierModel("no earlier model to return to")
        statement = replace(earlier, kind="rollback")
        try:
            return await self._state(operator, statement)
        except AltScoreError as error:
            await self._audit_refusal(operator, statement, error)
            raise

    async def _state(self, operator: Operator, statement: Statement) -> Outcome:
        by, now = operator.operator_id, self.clock.now()
        async with transaction(self.pool) as connection:
            await store.lock_model(connection, statement.model_name)
            champion = await store.champion(connection, statement.model_name)
            if champion is not None and champion.statement_digest == statement.digest:
                return Outcome(champion.promotion_id, "promoted", statement=statement, approvals=champion.approvals)
            proposal = await store.open_proposal(connection, statement.model_name, statement.kind)
            step = domain.next_step(proposal, statement, by, now)
            if proposal is not None and step == "approve":
                return await self._approve(connection, proposal, statement, by=by, now=now)
            if proposal is not None:
                await store.close_proposal(
                    connection, proposal.promotion_id, "withdrawn" if proposal.proposed_by == by else "expired"
                )
            return await self._propose(connection, statement, by=by, now=now)

    async def _propose(
        self, connection: asyncpg.Connection, statement: Statement, *, by: str, now: datetime
    ) -> Outcome:
        promotion_id = new_id("prm")
        await store.propose(connection, promotion_id, statement, by=by, at=now)
        await self.outbox.audit(
            connection,
            "model_promotion_proposed",
            actor=by,
            subject=promotion_id,
            outcome="ok",
            details=statement.audit_details(),
        )
        return Outcome(promotion_id, "proposed", statement=statement, approvals=[(by, now)])

    async def _approve(
        self, connection: asyncpg.Connection, proposal: Proposal, statement: Statement, *, by: str, now: datetime
    ) -> Outcome:
        record = domain.promotion_record(proposal, statement, approved_by=by, approved_at=now)
        approval = await signed_approval(self.signer, record, by=by, at=now)
        await store.approve(connection, proposal.promotion_id, approval)
        await events.publish_promoted(self.outbox, connection, proposal.promotion_id, statement, approval)
        await self.outbox.audit(
            connection,
            "model_promoted",
            actor=by,
            subject=proposal.promotion_id,
            outcome="ok",
            details={**statement.audit_details(), "proposed_by": proposal.proposed_by},
        )
        approvals = [(proposal.proposed_by, proposal.proposed_at), (by, now)]
        return Outcome(proposal.promotion_id, "promoted", statement=statement, approvals=approvals)

    async def _audit_refusal(self, operator: Operator, statement: Statement, error: AltScoreError) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "model_promotion_proposed",
                actor=operator.operator_id,
                subject=statement.model_name,
                outcome="refused",
                reason=error.code,
                details=statement.audit_details(),
            )
