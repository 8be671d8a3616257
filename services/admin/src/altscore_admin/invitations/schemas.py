"""Bodies of invitations."""

from decimal import Decimal
from typing import Annotated, Literal

from altscore_libs.types import StrictModel, public_id
from pydantic import BaseModel, Field, StringConstraints, model_validator

from altscore_admin.partners.schemas import LenderId

RetailerId = Annotated[str, public_id("ret", 16)]


class LanguageShare(StrictModel):
    """Parts of the retailers that are written to in each language; they add up to 1."""

    hi: Annotated[Decimal | int, Field(ge=0, le=1)]
    en: Annotated[Decimal | int, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _adds_up(self) -> "LanguageShare":
        if Decimal(self.hi) + Decimal(self.en) != 1:
            raise ValueError("the parts add up to 1")
        return self


class InvitesIn(StrictModel):
    """Whom to ask for what: all retailers of the distributor, or those named."""

    lender_scope: Annotated[list[LenderId], Field(min_length=1, max_length=20)]
    purpose: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    language: Literal["hi", "en"] | None = None
    language_share: LanguageShare | None = None
    retailer_ids: Annotated[list[RetailerId], Field(min_length=1, max_length=5_000)] | None = None

    @model_validator(mode="after")
    def _names_the_language_once(self) -> "InvitesIn":
        if self.language is not None and self.language_share is not None:
            raise ValueError("name a language or the shares, not both")
        return self

    def hindi_share(self) -> Decimal:
        """Part of the retailers that is written to in Hindi; all of them unless the body asks otherwise."""
        if self.language_share is not None:
            return Decimal(self.language_share.hi)
        return Decimal(0) if self.language == "en" else Decimal(1)


class InvitesOut(BaseModel):
    """How many of each outcome.

    `unreachable`: no confirmed phone in this distributor's ledger; `refused`: by consent; `unknown`: named, and not a
    retailer of this distributor.
    """

    invited: int
    already_open: int
    unreachable: int
    refused: int
    unknown: int
