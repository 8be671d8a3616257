"""Bodies of switches."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field

from altscore_admin.model_decisions.schemas import Ticket
from altscore_admin.switches.domain import Target


class SwitchIn(StrictModel):
    """Why, and the ticket that says more."""

    reason: Literal["breach", "data_error", "model_error", "regulator", "drill", "resolved"]
    ticket: Ticket


class SwitchOut(BaseModel):
    """A switch as its owner has it; `changed_at` and `reason` are null where it never was off."""

    target: Target
    is_off: bool
    changed_at: datetime | None = None
    reason: str | None = None


class SwitchStateOut(BaseModel):
    """A switch as far as its owner tells; `changed_at` and `reason` are null where it never was off."""

    target: Target
    is_off: bool | None = Field(description="Null: unknown, its owner does not answer.")
    changed_at: datetime | None = None
    reason: str | None = None


class SwitchesOut(BaseModel):
    """All switches."""

    items: list[SwitchStateOut]


def state_out(target: Target, state: Mapping[str, Any] | None) -> SwitchStateOut:
    """A switch as its owner has it; of an unknown one nothing but the name."""
    return SwitchStateOut(target=target, **(state if state is not None else {"is_off": None}))
