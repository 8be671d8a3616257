"""Query and body of the search."""

from typing import Annotated

from altscore_libs.types import IsoInstant, RequestId
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from altscore_audit.chain.schemas import EntryOut
from altscore_audit.search.domain import Criteria, Place, parse_cursor

_CURSOR = r"^[0-9]{1,18}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def _cursor(text: str) -> str:
    parse_cursor(text)
    return text


class SearchIn(BaseModel):
    """What is looked for; a parameter of another name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    request_id: RequestId | None = None
    retailer_id: Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")] | None = None
    lender_id: Annotated[str, StringConstraints(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$")] | None = None
    actor: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.@-]{0,63}$")] | None = None
    action: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]{1,64}$")] | None = None
    since: IsoInstant | None = Field(default=None, description="Entries that occurred at this instant or later.")
    until: IsoInstant | None = Field(default=None, description="Entries that occurred before this instant.")
    cursor: Annotated[str, StringConstraints(pattern=_CURSOR), AfterValidator(_cursor)] | None = None
    limit: int = Field(default=100, ge=1, le=500)

    def criteria(self) -> Criteria:
        """What the entries must say."""
        return Criteria(
            request=self.request_id,
            retailer=self.retailer_id,
            lender=self.lender_id,
            actor=self.actor,
            action=self.action,
            since=self.since,
            until=self.until,
        )

    def after(self) -> Place | None:
        """Where the page begins."""
        return None if self.cursor is None else parse_cursor(self.cursor)


class SearchOut(BaseModel):
    """Entries, newest first; `next` is the `cursor` of the following page, null at the end.

    A page with fewer entries than asked for can have a next one.
    """

    entries: list[EntryOut]
    next: str | None
