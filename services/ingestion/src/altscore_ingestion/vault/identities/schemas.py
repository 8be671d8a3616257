"""Bodies of the endpoints about retailers and ledgers."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints

from altscore_ingestion.vault.phones.schemas import DistributorId, Number, RetailerId

_NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"
Reference = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_NO_CONTROL)]
ShopName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class IdentityIn(StrictModel):
    """What a distributor says about one ledger."""

    retailer_ref: Reference
    gst: Number | None = None
    phone: Number | None = None
    shop_name: ShopName | None = None


class IdentitiesIn(StrictModel):
    """The distinct ledgers of a batch.

    `keeps_known`: what is said is older than what may be stored, so a known ledger stays as it is.
    """

    distributor_id: DistributorId
    identities: Annotated[tuple[IdentityIn, ...], Field(strict=False, min_length=1, max_length=1_000)]
    keeps_known: bool = False


class IdentityOut(BaseModel):
    """All that may leave the vault about a ledger."""

    retailer_ref: str
    subject_token: str
    sealed_identity: str
    gst_status: Literal["verified", "invalid", "absent"]


class IdentitiesOut(BaseModel):
    """In the order of the request; ledgers of erased retailers, and those on rows of others, are only named."""

    identities: list[IdentityOut]
    erased: list[str]
    not_intact: list[str] = Field(default_factory=list)


SubjectToken = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ErasedIn(StrictModel):
    """Tokens of ledgers that records of a batch belong to."""

    subject_tokens: Annotated[tuple[SubjectToken, ...], Field(strict=False, min_length=1, max_length=1_000)]


class ErasedOut(BaseModel):
    """Those of the tokens whose retailer was erased, in the order of the request."""

    erased: list[str]


class MapIn(StrictModel):
    """Retailers whose tokens are wanted: those with consent."""

    retailer_ids: Annotated[tuple[RetailerId, ...], Field(strict=False, max_length=5_000)]


class MappedOut(BaseModel):
    """A token, its retailer, and the state code of its verified GSTIN; null where there is none, or not known yet."""

    subject_token: str
    retailer_id: str
    gst_verified: bool
    gst_state: str | None


class MapOut(BaseModel):
    """Sorted by token; ids without ledgers (unknown ones, and losing ids, whose ledgers moved) are left out."""

    map: list[MappedOut]


class LookupIn(StrictModel):
    """A GSTIN."""

    gst: Number


class LookupOut(BaseModel):
    """The retailer with this GSTIN; null when unknown."""

    retailer_id: str | None
