"""Challengers, freezes of scoring and their ends, by two operators."""

import json
from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import EvaluationBelowThreshold, PromotionConflict, SameOperator
from altscore_admin.model_decisions.domain import statement_of
from altscore_admin.model_decisions.schemas import DecisionOut, FreezeIn, UnfreezeIn, WithdrawIn, decision_out
from altscore_admin.models.schemas import PromoteIn
from altscore_admin.operators.domain import Operator, Permission

router = make_router(prefix="/v1/admin/models", responses=error_responses(*SIGN_IN_ERRORS))
Decider = Annotated[Operator, Depends(require(Permission.PROMOTE, is_sensitive=True))]
_CONFLICTS = error_responses(SameOperator, PromotionConflict)


@router.post("/challenger", responses=error_responses(EvaluationBelowThreshold, SameOperator, PromotionConflict))
async def post_challenger(services: ServicesDependency, operator: Decider, body: PromoteIn) -> DecisionOut:
    """Proposes, or approves, a model that scores every run beside the champion and is served to nobody."""
    model = body.statement()
    fields = {name: value for name, value in model.identification.items() if name != "model_name"}
    statement = statement_of("challenger", model.model_name, {**fields, "evaluation": json.loads(model.evaluation)})
    outcome = await services.model_decisions.decide(operator, statement, body.evaluation.model_dump())
    return decision_out(outcome)


@router.post("/challenger/withdraw", responses=_CONFLICTS)
async def post_withdraw(services: ServicesDependency, operator: Decider, body: WithdrawIn) -> DecisionOut:
    """Proposes, or approves, that no challenger scores any more."""
    statement = statement_of("challenger_withdrawn", body.model_name, {"ticket": body.ticket})
    return decision_out(await services.model_decisions.decide(operator, statement))


@router.post("/freeze", responses=_CONFLICTS)
async def post_freeze(services: ServicesDependency, operator: Decider, body: FreezeIn) -> DecisionOut:
    """Proposes, or approves, that nothing is scored; lenders get the scores of before, with low confidence."""
    statement = statement_of("freeze", body.model_name, {"reason": body.reason, "ticket": body.ticket})
    return decision_out(await services.model_decisions.decide(operator, statement))


@router.post("/unfreeze", responses=_CONFLICTS)
async def post_unfreeze(services: ServicesDependency, operator: Decider, body: UnfreezeIn) -> DecisionOut:
    """Proposes, or approves, the end of a freeze, whoever began it."""
    statement = statement_of("unfreeze", body.model_name, {"freeze_id": body.freeze_id, "ticket": body.ticket})
    return decision_out(await services.model_decisions.decide(operator, statement))
