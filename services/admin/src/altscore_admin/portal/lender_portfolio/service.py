"""Readings of one lender: that of the session, whatever the request says; score scopes, checks and audits each."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeVar

from altscore_libs.errors import Unavailable
from pydantic import BaseModel, ValidationError

from altscore_admin.portal.clients import PortalClients
from altscore_admin.portal.lender_portfolio.schemas import DownloadPart
from altscore_admin.portal.sessions.domain import Person

_Body = TypeVar("_Body", bound=BaseModel)


@dataclass(frozen=True)
class LenderService:
    """Asks score for what a person's own lender may see.

    The entry in the audit trail is score's: it names the person, and is durable before score answers.
    """

    clients: PortalClients

    async def read(self, person: Person, what: str, model: type[_Body], **page: Any) -> _Body:
        """Something of the person's lender.

        Args:
            person: who reads.
            what: path below the lender.
            model: what is passed on.
            page: cursor and filters.

        Raises:
            Forbidden: the lender's access is suspended.
            NotFound: no such retailer, another lender's, or one without consent, all alike.
            Unavailable: score does not answer, or in another form.
        """
        answer = await self.clients.read_lender(person.organisation_id, what, person_id=person.person_id, **page)
        try:
            return model.model_validate(answer)
        except ValidationError as error:
            raise Unavailable("another service gave no usable answer") from error

    async def download(self, person: Person) -> AsyncIterator[bytes]:
        """All rows as CSV, part by part; ends in the middle where a part cannot be read."""
        cursor: str | None = None
        while True:
            part = await self.read(person, "download", DownloadPart, cursor=cursor)
            yield part.lines.encode()
            if part.next_cursor is None:
                return
            cursor = part.next_cursor
