"""Bodies of enrolment; contacts come in, and never go out."""

from typing import Annotated, Literal

from altscore_libs.identifiers import parse_phone
from altscore_libs.types import IsoInstant, StrictModel, public_id
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from altscore_admin.portal.people.domain import Email, EnrolledPerson, Enrolment, Organisation, parse_email

OrganisationId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
PersonId = Annotated[str, public_id("per")]
PersonKind = Literal["distributor", "lender"]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f{}]{1,120}$")]


def _is_email(text: str) -> str:
    if parse_email(text) is None:
        raise ValueError("is not an e-mail address in its plain form")
    return text


def _is_phone(text: str) -> str:
    if parse_phone(text) is None:
        raise ValueError("is not an Indian mobile number")
    return text


EmailText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_is_email)]
PhoneText = Annotated[str, StringConstraints(max_length=32), AfterValidator(_is_phone)]


class EnrolIn(StrictModel):
    """A person of an organisation; without a phone they can sign in at an identity provider alone."""

    kind: PersonKind
    organisation_id: OrganisationId
    organisation_name: Name
    email: EmailText
    phone: PhoneText | None = None
    language: Literal["hi", "en"] = "hi"
    lender_scope: Annotated[list[OrganisationId], Field(min_length=1, max_length=20)] | None = None
    purpose: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None

    def enrolment(self) -> Enrolment:
        """As the use case takes it."""
        email, phone = parse_email(self.email), parse_phone(self.phone)
        return Enrolment(
            organisation=Organisation(
                kind=self.kind,
                organisation_id=self.organisation_id,
                name=self.organisation_name,
                lender_scope=None if self.lender_scope is None else tuple(dict.fromkeys(self.lender_scope)),
                purpose=self.purpose,
            ),
            email=email or Email(""),  # its form was checked above
            phone=phone,
            language=self.language,
        )


class EnrolOut(BaseModel):
    """Who that person is; `created` is false when they were enrolled before."""

    person_id: str
    created: bool


class PersonOut(BaseModel):
    """A person, contacts masked."""

    person_id: str
    email: str
    phone: str | None
    language: str
    enrolled_at: IsoInstant
    suspended_at: IsoInstant | None

    @classmethod
    def of(cls, person: EnrolledPerson) -> "PersonOut":
        """As it is answered."""
        return cls(**vars(person))


class PeopleOut(BaseModel):
    """A page by id; `next_cursor` is null at the end."""

    items: list[PersonOut]
    next_cursor: str | None


class AccessOut(BaseModel):
    """Whether somebody may sign in; how many sessions that ended."""

    suspended: bool
    sessions_ended: int


class EndedOut(BaseModel):
    """How many sessions ended."""

    sessions_ended: int
