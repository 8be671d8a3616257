"""Queries and bodies of the audit log."""

from typing import Annotated, Any, Self
from uuid import UUID

from altscore_libs.instants import format_instant
from altscore_libs.types import IsoInstant, RequestId
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

# What is looked for enters the audit: ids of known forms, and no room for a phone number (decision 100).
MAX_DIGITS_OF_ACTOR = 8


def has_few_digits(actor: str) -> str:
    """An actor's id as it came, without room for a phone number."""
    if sum(character.isdigit() for character in actor) > MAX_DIGITS_OF_ACTOR:
        raise ValueError("an actor is the id of an operator, a partner or a service")
    return actor


class AuditEventsOut(BaseModel):
    """A page of a chain as the audit service keeps it; `next` is the `after` of the following page."""

    events: list[dict[str, Any]]
    next: int | None


class AuditSearchIn(BaseModel):
    """What is looked for; a parameter of another name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    request_id: RequestId | None = None
    retailer_id: Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")] | None = None
    lender_id: Annotated[str, StringConstraints(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$")] | None = None
    actor: (
        Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.@-]{0,63}$"), AfterValidator(has_few_digits)] | None
    ) = Field(default=None, description="Operator, lender, distributor or service that acted.")
    action: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]{1,64}$")] | None = None
    since: IsoInstant | None = Field(default=None, description="Entries that occurred at this instant or later.")
    until: IsoInstant | None = Field(default=None, description="Entries that occurred before this instant.")
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}\.[0-9a-f-]{36}$")] | None = Field(
        default=None, description="`next` of the page before."
    )
    limit: int = Field(default=100, ge=1, le=500)

    def parameters(self) -> dict[str, str]:
        """What was given, as parameters of the audit service."""
        instants = {
            name: format_instant(value, "auto")
            for name, value in (("since", self.since), ("until", self.until))
            if value is not None
        }
        return {name: str(value) for name, value in self.model_dump(exclude_none=True).items()} | instants


class AuditSearchOut(BaseModel):
    """Entries as the audit service keeps them, newest first; `next` is the `cursor` of the following page.

    A page with fewer entries than asked for can have a next one; the end is where `next` is null.
    """

    events: list[dict[str, Any]]
    next: str | None


class AuditProofsIn(BaseModel):
    """Whose entries are proven: an event's, a request's, or those about a score, a grievance or a consent."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    event_id: UUID | None = None
    request_id: RequestId | None = None
    record_id: Annotated[str, StringConstraints(pattern=r"^(scr|grv|cns)_[0-9a-f]{32}$")] | None = Field(
        default=None, description="Of a score, a grievance or a consent; with its retailer."
    )
    retailer_id: Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if [self.event_id, self.request_id, self.record_id].count(None) != 2:
            raise ValueError("either event_id, request_id or record_id is expected")
        if (self.record_id is None) != (self.retailer_id is None):
            raise ValueError("retailer_id is expected with record_id")
        return self

    def parameters(self) -> dict[str, str]:
        """What was given, as parameters of the audit service."""
        return {name: str(value) for name, value in self.model_dump(exclude_none=True).items()}


class AuditProofsOut(BaseModel):
    """Proofs as the audit service makes them: entry, path in the Merkle tree, signed checkpoint.

    `unsigned` are entries that no checkpoint covers yet, for a minute at most.
    """

    proofs: list[dict[str, Any]]
    unsigned: list[dict[str, Any]]
