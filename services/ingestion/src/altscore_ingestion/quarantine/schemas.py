"""Bodies of the endpoint about quarantined records."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

BatchId = Annotated[str, Path(pattern=r"^bat_[0-9a-f]{32}$")]


class RemainingOut(BaseModel):
    """Records that stay in quarantine by one rule; values are never told."""

    table: str
    field: str
    rule: str
    records: int


class ReprocessedOut(BaseModel):
    """What became of the quarantined records of a batch.

    `batch_id`: the batch that brought records to Bronze now, null when none passed. `outdated`: of the accepted, those
    that a later statement had overtaken; they are history and not live. `duplicate`: Bronze held their content already.
    """

    batch_id: str | None
    accepted: int
    outdated: int
    duplicate: int
    remaining: list[RemainingOut]
