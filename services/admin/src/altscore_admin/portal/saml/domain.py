"""What binds a lender's SAML sign-in to that lender, its provider and the browser that began it. No I/O, no clock."""

import base64
import binascii
from dataclasses import dataclass
from typing import NamedTuple

from altscore_admin.portal.people.domain import Email, parse_email
from altscore_admin.saml.domain import Statement
from altscore_admin.saml.identity_provider import (
    NAME_ID_EMAIL,
    NAME_ID_PERSISTENT,
    ProviderSettings,
    ServiceProvider,
)

PREFIX = "/v1/lender/saml"
ROUTE = f"{PREFIX}/{{lender_id}}"
SIGNING_IN = "__Host-altscore_lender_signing_in"


@dataclass(frozen=True)
class SamlProvider:
    """A lender's identity provider, as it is configured.

    Args:
        draft_id: of the draft that was activated; another one is another provider, whatever it says.
        entity_id: its name.
        sso_url: where requests go.
        certificates_pem: that it signs with.
        email_attribute: whose value is an officer's address; None: the NameID is.
    """

    draft_id: str
    entity_id: str
    sso_url: str
    certificates_pem: str
    email_attribute: str | None


class Kept(NamedTuple):
    """What the browser keeps while the person is at the provider."""

    state: str
    next_path: str


def service_provider(origin: str, lender_id: str, *, is_address_in_attribute: bool = False) -> ServiceProvider:
    """Us as this lender's provider knows us; ACS and entity id are the lender's own.

    Our requests are not signed: they say nothing that their sender could not say as well.
    """
    name_id_format = NAME_ID_PERSISTENT if is_address_in_attribute else NAME_ID_EMAIL
    return ServiceProvider(origin=origin, prefix=f"{PREFIX}/{lender_id}", name_id_format=name_id_format)


def settings_of(
    origin: str,
    lender_id: str,
    *,
    entity_id: str,
    sso_url: str,
    certificates_pem: str,
    email_attribute: str | None,
) -> ProviderSettings:
    """A lender's provider and us, as the verifier takes them."""
    return ProviderSettings(
        entity_id=entity_id,
        sso_url=sso_url,
        certificates_pem=certificates_pem.encode(),
        service_provider=service_provider(origin, lender_id, is_address_in_attribute=email_attribute is not None),
    )


def context_of(lender_id: str, draft_id: str, next_path: str) -> str:
    """What an answer must be taken in: for the same lender, at the same provider, on the way to the same page."""
    return f" {lender_id} {draft_id} {next_path}"


def cookie_of(kept: Kept) -> str:
    """As the browser keeps it."""
    return f"{kept.state}.{base64.urlsafe_b64encode(kept.next_path.encode()).decode().rstrip('=')}"


def kept_of(cookie: str | None) -> Kept | None:
    """What a browser kept; None for a value of another form."""
    state, _, packed = (cookie or "").rpartition(".")
    try:
        return Kept(state, base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("ascii"))
    except (binascii.Error, ValueError):
        return None


def address_of(statement: Statement, email_attribute: str | None) -> Email | None:
    """The officer's address; None where it is missing, not the only value, or of no plain form."""
    if email_attribute is None:
        return parse_email(statement.name_id)
    values = [str(value) for value in statement.attributes.get(email_attribute, ())]
    return parse_email(values[0]) if len(values) == 1 else None
