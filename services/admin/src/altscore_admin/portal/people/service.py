"""Enrolment, suspension and masked reading of people."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.identifiers import Phone
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.portal.crypto import PortalKeys
from altscore_admin.portal.errors import EnrolledElsewhere
from altscore_admin.portal.people import store
from altscore_admin.portal.people.domain import (
    Email,
    EnrolledPerson,
    Enrolment,
    email_context,
    masked_email,
    masked_phone,
    phone_context,
)
from altscore_admin.portal.sessions import store as sessions
from altscore_admin.portal.sessions.domain import Kind


class Subject(NamedTuple):
    """Whose access is changed: a person of an organisation, or with None all of its people."""

    kind: Kind
    organisation_id: str
    person_id: str | None


@dataclass(frozen=True)
class PeopleService:
    """Keeps who may sign in; operators decide it through admin."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PortalKeys

    async def enrol(self, enrolment: Enrolment, *, caller: str) -> tuple[str, bool]:
        """Enrols a person; the same e-mail address again changes phone and language of that person.

        Returns:
            The person's id, and whether they are new.

        Raises:
            EnrolledElsewhere: the address belongs to a person of another organisation.
        """
        organisation, person_id = enrolment.organisation, new_id("per")
        email = enrolment.email.get_secret_value()
        digest = self.keys.digest("email", email)
        async with transaction(self.pool) as connection:
            await store.put_organisation(connection, organisation)
            is_new = await store.add(
                connection,
                person_id=person_id,
                kind=organisation.kind,
                organisation_id=organisation.organisation_id,
                email_digest=digest,
                email_ciphertext=self.keys.encrypt(email, email_context(person_id)),
                phone_ciphertext=self._phone(enrolment, person_id),
                language=enrolment.language,
                enrolled_at=self.clock.now(),
            )
            if not is_new:
                row = await store.of_email(connection, organisation.kind, digest)
                if row is None or row["organisation_id"] != organisation.organisation_id:
                    raise EnrolledElsewhere("this address is enrolled for another organisation")
                person_id = str(row["person_id"])
                await store.change_contact(
                    connection,
                    person_id,
                    phone_ciphertext=self._phone(enrolment, person_id),
                    language=enrolment.language,
                )
                await sessions.end_all(connection, person_id, self.clock.now())
            await self.outbox.audit(
                connection,
                "portal_person_enrolled",
                actor=caller,
                subject=person_id,
                outcome="enrolled" if is_new else "changed",
                details={"kind": organisation.kind, "organisation_id": organisation.organisation_id},
            )
        return person_id, is_new

    def _phone(self, enrolment: Enrolment, person_id: str) -> bytes | None:
        if enrolment.phone is None:
            return None
        return self.keys.encrypt(enrolment.phone.get_secret_value(), phone_context(person_id))

    async def listed(self, kind: Kind, organisation_id: str, *, after: str, limit: int) -> list[EnrolledPerson]:
        """A page of an organisation's people by id, contacts masked."""
        async with transaction(self.pool) as connection:
            rows = await store.listed(connection, kind, organisation_id, after=after, limit=limit)
        return [self._masked(row) for row in rows]

    def _masked(self, row: asyncpg.Record) -> EnrolledPerson:
        person_id = str(row["person_id"])
        email = Email(self.keys.decrypt(bytes(row["email_ciphertext"]), email_context(person_id)))
        phone = None
        if row["phone_ciphertext"] is not None:
            phone = masked_phone(Phone(self.keys.decrypt(bytes(row["phone_ciphertext"]), phone_context(person_id))))
        return EnrolledPerson(
            person_id=person_id,
            email=masked_email(email),
            phone=phone,
            language=row["language"],
            enrolled_at=row["enrolled_at"],
            suspended_at=row["suspended_at"],
        )

    async def set_suspended(self, subject: Subject, *, is_suspended: bool, caller: str) -> int:
        """Suspends or lets in again; every session of the suspended ends with it.

        Returns:
            How many sessions ended.

        Raises:
            NotFound: no such person of that organisation, or no such organisation.
        """
        now = self.clock.now()
        at = now if is_suspended else None
        async with transaction(self.pool) as connection:
            ended = 0
            if subject.person_id is None:
                is_known = await store.set_organisation_suspended(connection, subject.kind, subject.organisation_id, at)
            else:
                is_known = await store.set_suspended(
                    connection, subject.person_id, subject.organisation_id, kind=subject.kind, at=at
                )
            if not is_known:
                raise NotFound("nobody of that id")
            if is_suspended:
                ended = await _end_sessions(connection, subject, now)
            outcome = "suspended" if is_suspended else "reactivated"
            await self._changed(connection, subject, outcome, ended=ended, caller=caller)
        return ended

    async def end_sessions(self, subject: Subject, *, caller: str) -> int:
        """Ends the open sessions of a person, or of everybody of an organisation; they may sign in anew.

        Raises:
            NotFound: no such person of that organisation, or no such organisation.
        """
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            if subject.person_id is None:
                is_known = await store.organisation(connection, subject.kind, subject.organisation_id) is not None
            else:
                is_known = await store.lock(connection, subject.person_id, subject.organisation_id, kind=subject.kind)
            if not is_known:
                raise NotFound("nobody of that id")
            ended = await _end_sessions(connection, subject, now)
            await self._changed(connection, subject, "sessions_ended", ended=ended, caller=caller)
        return ended

    async def remove(self, subject: Subject, *, caller: str) -> int:
        """Removes a person, their contacts and their sessions; the audit keeps their id.

        Raises:
            NotFound: no such person of that organisation.
        """
        now, person_id = self.clock.now(), subject.person_id or ""
        async with transaction(self.pool) as connection:
            if not await store.lock(connection, person_id, subject.organisation_id, kind=subject.kind):
                raise NotFound("nobody of that id")
            ended = await sessions.end_all(connection, person_id, now)
            await store.remove(connection, person_id)
            await self._changed(connection, subject, "removed", ended=ended, caller=caller)
        return ended

    async def _changed(
        self, connection: asyncpg.Connection, subject: Subject, outcome: str, *, ended: int, caller: str
    ) -> None:
        await self.outbox.audit(
            connection,
            "portal_access_changed",
            actor=caller,
            subject=subject.person_id or subject.organisation_id,
            outcome=outcome,
            details={"kind": subject.kind, "sessions_ended": str(ended)},
        )


async def _end_sessions(connection: asyncpg.Connection, subject: Subject, at: datetime) -> int:
    if subject.person_id is not None:
        return await sessions.end_all(connection, subject.person_id, at)
    return await sessions.end_all_of_organisation(connection, subject.kind, subject.organisation_id, at=at)
