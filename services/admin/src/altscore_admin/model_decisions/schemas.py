"""Bodies of decisions about models."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints

from altscore_admin.dependencies import TICKET_PATTERN
from altscore_admin.model_decisions.domain import DecisionOutcome
from altscore_admin.models.schemas import Approval, ModelName, approvals_out

Ticket = Annotated[
    str, StringConstraints(pattern=TICKET_PATTERN), Field(description="Number of a ticket that says why.")
]


class FreezeIn(StrictModel):
    """Why scoring stops; the second operator must state exactly the same."""

    model_name: ModelName
    reason: Literal["model_error", "data_error", "fairness", "fraud", "regulator", "drill"]
    ticket: Ticket


class UnfreezeIn(StrictModel):
    """Which freeze ends; its id is in the audit entry `scoring_frozen`."""

    model_name: ModelName
    freeze_id: Annotated[str, StringConstraints(pattern=r"^(dec|frz)_[A-Za-z0-9_.-]{1,150}$")]
    ticket: Ticket


class WithdrawIn(StrictModel):
    """Whose challenger ends."""

    model_name: ModelName
    ticket: Ticket


class DecisionOut(BaseModel):
    """`proposed` until a second operator states the same, then `decided`."""

    decision_id: str
    status: str
    kind: str
    model_name: str
    approvals: list[Approval]


def decision_out(outcome: DecisionOutcome) -> DecisionOut:
    """The response about a decision."""
    return DecisionOut(
        decision_id=outcome.decision_id,
        status=outcome.status,
        kind=outcome.statement.kind,
        model_name=outcome.statement.model_name,
        approvals=approvals_out(outcome.approvals),
    )
