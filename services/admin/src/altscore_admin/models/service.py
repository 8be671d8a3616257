"""Two persons make a champion: one proposes, another states the same; only then is it signed and announced."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from altscore_admin.errors import NoEarlierModel
from altscore_admin.models import domain, events, store
from altscore_admin.models.domain import Outcome, Statement
from altscore_admin.operators.domain import Operator


@dataclass(frozen=True)
class _Promotion:
    """A promotion or a rollback, kept in `promotions`."""

    statement: Statement
    outbox: Outbox
    id_prefix: ClassVar[str] = "prm"
    proposed_action: ClassVar[str] = "model_promotion_proposed"
    decided_action: ClassVar[str] = "model_promoted"

    @property
    def digest(self) -> str:
        return self.statement.digest

    def audit_details(self) -> Mapping[str, str]:
        return self.statement.audit_details()

    def record(self, proposal: Proposal, *, approved_by: str, approved_at: datetime) -> bytes:
        return domain.promotion_record(proposal, self.statement, approved_by=approved_by, approved_at=approved_at)

    async def open_proposal(self, connection: asyncpg.Connection) -> Proposal | None:
        return await store.open_proposal(connection, self.statement.model_name, self.statement.kind)

    async def propose(self, connection: asyncpg.Connection, proposal: Proposal) -> None:
        await store.propose(connection, proposal, self.statement)

    async def close(
        self, connection: asyncpg.Connection, proposal_id: str, state: Literal["withdrawn", "expired"]
    ) -> None:
        await store.close_proposal(connection, proposal_id, state)

    async def decide(self, connection: asyncpg.Connection, proposal: Proposal, approval: Approval) -> None:
        await store.approve(connection, proposal.proposal_id, approval)
        await events.publish_promoted(self.outbox, connection, proposal.proposal_id, self.statement, approval)


@dataclass(frozen=True)
class PromotionService:
    """Promotes models and rolls them back."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PublicKeys
    four_eyes: FourEyes

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
        async with transaction(self.pool) as connection:
            await store.lock_model(connection, statement.model_name)
            history = domain.authentic(await store.history(connection, statement.model_name), self.keys)
            champion = next(iter(history), None)
            if champion is not None and champion.statement == statement:
                return Outcome(champion.promotion_id, "promoted", statement=statement, approvals=champion.approvals)
            promotion_id, is_decided, approvals = await self.four_eyes.state(
                connection, _Promotion(statement, self.outbox), by=operator.operator_id, now=self.clock.now()
            )
            status = "promoted" if is_decided else "proposed"
            return Outcome(promotion_id, status, statement=statement, approvals=approvals)

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
