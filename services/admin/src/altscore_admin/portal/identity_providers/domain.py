"""What is kept of an organisation's identity provider, and what of it operators are shown. No I/O, no clock."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from altscore_admin.saml.certificates import fingerprints

Protocol = Literal["oidc", "saml"]


class Facts(NamedTuple):
    """A provider as operators see and approve it: everything but the secret, certificates by their digests."""

    protocol: Protocol
    issuer: str | None = None
    client_id: str | None = None
    entity_id: str | None = None
    sso_url: str | None = None
    certificates_sha256: tuple[str, ...] = ()
    email_attribute: str | None = None


class Stated(NamedTuple):
    """A provider as it is stated, in the order of the table's columns; the secret of a client is encrypted."""

    protocol: Protocol
    issuer: str | None = None
    client_id: str | None = None
    client_secret_ciphertext: bytes | None = None
    entity_id: str | None = None
    sso_url: str | None = None
    certificates_pem: str | None = None
    email_attribute: str | None = None


def facts_of(row: Mapping[str, Any]) -> Facts:
    """What operators are shown of a row."""
    certificates = row["certificates_pem"]
    return Facts(
        protocol=row["protocol"],
        issuer=row["issuer"],
        client_id=row["client_id"],
        entity_id=row["entity_id"],
        sso_url=row["sso_url"],
        certificates_sha256=() if certificates is None else fingerprints(certificates),
        email_attribute=row["email_attribute"],
    )
