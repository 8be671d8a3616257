"""Bodies about lenders' officers and identity providers; the portal keeps both, a secret is never shown again."""

from typing import Annotated, Literal

from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, StringConstraints


class OfficerIn(StrictModel):
    """An officer of a lender; the lender's identity provider must vouch for this address."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=200)]
    language: Literal["hi", "en"] = "en"


class ProviderIn(StrictModel):
    """An OpenID Connect provider and our client there."""

    issuer: Annotated[str, StringConstraints(pattern=r"^https://[^\s?#]{1,300}$")]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    client_secret: Annotated[str, StringConstraints(min_length=16, max_length=400)]


class ProviderOut(BaseModel):
    """Where a lender's people sign in: of OpenID Connect issuer and client without the secret, of SAML the rest."""

    protocol: Literal["oidc", "saml"]
    issuer: str | None
    client_id: str | None
    entity_id: str | None
    sso_url: str | None
    certificates_sha256: list[str]
    email_attribute: str | None
    updated_at: IsoInstant
