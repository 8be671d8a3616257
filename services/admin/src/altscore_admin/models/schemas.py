"""Bodies of promotion and rollback."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from altscore_libs.canonical_json import canonical_json
from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from altscore_admin.models.domain import Outcome, Statement, plain_json

ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Evaluation(StrictModel):
    """The out-of-time report; whatever else it holds is signed with it. A figure that could not be computed is null."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, hide_input_in_errors=True)

    auroc: Any
    ks: Any
    air_min: Any

    @model_validator(mode="after")
    def check_it_can_be_signed(self) -> Self:
        """Integers beyond 2^53 have no canonical spelling: no signature over them could be verified.

        Raises:
            ValueError: there is such a number.
        """
        try:
            canonical_json(json.loads(canonical_json(plain_json(self.model_dump()))))
        except ValueError as error:
            raise ValueError("a number is beyond what can be signed") from error
        return self


class PromoteIn(StrictModel):
    """What an operator states about a model; the second must state exactly the same."""

    model_name: ModelName
    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    model_sha256: Sha256
    artifact_uri: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,16}:/{1,3}[!-~]{1,500}$")]
    evaluation: Evaluation
    taxonomy_digest: Sha256
    guardrail_digest: Sha256

    def statement(self) -> Statement:
        """The statement that this body makes."""
        return Statement(
            kind="promote",
            model_name=self.model_name,
            model_version=self.version,
            model_sha256=self.model_sha256,
            artifact_uri=self.artifact_uri,
            taxonomy_digest=self.taxonomy_digest,
            guardrail_digest=self.guardrail_digest,
            evaluation=canonical_json(plain_json(self.evaluation.model_dump())).decode(),
        )


class RollbackIn(StrictModel):
    """Which model returns to its earlier champion."""

    model_name: ModelName


class Approval(BaseModel):
    """Who made the statement, and when."""

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


def approvals_out(approvals: Sequence[tuple[str, datetime]]) -> list[Approval]:
    """Operators who made a statement, as responses name them."""
    return [Approval(operator_id=operator_id, at=at) for operator_id, at in approvals]


def promotion_out(outcome: Outcome) -> PromotionOut:
    """The response about a promotion."""
    return PromotionOut(
        promotion_id=outcome.promotion_id,
        status=outcome.status,
        kind=outcome.statement.kind,
        model_name=outcome.statement.model_name,
        version=outcome.statement.model_version,
        model_sha256=outcome.statement.model_sha256,
        approvals=approvals_out(outcome.approvals),
    )
