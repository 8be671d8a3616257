"""Who may be enrolled, and what of a person is ever shown. No I/O, no clock."""

import re
from dataclasses import dataclass
from datetime import datetime

from altscore_libs.identifiers import Phone
from pydantic import Secret

from altscore_admin.portal.sessions.domain import Kind

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}")
LONGEST_EMAIL = 200


class Email(Secret[str]):
    """An e-mail address in lower case; only `get_secret_value()` shows it."""


def parse_email(text: str) -> Email | None:
    """The address in its normal form, or None when it has not the plain form of one (no quotes, no line breaks)."""
    if len(text) > LONGEST_EMAIL or not _EMAIL.fullmatch(text):
        return None
    return Email(text.lower())


def masked_email(email: Email) -> str:
    """The first character and the domain."""
    local, _, domain = email.get_secret_value().partition("@")
    return f"{local[0]}***@{domain}"


def masked_phone(phone: Phone) -> str:
    """The last four digits."""
    return f"******{phone.get_secret_value()[-4:]}"


def email_context(person_id: str) -> str:
    """What the ciphertext of an address is bound to."""
    return f"email {person_id}"


def phone_context(person_id: str) -> str:
    """What the ciphertext of a phone is bound to."""
    return f"phone {person_id}"


@dataclass(frozen=True)
class Organisation:
    """A distributor or a lender whose people may sign in.

    Args:
        kind: which of both.
        organisation_id: of the distributor or lender.
        name: shown to its people.
        lender_scope: lenders that a distributor's own invites may name; None leaves it as it is.
        purpose: of the consents that its invites ask for; None leaves it as it is.
    """

    kind: Kind
    organisation_id: str
    name: str
    lender_scope: tuple[str, ...] | None = None
    purpose: str | None = None


@dataclass(frozen=True)
class Enrolment:
    """A person who shall be able to sign in.

    Args:
        organisation: whose person it is.
        email: where the first code goes, or what the identity provider must have verified.
        phone: where the second code goes; None for people who sign in at an identity provider alone.
        language: of messages and pages, hi or en.
    """

    organisation: Organisation
    email: Email
    phone: Phone | None
    language: str


@dataclass(frozen=True)
class EnrolledPerson:
    """A person as operators see them."""

    person_id: str
    email: str
    phone: str | None
    language: str
    enrolled_at: datetime
    suspended_at: datetime | None
