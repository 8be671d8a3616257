"""Promotion and rollback of models, by two operators."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import EvaluationBelowThreshold, NoEarlierModel, PromotionConflict, SameOperator
from altscore_admin.models.schemas import PromoteIn, PromotionOut, RollbackIn, promotion_out
from altscore_admin.operators.domain import Operator, Permission

router = make_router(prefix="/v1/admin/models", responses=error_responses(*SIGN_IN_ERRORS))
Promoter = Annotated[Operator, Depends(require(Permission.PROMOTE, is_sensitive=True))]


@router.post("/promote", responses=error_responses(EvaluationBelowThreshold, SameOperator, PromotionConflict))
async def post_promote(services: ServicesDependency, operator: Promoter, body: PromoteIn) -> PromotionOut:
    """Proposes a model, or approves another operator's proposal by stating the same."""
    outcome = await services.models.promote(operator, body.statement(), body.evaluation.model_dump())
    return promotion_out(outcome)


@router.post("/rollback", responses=error_responses(NoEarlierModel, SameOperator, PromotionConflict))
async def post_rollback(services: ServicesDependency, operator: Promoter, body: RollbackIn) -> PromotionOut:
    """Proposes, or approves, the return to the champion before the present one."""
    return promotion_out(await services.models.rollback(operator, body.model_name))
