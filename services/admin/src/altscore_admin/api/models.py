"""Promotion and rollback of models, by two operators."""

from datetime import datetime
from typing import Annotated, Any

from altscore_libs.openapi import error_responses
from altscore_libs.signer import canonical
from altscore_libs.types import IsoInstant, StrictModel
from altscore_libs.web import router as make_router
from fastapi import Depends
from pydantic import BaseModel, ConfigDict, StringConstraints

from altscore_admin import promotions
from altscore_admin.api.auth import REFUSALS, TheDesk, require
from altscore_admin.domain import Statement, plain_json
from altscore_admin.errors import GateMissed, NoEarlierModel, PromotionConflict, SameOperator
from altscore_admin.operators import Operator
from altscore_admin.promotions import Outcome
from altscore_admin.roles import Permission

router = make_router(prefix="/v1/admin/models", responses=error_responses(*REFUSALS))
ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Promoter = Annotated[Operator, Depends(require(Permission.PROMOTE))]


class Evaluation(StrictModel):
    """The out-of-time report; whatever else it holds is signed with it. A figure that could not be computed is null."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, hide_input_in_errors=True)

    auroc: Any
    ks: Any
    air_min: Any


class PromoteIn(StrictModel):
    """What an operator states about a model; the second must state exactly the same."""

    model_name: ModelName
    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    model_sha256: Sha256
    artifact_uri: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,16}:/{1,3}[!-~]{1,500}$")]
    evaluation: Evaluation
    taxonomy_digest: Sha256
    guardrail_digest: Sha256


class RollbackIn(StrictModel):
    """Which model returns to its earlier champion."""

    model_name: ModelName


class Approval(BaseModel):
    """Who stood behind it, and when."""

    operator_id: str
    at: IsoInstant


class PromotionOut(BaseModel):
    """`proposed` until a second operator states the same, then `promoted`."""

    promotion_id: str
    status: str
    kind: str
    model_name: str
    version: str
    model_sha256: str
    approvals: list[Approval]


def _out(outcome: Outcome) -> PromotionOut:
    def approval(operator_id: str, at: datetime) -> Approval:
        return Approval(operator_id=operator_id, at=at)

    return PromotionOut(
        promotion_id=outcome.promotion_id,
        status=outcome.status,
        kind=outcome.statement.kind,
        model_name=outcome.statement.model_name,
        version=outcome.statement.model_version,
        model_sha256=outcome.statement.model_sha256,
        approvals=[approval(*one) for one in outcome.approvals],
    )


@router.post("/promote", responses=error_responses(GateMissed, SameOperator, PromotionConflict))
async def post_promote(desk: TheDesk, operator: Promoter, body: PromoteIn) -> PromotionOut:
    """Proposes a model, or approves another operator's proposal by stating the same."""
    evaluation = body.evaluation.model_dump()
    statement = Statement(
        kind="promote",
        model_name=body.model_name,
        model_version=body.version,
        model_sha256=body.model_sha256,
        artifact_uri=body.artifact_uri,
        taxonomy_digest=body.taxonomy_digest,
        guardrail_digest=body.guardrail_digest,
        evaluation=canonical(plain_json(evaluation)).decode(),
    )
    return _out(await promotions.promote(desk, operator, statement, evaluation))


@router.post("/rollback", responses=error_responses(NoEarlierModel, SameOperator, PromotionConflict))
async def post_rollback(desk: TheDesk, operator: Promoter, body: RollbackIn) -> PromotionOut:
    """Proposes, or approves, the return to the champion before the present one."""
    return _out(await promotions.rollback(desk, operator, body.model_name))
