"""What an identity provider says of a person, as sessions take it. No I/O, no clock."""

from datetime import datetime
from typing import Literal, NamedTuple

from altscore_admin.portal.people.domain import Email
from altscore_admin.portal.sessions.domain import Kind, SignIn

Reason = Literal["nobody_enrolled", "another_provider", "another_subject", "suspended"]


class NotVouched(Exception):
    """A provider's word opens no session; the reason is for the audit alone."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Vouched(NamedTuple):
    """Whom a provider vouches for.

    Attributes:
        kind: of which people.
        organisation_id: whose provider it is; None for the one that distributors without one of their own share.
        issuer: the provider's name.
        subject: the person's name there.
        email: their address.
        sign_in: by which protocol.
        ends_at: when the provider ends the session, if it says so.
    """

    kind: Kind
    organisation_id: str | None
    issuer: str
    subject: str
    email: Email
    sign_in: SignIn
    ends_at: datetime | None = None
