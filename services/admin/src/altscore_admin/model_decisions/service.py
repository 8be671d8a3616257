"""Two persons decide about a model: one proposes, another states the same; only then is it signed and announced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import Signer

from altscore_admin.model_decisions import domain, events, store
from altscore_admin.model_decisions.domain import DecisionOutcome, DecisionStatement
from altscore_admin.models import domain as models
from altscore_admin.models import store as promotions
from altscore_admin.models.domain import Proposal
from altscore_admin.models.service import signed_approval
from altscore_admin.operators.domain import Operator


@dataclass(frozen=True)
class ModelDecisionService:
    """Names challengers, freezes scoring and ends freezes."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    signer: Signer

    async def decide(
        self, operator: Operator, statement: DecisionStatement, evaluation: Mapping[str, Any] | None = None
    ) -> DecisionOutcome:
        """Proposes a decision, or approves what another operator proposed.

        Args:
            operator: who states it.
            statement: the decision.
            evaluation: of a challenger; what no promotion could name is no challenger either.

        Raises:
            EvaluationBelowThreshold: the evaluation misses a threshold.
            SameOperator: the proposer again.
            PromotionConflict: something else is open.
        """
        try:
            if evaluation is not None:
                models.check_thresholds(evaluation)
            return await self._state(operator.operator_id, statement)
        except AltScoreError as error:
            async with transaction(self.pool) as connection:
                await self.outbox.audit(
                    connection,
                    "model_decision_proposed",
                    actor=operator.operator_id,
                    subject=statement.model_name,
                    outcome="refused",
                    reason=error.code,
                    details=statement.audit_details(),
                )
            raise

    async def _state(self, by: str, statement: DecisionStatement) -> DecisionOutcome:
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            await promotions.lock_model(connection, statement.model_name)
            decided = await store.newest(connection, statement.model_name, domain.FAMILIES[statement.kind])
            if decided is not None and decided.statement_digest == statement.digest:
                return DecisionOutcome(decided.decision_id, "decided", statement=statement, approvals=decided.approvals)
            proposal = await store.open_proposal(connection, statement.model_name, statement.kind)
            step = models.next_step(proposal, statement, by, now)
            if proposal is not None and step == "approve":
                return await self._approve(connection, proposal, statement, by=by, now=now)
            if proposal is not None:
                await store.close_proposal(
                    connection, proposal.promotion_id, "withdrawn" if proposal.proposed_by == by else "expired"
                )
            return await self._propose(connection, statement, by=by, now=now)

    async def _propose(
        self, connection: asyncpg.Connection, statement: DecisionStatement, *, by: str, now: datetime
    ) -> DecisionOutcome:
        decision_id = new_id("dec")
        await store.propose(connection, decision_id, statement, by=by, at=now)
        await self.outbox.audit(
            connection,
            "model_decision_proposed",
            actor=by,
            subject=decision_id,
            outcome="ok",
            details=statement.audit_details(),
        )
        return DecisionOutcome(decision_id, "proposed", statement=statement, approvals=[(by, now)])

    async def _approve(
        self,
        connection: asyncpg.Connection,
        proposal: Proposal,
        statement: DecisionStatement,
        *,
        by: str,
        now: datetime,
    ) -> DecisionOutcome:
        record = domain.decision_record(proposal, statement, approved_by=by, approved_at=now)
        approval = await signed_approval(self.signer, record, by=by, at=now)
        decision_id = proposal.promotion_id
        await store.approve(connection, decision_id, approval)
        await events.publish_decided(self.outbox, connection, decision_id, statement=statement, approval=approval)
        await self.outbox.audit(
            connection,
            "model_decided",
            actor=by,
            subject=decision_id,
            outcome="ok",
            details={**statement.audit_details(), "proposed_by": proposal.proposed_by},
        )
        approvals = [(proposal.proposed_by, proposal.proposed_at), (by, now)]
        return DecisionOutcome(decision_id, "decided", statement=statement, approvals=approvals)
