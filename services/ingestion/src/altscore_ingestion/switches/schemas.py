"""Bodies of the switch of ingestion."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints


class SwitchIn(StrictModel):
    """What an operator orders."""

    order_id: Annotated[
        str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
    ]
    by: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")]
    reason: Literal["breach", "data_error", "model_error", "regulator", "drill", "resolved"]
    is_off: Annotated[bool, Field(description="Nothing is accepted, or everything again.")]


class SwitchOut(BaseModel):
    """The switch as it stands; `changed_at` and `reason` are null where nothing was ever switched."""

    is_off: bool
    changed_at: datetime | None = None
    reason: str | None = None
