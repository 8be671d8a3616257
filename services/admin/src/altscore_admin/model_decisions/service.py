"""Two persons decide about a model: one proposes, another states the same; only then is it signed and announced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys

from altscore_admin.approvals.domain import Approval, Proposal
from altscore_admin.approvals.four_eyes import FourEyes
from altscore_admin.model_decisions import domain, events, store
from altscore_admin.model_decisions.domain import DecisionOutcome, DecisionStatement
from altscore_admin.models import domain as models
from altscore_admin.models import store as promotions
from altscore_admin.operators.domain import Operator


@dataclass(frozen=True)
class _ModelDecision:
    """A decision about a model, kept in `model_decisions`."""

    statement: DecisionStatement
    outbox: Outbox
    id_prefix: ClassVar[str] = "dec"
    proposed_action: ClassVar[str] = "model_decision_proposed"
    decided_action: ClassVar[str] = "model_decided"

    @property
    def digest(self) -> str:
        return self.statement.digest

    def audit_details(self) -> Mapping[str, str]:
        return self.statement.audit_details()

    def record(self, proposal: Proposal, *, approved_by: str, approved_at: datetime) -> bytes:
        return domain.decision_record(proposal, self.statement, approved_by=approved_by, approved_at=approved_at)

    async def open_proposal(self, connection: asyncpg.Connection) -> Proposal | None:
        return await store.open_proposal(connection, self.statement.model_name, self.statement.kind)

    async def propose(self, connection: asyncpg.Connection, proposal: Proposal) -> None:
        await store.propose(connection, proposal, self.statement)

    async def close(
        self, connection: asyncpg.Connection, proposal_id: str, state: Literal["withdrawn", "expired"]
    ) -> None:
        await store.close_proposal(connection, proposal_id, state)

    async def decide(self, connection: asyncpg.Connection, proposal: Proposal, approval: Approval) -> None:
        decision_id = proposal.proposal_id
        await store.approve(connection, decision_id, approval)
        await events.publish_decided(self.outbox, connection, decision_id, statement=self.statement, approval=approval)


@dataclass(frozen=True)
class ModelDecisionService:
    """Names challengers, freezes scoring and ends freezes."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PublicKeys
    four_eyes: FourEyes

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
        async with transaction(self.pool) as connection:
            await promotions.lock_model(connection, statement.model_name)
            rows = await store.decided(connection, statement.model_name, domain.FAMILIES[statement.kind])
            decided = domain.newest_decision(rows, self.keys)
            if decided is not None and decided.statement_digest == statement.digest:
                return DecisionOutcome(decided.decision_id, "decided", statement=statement, approvals=decided.approvals)
            decision_id, is_decided, approvals = await self.four_eyes.state(
                connection, _ModelDecision(statement, self.outbox), by=by, now=self.clock.now()
            )
            status = "decided" if is_decided else "proposed"
            return DecisionOutcome(decision_id, status, statement=statement, approvals=approvals)
