"""Notices of an incident: texts approved beforehand, two persons before anything leaves, each retailer once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import asyncpg
from altscore_libs.canonical_json import canonical_digest, canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, NotFound
from altscore_libs.ids import new_id
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys

from altscore_admin.approvals.four_eyes import NOT_SIGNED
from altscore_admin.approvals.service import ApprovalService, Approved, executed
from altscore_admin.errors import ApprovalConflict
from altscore_admin.incidents import store
from altscore_admin.incidents.domain import TimelineEntry
from altscore_admin.incidents.service import Timeline, locked, repeated
from altscore_admin.incidents.store import Command
from altscore_admin.operators.domain import Operator

Audience = Literal["retailers", "lenders", "distributors", "cert_in", "board"]
Language = Literal["hi", "en"]
RETAILER_TEMPLATE = "breach_notice"
BATCH = 500
KIND = "incident_notice"
_AFFECTED = """
SELECT count(*) AS number, encode(sha256(coalesce(string_agg(retailer_id, ',' ORDER BY retailer_id), '')::bytea), 'hex')
    AS digest FROM incident_affected WHERE incident_id = $1
"""
_ADD = """
INSERT INTO incident_notices (notice_id, incident_id, audience, language, content, content_sha256, is_drill,
    approval_id, proposed_by, proposed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
# A notice that waits is as open as its request; one of the release before 0016 has none here and is proposed anew.
_SELECT = """
SELECT n.notice_id, n.incident_id, n.audience, n.language, n.content, n.content_sha256, n.is_drill, n.approval_id,
    n.proposed_by, n.proposed_at, n.approved_by, n.approved_at, a.content_sha256 AS approval_sha256,
    CASE WHEN n.status <> 'proposed' OR a.state = 'open' THEN n.status
         ELSE coalesce(nullif(a.state, 'executed'), 'expired') END AS status,
    (SELECT count(*) FROM incident_deliveries d WHERE d.notice_id = n.notice_id) AS announced
FROM incident_notices n LEFT JOIN approvals a ON a.approval_id = n.approval_id
"""
_GET = f"{_SELECT} WHERE n.incident_id = $1 AND n.notice_id = $2"
_LIST = f"{_SELECT} WHERE n.incident_id = $1 ORDER BY n.proposed_at DESC, n.notice_id LIMIT 200"
_APPROVE = "UPDATE incident_notices SET status = $2, approved_by = $3, approved_at = $4 WHERE notice_id = $1"
_SENDING = """
SELECT notice_id, incident_id, language, content, approval_id FROM incident_notices WHERE status = 'sending'
ORDER BY approved_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_TAKE_BACK = """
UPDATE incident_notices SET status = 'proposed', approved_by = NULL, approved_at = NULL WHERE notice_id = $1
"""
_NEXT = """
INSERT INTO incident_deliveries (incident_id, retailer_id, template, notice_id)
SELECT a.incident_id, a.retailer_id, $2, $3 FROM incident_affected a
WHERE a.incident_id = $1 AND NOT EXISTS (
    SELECT FROM incident_deliveries d
    WHERE d.incident_id = a.incident_id AND d.template = $2 AND d.retailer_id = a.retailer_id)
ORDER BY a.retailer_id LIMIT $4 ON CONFLICT DO NOTHING RETURNING retailer_id
"""


def templates() -> dict[str, dict[str, Any]]:
    """The texts by name, as they were approved."""
    text = resources.files("altscore_admin.incidents").joinpath("templates/notices.json").read_text(encoding="utf-8")
    content: dict[str, dict[str, Any]] = json.loads(text)
    return content


def template_of(audience: Audience) -> tuple[str, dict[str, Any]]:
    """Name and text of the notice to an audience."""
    return next((name, item) for name, item in templates().items() if item["audience"] == audience)


@dataclass(frozen=True)
class NoticeService:
    """Proposes notices; another person approves them as every other request."""

    pool: asyncpg.Pool
    timeline: Timeline
    approvals: ApprovalService

    async def propose(
        self,
        operator: Operator,
        incident_id: str,
        audience: Audience,
        *,
        language: Language,
        facts: Mapping[str, str],
        command: Command,
    ) -> Mapping[str, Any]:
        """Asks for a notice; what is approved is exactly this content and exactly these recipients.

        Raises:
            NotFound, IncidentClosed: of the incident.
            CommandConflict: the same X-Request-ID asked for something else.
            InvalidRequest: nobody is affected yet.
        """
        async with transaction(self.pool) as connection:
            if await repeated(connection, command, incident_id=incident_id) is not None:
                earlier = await store.entry_of_command(connection, command.command_id)
                return await notice(connection, incident_id, str(earlier["subject"]) if earlier else "")
            incident = await locked(connection, incident_id)
            content = await self._content(connection, incident, audience, language=language, facts=facts)
            if audience == "retailers" and content["recipients"] == 0:
                raise InvalidRequest("nobody is affected", errors=[FieldError("audience", "has no recipient")])
            notice_id = new_id("ntc")
            stated = _stated(content)
            request = await self.approvals.request(connection, operator, kind=KIND, subject=notice_id, content=stated)
            await connection.execute(
                _ADD,
                *(notice_id, incident_id, audience, language),
                *(canonical_json(content).decode(), stated["notice_sha256"], incident["is_drill"]),
                *(request.approval_id, operator.operator_id, request.proposal.proposed_at),
            )
            details = {
                "notice_id": notice_id,
                "audience": audience,
                "template_sha256": str(content["template_sha256"]),
                "content_sha256": str(stated["notice_sha256"]),
                "approval_id": request.approval_id,
                "recipients": str(content["recipients"]),
            }
            entry = TimelineEntry(kind="notice", subject=notice_id, outcome="proposed", note="", details=details)
            await self.timeline.append(connection, incident, entry, by=operator.operator_id, command=command)
            return await notice(connection, incident_id, notice_id)

    async def page(self, incident_id: str) -> list[asyncpg.Record]:
        """Notices of an incident, newest first.

        Raises:
            NotFound: no such incident.
        """
        async with transaction(self.pool) as connection:
            if await store.get(connection, incident_id) is None:
                raise NotFound("no such incident")
            return list(await connection.fetch(_LIST, incident_id))

    async def document(self, incident_id: str, notice_id: str, *, recipient: str | None) -> dict[str, Any]:
        """A notice as a document; one that is not approved says so, and so does a drill.

        Raises:
            NotFound: no such notice.
        """
        async with transaction(self.pool) as connection:
            row = await notice(connection, incident_id, notice_id)
        content = json.loads(row["content"])
        names = ("audience", "language", "template", "version", "text", "incident", "facts", "is_drill")
        return {
            **{name: content[name] for name in names},
            "notice_id": notice_id,
            "recipient": recipient,
            "content_sha256": row["content_sha256"],
            "proposed_by": row["proposed_by"],
            "approved_by": row["approved_by"],
        }

    async def _content(
        self,
        connection: asyncpg.Connection,
        incident: Mapping[str, Any],
        audience: Audience,
        *,
        language: Language,
        facts: Mapping[str, str],
    ) -> dict[str, Any]:
        name, template = template_of(audience)
        affected = await connection.fetchrow(_AFFECTED, incident["incident_id"])
        return {
            "audience": audience,
            "template": name,
            "version": template["version"],
            "template_sha256": canonical_digest(template).hex(),
            "language": language,
            "text": template["text"][language].replace("{{1}}", incident["incident_id"]),
            "incident": {
                "incident_id": incident["incident_id"],
                "kind": incident["kind"],
                "severity": incident["severity"],
                "aware_at": format_instant(incident["aware_at"], "seconds"),
                "affected_retailers": affected["number"],
            },
            "facts": dict(facts),
            "recipients": affected["number"],
            "recipients_sha256": affected["digest"],
            "is_drill": incident["is_drill"],
        }


@dataclass(frozen=True)
class NoticeStart:
    """The executor: an approved notice is a document that may be handed out; retailers are told by the worker."""

    clock: Clock
    timeline: Timeline

    async def start(self, connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Approves the notice as it is kept, for those who are affected now.

        Raises:
            NotFound, IncidentClosed: of the incident.
            ApprovalConflict: the notice or its recipients are others than those that the request states.
        """
        incident = await locked(connection, approved.fields["incident_id"])
        row = await notice(connection, incident["incident_id"], approved.subject)
        if row["approval_id"] != approved.approval_id or _stated(json.loads(row["content"])) != approved.fields:
            raise ApprovalConflict("the notice is another than the one that was asked for")
        affected = await connection.fetchrow(_AFFECTED, incident["incident_id"])
        if row["audience"] == "retailers" and affected["digest"] != approved.fields["recipients_sha256"]:
            raise ApprovalConflict("others are affected than when it was asked for; propose it anew")
        leaves = row["audience"] == "retailers" and not row["is_drill"]
        status = "sending" if leaves else "done" if row["is_drill"] else "approved"
        by = approved.operator.operator_id
        await connection.execute(_APPROVE, approved.subject, status, by, self.clock.now())
        entry = TimelineEntry(
            kind="notice",
            subject=approved.subject,
            outcome="simulated" if row["is_drill"] else "approved",
            note="",
            details={
                "notice_id": approved.subject,
                "audience": row["audience"],
                "content_sha256": row["content_sha256"],
                "approval_id": approved.approval_id,
                "proposed_by": approved.proposed_by,
            },
        )
        await self.timeline.append(connection, incident, entry, by=by)
        return {"status": status}


@dataclass(frozen=True)
class NoticeSender:
    """Announces approved notices to retailers; the message itself is notification's, which knows the phone.

    A row that two persons did not sign announces nothing: it waits again, and the audit names it.
    """

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PublicKeys

    async def step(self) -> bool:
        """One turn of the worker: the next recipients, each once; whether there may be more."""
        async with transaction(self.pool) as connection:
            row = await connection.fetchrow(_SENDING)
            if row is None:
                return False
            if not await self._is_signed(connection, row):
                await self._take_back(connection, row)
                return True
            incident_id, notice_id = row["incident_id"], row["notice_id"]
            recipients = await connection.fetch(_NEXT, incident_id, RETAILER_TEMPLATE, notice_id, BATCH)
            for recipient in recipients:
                await self._announce(connection, row, recipient["retailer_id"])
            if not recipients:
                await self._finish(connection, incident_id, notice_id)
        return True

    async def _finish(self, connection: asyncpg.Connection, incident_id: str, notice_id: str) -> None:
        await connection.execute("UPDATE incident_notices SET status = 'done' WHERE notice_id = $1", notice_id)
        announced = (await notice(connection, incident_id, notice_id))["announced"]
        await self.outbox.audit(
            connection,
            "incident_notice_announced",
            actor="admin",
            subject=incident_id,
            outcome="ok",
            details={"notice_id": notice_id, "retailers": str(announced)},
        )

    async def _is_signed(self, connection: asyncpg.Connection, row: Mapping[str, Any]) -> bool:
        approval = await executed(connection, self.keys, row["approval_id"])
        if approval is None or (approval.kind, approval.subject) != (KIND, row["notice_id"]):
            return False
        return approval.fields == _stated(json.loads(row["content"]))

    async def _take_back(self, connection: asyncpg.Connection, row: Mapping[str, Any]) -> None:
        await connection.execute(_TAKE_BACK, row["notice_id"])
        await self.outbox.audit(
            connection,
            "approval_executed",
            actor="admin",
            subject=row["approval_id"],
            outcome="refused",
            reason=NOT_SIGNED,
            details={"kind": KIND, "about": row["notice_id"]},
        )

    async def _announce(self, connection: asyncpg.Connection, row: Mapping[str, Any], retailer_id: str) -> None:
        data = {
            "notice_id": _message_id(row["notice_id"], retailer_id),
            "kind": RETAILER_TEMPLATE,
            "retailer_id": retailer_id,
            "language": row["language"],
            "reference": row["incident_id"],
            "outcome": None,
            "requested_at": self.clock.now(),
        }
        await self.outbox.add(connection, "retailer.notice_requested", key=retailer_id, data=data)


def _stated(content: Mapping[str, Any]) -> dict[str, Any]:
    """What both persons sign of a notice: its digest and its recipients'; who reads approvals reads no facts."""
    names = ("audience", "language", "template", "version", "recipients", "recipients_sha256", "is_drill")
    return {
        **{name: content[name] for name in names},
        "incident_id": content["incident"]["incident_id"],
        "notice_sha256": canonical_digest(dict(content)).hex(),
    }


def _message_id(notice_id: str, retailer_id: str) -> str:
    """The same for the same notice and retailer, so that notification sends it once."""
    return f"ntc_{canonical_digest([notice_id, retailer_id]).hex()[:32]}"


async def notice(connection: asyncpg.Connection, incident_id: str, notice_id: str) -> Mapping[str, Any]:
    """A notice of an incident.

    Raises:
        NotFound: no such notice.
    """
    row = await connection.fetchrow(_GET, incident_id, notice_id)
    if row is None:
        raise NotFound("no such notice")
    return dict(row)
