"""Grievances: shown with their SLAs, read by handlers, acknowledged and resolved."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, NotFound, Unavailable
from altscore_libs.hpke import HpkeDecryptor, HpkeEncryptor
from altscore_libs.outbox import Outbox

from altscore_admin.clients import UpstreamClients
from altscore_admin.errors import GrievanceResolved
from altscore_admin.grievances import events, store
from altscore_admin.grievances.domain import Outcome, Sla, Status, sla_of
from altscore_admin.grievances.store import Filters, Place
from altscore_admin.notices.events import Language, Notice, request_notice
from altscore_admin.operators.domain import Operator

_log = logging.getLogger("altscore.admin.grievances")


class Note(NamedTuple):
    """A handler's note."""

    seq: int
    author: str
    noted_at: datetime
    text: str | None


class Evidence(NamedTuple):
    """The score that was complained about (None when score no longer holds it), the others, and blocks."""

    score: dict[str, Any] | None
    other_scores: list[dict[str, Any]]
    blocks: list[dict[str, Any]]


class Grievance(NamedTuple):
    """A stored grievance and its SLA at the instant of reading."""

    row: Mapping[str, Any]
    sla: Sla


@dataclass(frozen=True)
class GrievanceService:
    """Use cases of the people who answer grievances."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    decryptor: HpkeDecryptor
    encryptor: HpkeEncryptor
    upstream: UpstreamClients

    async def page(
        self, *, status: Status | None, assignee: str | None, only_overdue: bool, after: Place, limit: int
    ) -> list[Grievance]:
        """What waits for a person, the longest overdue first, or what is resolved; without descriptions."""
        filters = Filters(status, assignee, self.clock.now() if only_overdue else None)
        async with transaction(self.pool) as connection:
            return [self._timed(row) for row in await store.page(connection, filters, after=after, limit=limit)]

    async def assign(self, operator: Operator, grievance_id: str, assignee: str | None) -> Grievance:
        """Says who handles it; nobody for None. The same again changes nothing.

        Raises:
            NotFound: no such grievance.
            GrievanceResolved: there is nothing left to handle.
        """
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
            if row["assigned_to"] == assignee:
                return self._timed(row)
            if row["status"] == "resolved":
                raise GrievanceResolved("it is resolved")
            await store.assign(connection, grievance_id, assignee, self.clock.now())
            details = {"grievance_id": grievance_id, "assignee": assignee or "none"}
            await self._audit(connection, operator, row, action="grievance_assigned", details=details)
            return self._timed(await _locked(connection, grievance_id))

    async def add_note(self, operator: Operator, grievance_id: str, text: str) -> None:
        """Keeps a handler's note, encrypted as the description is; nobody else reads it.

        Raises:
            NotFound: no such grievance.
        """
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
            ciphertext = self.encryptor.encrypt(text.encode(), context=_note_context(grievance_id))
            by, now = operator.operator_id, self.clock.now()
            await store.add_note(connection, grievance_id, author=by, at=now, ciphertext=ciphertext)
            details = {"grievance_id": grievance_id}
            await self._audit(connection, operator, row, action="grievance_noted", details=details)

    async def notes(self, operator: Operator, grievance_id: str) -> list[Note]:
        """The notes in order; the reading is audited. A text is None where no key of ours decrypts it.

        Raises:
            NotFound: no such grievance.
        """
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
            await self._audit_reading(connection, operator, row, what="grievance_notes")
            rows = await store.notes(connection, grievance_id)
        return [
            Note(row["seq"], row["author"], noted_at=row["noted_at"], text=self._note(grievance_id, row))
            for row in rows
        ]

    async def evidence(self, operator: Operator, grievance_id: str) -> Evidence:
        """The score that was complained about, with its reasons, and what score holds besides; audited first.

        Raises:
            NotFound: no such grievance.
            Unavailable: score does not answer.
        """
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
            await self._audit_reading(connection, operator, row, what="grievance_evidence")
        held = await self.upstream.held_scores(row["retailer_id"])
        try:
            by_id = {item["record"]["score_id"]: item for item in held["scores"]}
            others = [score for name, score in by_id.items() if name != row["score_id"]]
            return Evidence(by_id.get(row["score_id"]), others, held["blocks"])
        except (KeyError, TypeError) as error:
            raise Unavailable("score gave no usable answer") from error

    async def request_rescoring(self, operator: Operator, grievance_id: str) -> Grievance:
        """Asks score to have the retailer scored anew, once the distributor has corrected its records.

        Raises:
            NotFound: no such grievance.
            GrievanceResolved: it is resolved.
            Unavailable: score does not answer; nothing is recorded, repeat it.
        """
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
        if row["status"] == "resolved":
            raise GrievanceResolved("it is resolved")
        lenders = await self.upstream.request_rescoring(row["retailer_id"], grievance_id)
        async with transaction(self.pool) as connection:
            await store.note_rescoring(connection, grievance_id, self.clock.now())
            details = {"grievance_id": grievance_id, "lenders": str(lenders)}
            await self._audit(connection, operator, row, action="rescoring_requested", details=details)
            return self._timed(await _locked(connection, grievance_id))

    async def read(self, operator: Operator, grievance_id: str) -> tuple[Grievance, str | None]:
        """A grievance and its description, None where no key of ours decrypts it; the reading is audited first.

        Raises:
            NotFound: no such grievance.
        """
        async with transaction(self.pool) as connection:
            row = await store.get(connection, grievance_id)
            if row is None:
                raise NotFound("no such grievance")
            await self._audit_reading(connection, operator, row)
        try:
            return self._timed(row), self._description(row)
        except ValueError:
            _log.error("a description cannot be decrypted", extra={"grievance_id": grievance_id})
            return self._timed(row), None

    async def of_retailers(self, operator: Operator, retailer_ids: list[str]) -> list[dict[str, Any]]:
        """Everything that lenders filed about these retailers, with the descriptions; the reading is audited.

        Raises:
            ValueError: a description cannot be decrypted; a part of them would look like all.
        """
        async with transaction(self.pool) as connection:
            rows = await store.of_retailers(connection, retailer_ids)
            for row in rows:
                await self._audit_reading(connection, operator, row)
        return [
            {
                **{name: value for name, value in row.items() if name != "sealed_description"},
                "description": self._description(row),
            }
            for row in rows
        ]

    async def _audit_reading(
        self, connection: asyncpg.Connection, operator: Operator, row: Mapping[str, Any], *, what: str = "grievance"
    ) -> None:
        details = {"grievance_id": row["grievance_id"], "what": what}
        await self._audit(connection, operator, row, action="admin_data_access", details=details)

    async def _audit(
        self,
        connection: asyncpg.Connection,
        operator: Operator,
        row: Mapping[str, Any],
        *,
        action: str,
        details: dict[str, str],
    ) -> None:
        by, subject = operator.operator_id, row["retailer_id"]
        await self.outbox.audit(connection, action, actor=by, subject=subject, outcome="ok", details=details)

    def _note(self, grievance_id: str, row: Mapping[str, Any]) -> str | None:
        try:
            return self.decryptor.decrypt(row["encrypted_note"], context=_note_context(grievance_id)).decode()
        except ValueError:
            _log.error("a note cannot be decrypted", extra={"grievance_id": grievance_id})
            return None

    def _description(self, row: Mapping[str, Any]) -> str:
        context = row["grievance_id"].encode()
        return self.decryptor.decrypt(row["sealed_description"], context=context).decode()

    async def acknowledge(self, operator: Operator, grievance_id: str) -> Grievance:
        """Records that a person handles it, and tells score; repeated, or after it is resolved, nothing changes.

        Raises:
            NotFound: no such grievance.
        """
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
            if row["status"] != "open":
                return self._timed(row)
            await store.acknowledge(connection, grievance_id, by=operator.operator_id, at=self.clock.now())
            return await self._announce(connection, operator, grievance_id, action="grievance_acknowledged")

    async def resolve(
        self,
        operator: Operator,
        grievance_id: str,
        resolution: str,
        *,
        outcome: Outcome = "answered",
        language: Language | None = None,
    ) -> Grievance:
        """Ends it with a text that the lender reads; the retailer is told what came of it, in their language.

        The same text again changes nothing.

        Args:
            operator: who answers.
            grievance_id: of the grievance.
            resolution: the answer to the lender.
            outcome: what came of it; the retailer reads the text of this code.
            language: None for the one in which the retailer was asked for consent last.

        Raises:
            NotFound: no such grievance.
            GrievanceResolved: it was resolved with another text.
        """
        spoken = language or await self._language(grievance_id)
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
            if row["status"] == "resolved":
                if row["resolution"] != resolution:
                    raise GrievanceResolved("it was resolved with another text")
                return self._timed(row)
            now = self.clock.now()
            by = operator.operator_id
            await store.resolve(connection, grievance_id, by=by, at=now, resolution=resolution, outcome=outcome)
            notice = Notice("grievance_resolved", row["retailer_id"], spoken, reference=grievance_id, outcome=outcome)
            await request_notice(self.outbox, connection, notice, at=now)
            return await self._announce(connection, operator, grievance_id, action="grievance_resolved")

    async def _announce(
        self, connection: asyncpg.Connection, operator: Operator, grievance_id: str, *, action: str
    ) -> Grievance:
        grievance = self._timed(await _locked(connection, grievance_id))
        row = grievance.row
        await events.publish_status(self.outbox, connection, row)
        await self.outbox.audit(
            connection,
            action,
            actor=operator.operator_id,
            subject=row["retailer_id"],
            outcome=row["status"],
            details={"grievance_id": grievance_id, "lender_id": row["lender_id"], "sla": grievance.sla.state},
        )
        return grievance

    async def _language(self, grievance_id: str) -> Language:
        """In which the retailer was asked for consent last; Hindi where consent does not say."""
        async with transaction(self.pool) as connection:
            row = await _locked(connection, grievance_id)
        try:
            invites = (await self.upstream.consent_history(row["retailer_id"]))["invites"]
            newest = max(invites, key=lambda invite: str(invite["created_at"]))
            return "en" if newest["language"] == "en" else "hi"
        except (AltScoreError, KeyError, TypeError, ValueError):  # the resolution does not wait for it
            return "hi"

    def _timed(self, row: Mapping[str, Any]) -> Grievance:
        return Grievance(row, sla_of(row, self.clock.now()))


def _note_context(grievance_id: str) -> bytes:
    return f"note:{grievance_id}".encode()


async def _locked(connection: asyncpg.Connection, grievance_id: str) -> asyncpg.Record:
    row = await store.get(connection, grievance_id, lock=True)
    if row is None:
        raise NotFound("no such grievance")
    return row
