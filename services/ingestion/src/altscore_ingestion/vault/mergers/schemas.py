"""Bodies of the endpoints that merge and part retailers."""

from typing import Annotated

from altscore_libs.types import StrictModel
from pydantic import BaseModel, StringConstraints

from altscore_ingestion.vault.phones.schemas import RetailerId

Ticket = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,10}-[0-9]{1,8}$")]


class MergeIn(StrictModel):
    """The id that stays, and the ticket of the decision."""

    into: RetailerId
    ticket: Ticket


class UnmergeIn(StrictModel):
    """The ticket of the decision."""

    ticket: Ticket


class MergerOut(BaseModel):
    """The id that was merged or parted, what it is an alias of now, and how many ledgers moved."""

    retailer_id: str
    alias_of: str | None
    ledgers: int
