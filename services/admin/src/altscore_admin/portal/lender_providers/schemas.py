"""Bodies about a lender's identity provider; a secret comes in and never goes out."""

from typing import Annotated

from altscore_libs.types import IsoInstant, StrictModel, public_id
from pydantic import BaseModel, StringConstraints

from altscore_admin.portal.people.schemas import Name


class ProviderIn(StrictModel):
    """A lender's identity provider."""

    organisation_name: Name
    issuer: Annotated[str, StringConstraints(pattern=r"^https://[^\s?#]{1,300}$")]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    client_secret: Annotated[str, StringConstraints(min_length=16, max_length=400)]


class ProviderOut(BaseModel):
    """The provider as it is kept; its secret is not shown."""

    issuer: str
    client_id: str
    updated_at: IsoInstant


class DraftOut(BaseModel):
    """A provider that signs nobody in until it is activated; its secret is not shown."""

    draft_id: str
    issuer: str
    client_id: str


class ActivateIn(StrictModel):
    """The draft, and what two operators were shown of it."""

    draft_id: Annotated[str, public_id("idp")]
    issuer: Annotated[str, StringConstraints(max_length=310)]
    client_id: Annotated[str, StringConstraints(max_length=200)]
