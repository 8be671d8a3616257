"""What is stated of an identity provider that speaks SAML."""

from typing import Annotated

from altscore_libs.types import StrictModel
from pydantic import AfterValidator, Field, StringConstraints

from altscore_admin.saml.certificates import normal_form

# An entity id is a name and never called; no character of either ends an attribute of our request's XML.
EntityId = Annotated[str, StringConstraints(pattern=r"^(https?://|urn:)[^\s<>\"'&]{1,300}$")]
SsoUrl = Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9._~:/?=%+,;@!$*()\[\]-]{1,300}$")]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/-]{1,200}$")]
CertificatesPem = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(normal_form)]


class SamlProviderIn(StrictModel):
    """A SAML 2.0 identity provider, as its metadata state it."""

    entity_id: EntityId
    sso_url: SsoUrl = Field(description="SingleSignOnService, binding HTTP-Redirect.")
    certificates_pem: CertificatesPem = Field(description="What it signs assertions with; two during a change.")
    email_attribute: AttributeName | None = Field(
        default=None,
        description="Attribute that holds an officer's address; without it the NameID is the address.",
    )
