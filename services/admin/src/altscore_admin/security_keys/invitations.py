"""Invitations to register a key: two persons approve one, and the invited one is neither of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Conflict
from altscore_libs.ids import new_id
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.domain import ApprovalRequest, is_same_person
from altscore_admin.approvals.service import ApprovalService, Approved
from altscore_admin.operators.domain import Operator
from altscore_admin.security_keys import domain, store
from altscore_admin.security_keys.domain import Invitation
from altscore_admin.sessions.row_macs import SignInMacs

KIND = "key_invitation"
DEPLOYMENT = "deployment"
INVITED = "security_key_invited"


class Requested(NamedTuple):
    """An invitation that waits for the second person, and its code, which is kept nowhere."""

    request: ApprovalRequest
    code: str


@dataclass(frozen=True)
class InvitationService:
    """Requests invitations; another manager approves them as every other request."""

    outbox: Outbox
    approvals: ApprovalService

    async def request(self, operator: Operator, operator_id: str) -> Requested:
        """The first person's half of an invitation; a new one takes the place of their own that is open.

        Raises:
            SameOperator: the operator invites themselves.
            ApprovalConflict: another manager's invitation of that operator is open.
        """
        code = domain.new_code()
        content = {"invitation_id": new_id("kin"), "code_digest": domain.code_digest(code)}
        async with self.approvals.asking(operator, kind=KIND, subject=operator_id) as connection:
            request = await self.approvals.request(
                connection, operator, kind=KIND, subject=operator_id, content=content
            )
            await self.outbox.audit(
                connection,
                INVITED,
                actor=operator.operator_id,
                subject=operator_id,
                outcome="requested",
                details={"approval_id": request.approval_id, "content_sha256": request.content_sha256, **content},
            )
        return Requested(request, code)


@dataclass(frozen=True)
class InvitationStart:
    """The executor: an invitation begins when it is approved, and ends a day after it was requested."""

    outbox: Outbox
    clock: Clock
    macs: SignInMacs

    async def start(self, connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Keeps the invitation under a MAC that no database knows; an approval makes one (its id is unique there)."""
        invitation = Invitation(
            invitation_id=approved.fields["invitation_id"],
            operator_id=approved.subject,
            code_digest=approved.fields["code_digest"],
            requested_by=approved.proposed_by,
            requested_at=approved.proposed_at,
            expires_at=approved.proposed_at + domain.INVITATION_LIFETIME,
            approved_by=approved.operator.operator_id,
            used_at=None,
        )
        await _keep(connection, invitation, macs=self.macs, at=self.clock.now(), approval_id=approved.approval_id)
        details = {"approval_id": approved.approval_id}
        await _audit(connection, self.outbox, invitation, actor=approved.operator.operator_id, details=details)
        ends_at = format_instant(invitation.expires_at, "microseconds")
        return {"invitation_id": invitation.invitation_id, "expires_at": ends_at}


@dataclass(frozen=True)
class FirstInvitations:
    """Invitations while nobody has a key and nobody can approve: of a new deployment, or after every key was lost."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    macs: SignInMacs

    async def invite(self, operator_id: str, *, by: tuple[str, str]) -> str:
        """The code of an approved invitation.

        Raises:
            Conflict: somebody has a usable key and can invite, or the two persons are one.
        """
        now, code = self.clock.now(), domain.new_code()
        requested_by, approved_by = by
        if is_same_person(requested_by, approved_by):
            raise Conflict("two persons are needed")
        invitation = Invitation(
            invitation_id=new_id("kin"),
            operator_id=operator_id,
            code_digest=domain.code_digest(code),
            requested_by=requested_by,
            requested_at=now,
            expires_at=now + domain.INVITATION_LIFETIME,
            approved_by=approved_by,
            used_at=None,
        )
        async with transaction(self.pool) as connection:
            if await store.count_active(connection):
                raise Conflict("operators with keys invite; this is for a deployment without any")
            await _keep(connection, invitation, macs=self.macs, at=now, approval_id=None)
            await _audit(connection, self.outbox, invitation, actor=DEPLOYMENT, details={"approved_by": approved_by})
        return code


async def _keep(
    connection: asyncpg.Connection,
    invitation: Invitation,
    *,
    macs: SignInMacs,
    at: datetime,
    approval_id: str | None,
) -> None:
    kept = invitation._replace(mac=macs.of_invitation(invitation))
    await store.add_invitation(connection, kept, approved_at=at, approval_id=approval_id)


async def _audit(
    connection: asyncpg.Connection, outbox: Outbox, invitation: Invitation, *, actor: str, details: Mapping[str, str]
) -> None:
    await outbox.audit(
        connection,
        INVITED,
        actor=actor,
        subject=invitation.operator_id,
        outcome="approved",
        details={**invitation.content(), **details},
    )
