"""Bodies about an organisation's identity provider; a secret comes in and never goes out."""

from typing import Annotated

from altscore_libs.types import IsoInstant, StrictModel, public_id
from pydantic import BaseModel, Field, StringConstraints

from altscore_admin.portal.identity_providers.domain import Facts, Protocol
from altscore_admin.portal.people.schemas import Name
from altscore_admin.saml.certificates import MAX_CERTIFICATES
from altscore_admin.saml.schemas import SamlProviderIn

Text = Annotated[str, StringConstraints(max_length=310)]


class ProviderIn(StrictModel):
    """An OpenID Connect provider of an organisation."""

    organisation_name: Name
    issuer: Annotated[str, StringConstraints(pattern=r"^https://[^\s?#]{1,300}$")]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    client_secret: Annotated[str, StringConstraints(min_length=16, max_length=400)]


class SamlDraftIn(SamlProviderIn):
    """A lender's SAML provider."""

    organisation_name: Name


class FactsOut(BaseModel):
    """What operators are shown: of OpenID Connect issuer and client, of SAML the rest."""

    protocol: Protocol
    issuer: str | None
    client_id: str | None
    entity_id: str | None
    sso_url: str | None
    certificates_sha256: tuple[str, ...]
    email_attribute: str | None


class ProviderOut(FactsOut):
    """The provider as it is kept; its secret is not shown."""

    updated_at: IsoInstant


class DraftOut(FactsOut):
    """A provider that signs nobody in until it is activated; its secret is not shown."""

    draft_id: str


class ActivateIn(StrictModel):
    """The draft, and what two operators were shown of it."""

    draft_id: Annotated[str, public_id("idp")]
    protocol: Protocol = "oidc"
    issuer: Text | None = None
    client_id: Text | None = None
    entity_id: Text | None = None
    sso_url: Text | None = None
    certificates_sha256: list[Text] = Field(default_factory=list, max_length=MAX_CERTIFICATES)
    email_attribute: Text | None = None

    def facts(self) -> Facts:
        """What two operators agreed to."""
        stated = self.model_dump(exclude={"draft_id", "certificates_sha256"})
        return Facts(**stated, certificates_sha256=tuple(self.certificates_sha256))
