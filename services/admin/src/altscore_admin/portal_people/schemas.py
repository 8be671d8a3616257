"""Bodies of enrolment at the portal and of identity providers.

The portal checks addresses and phones itself and keeps them encrypted; a secret is never shown again.
"""

from typing import Annotated, Literal

from altscore_libs.types import IsoInstant, StrictModel, public_id
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from altscore_admin.partners.schemas import LenderId

PersonId = Annotated[str, public_id("per")]


class PersonIn(StrictModel):
    """An owner of a distributor; `lender_scope` and `purpose` say what the distributor's own invites may ask for."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=200)]
    phone: Annotated[str, StringConstraints(min_length=10, max_length=32)]
    language: Literal["hi", "en"] = "hi"
    lender_scope: Annotated[list[LenderId], Field(min_length=1, max_length=20)] | None = None
    purpose: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None


class EnrolledOut(BaseModel):
    """Who that person is; `created` is false when they were enrolled before."""

    person_id: str
    created: bool


class PeopleIn(BaseModel):
    """Which page; a parameter of another name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    cursor: PersonId | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class PersonOut(BaseModel):
    """A person, contacts masked."""

    person_id: str
    email: str
    phone: str | None
    language: str
    enrolled_at: IsoInstant
    suspended_at: IsoInstant | None


class PeopleOut(BaseModel):
    """A page by id; `next_cursor` is null at the end."""

    items: list[PersonOut]
    next_cursor: str | None


class SessionsEndedOut(BaseModel):
    """How many sessions ended."""

    sessions_ended: int


class PortalAccessOut(BaseModel):
    """Whether somebody may sign in, and how many sessions ended."""

    suspended: bool
    sessions_ended: int


class ProviderIn(StrictModel):
    """An OpenID Connect provider and our client there."""

    issuer: Annotated[str, StringConstraints(pattern=r"^https://[^\s?#]{1,300}$")]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    client_secret: Annotated[str, StringConstraints(min_length=16, max_length=400)]


class ProviderOut(BaseModel):
    """Where an organisation's people sign in: of OpenID Connect issuer and client, of SAML the rest; never a secret."""

    protocol: Literal["oidc", "saml"]
    issuer: str | None
    client_id: str | None
    entity_id: str | None
    sso_url: str | None
    certificates_sha256: list[str]
    email_attribute: str | None
    updated_at: IsoInstant
