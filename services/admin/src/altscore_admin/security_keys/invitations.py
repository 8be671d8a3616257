"""Invitations to register a key: two persons state the same, and the invited one is neither of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Conflict, NotFound
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.errors import InvitationConflict, SameOperator
from altscore_admin.operators.domain import Operator
from altscore_admin.security_keys import domain, store
from altscore_admin.security_keys.domain import Invitation
from altscore_admin.sessions.row_macs import SignInMacs, is_same

DEPLOYMENT = "deployment"


class FourEyes(Protocol):
    """How two persons agree to an invitation."""

    async def request(self, connection: asyncpg.Connection, operator: Operator, invitation: Invitation) -> None:
        """Keeps what the first person states."""
        ...

    async def approve(
        self, connection: asyncpg.Connection, operator: Operator, invitation_id: str, content_sha256: str, now: datetime
    ) -> Invitation:
        """What the second person stated again; raises NotFound, SameOperator, InvitationConflict."""
        ...


class InvitationRecords:
    """Two persons in one row, which the database holds to be two, under a MAC that it cannot write.

    Args:
        macs: of sign-in's rows.
    """

    def __init__(self, macs: SignInMacs) -> None:
        self._macs = macs

    async def request(self, connection: asyncpg.Connection, operator: Operator, invitation: Invitation) -> None:
        """Keeps what the first person states."""
        requested = invitation._replace(requested_by=operator.operator_id)
        await store.add_invitation(connection, requested._replace(mac=self._macs.of_invitation(requested)))

    async def approve(
        self, connection: asyncpg.Connection, operator: Operator, invitation_id: str, content_sha256: str, now: datetime
    ) -> Invitation:
        """What the second person stated again.

        Raises:
            NotFound: no such invitation.
            SameOperator: the first person again, or the invited one.
            InvitationConflict: it is over, or states something else.
        """
        invitation = await store.lock_invitation(connection, invitation_id)
        if invitation is None or not is_same(invitation.mac, self._macs.of_invitation(invitation)):
            raise NotFound("no such invitation")
        if operator.operator_id in (invitation.requested_by, invitation.operator_id):
            raise SameOperator("another operator, and not the invited one, must approve")
        if invitation.content_sha256() != content_sha256:
            raise InvitationConflict("the invitation states something else")
        if invitation.expires_at <= now or (invitation.approved_by or operator.operator_id) != operator.operator_id:
            raise InvitationConflict("the invitation is over or approved already")
        approved = invitation._replace(approved_by=operator.operator_id)
        if invitation.approved_by is None:
            mac = self._macs.of_invitation(approved)
            await store.approve_invitation(connection, approved._replace(mac=mac), now)
        return approved


class Requested(NamedTuple):
    """An invitation that waits for the second person, and its code, which is kept nowhere."""

    invitation: Invitation
    code: str


@dataclass(frozen=True)
class InvitationService:
    """Invites operators to register a key."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    four_eyes: FourEyes
    macs: SignInMacs

    async def request(self, operator: Operator, operator_id: str) -> Requested:
        """The first person's half of an invitation."""
        now, code = self.clock.now(), domain.new_code()
        invitation = _new_invitation(operator_id, code, operator.operator_id, now)
        async with transaction(self.pool) as connection:
            await self.four_eyes.request(connection, operator, invitation)
            await self._audit(connection, operator, invitation, "requested")
        return Requested(invitation, code)

    async def approve(self, operator: Operator, invitation_id: str, content_sha256: str) -> Invitation:
        """The second person's half.

        Raises:
            NotFound, SameOperator, InvitationConflict: as FourEyes.approve.
        """
        async with transaction(self.pool) as connection:
            invitation = await self.four_eyes.approve(
                connection, operator, invitation_id, content_sha256=content_sha256, now=self.clock.now()
            )
            await self._audit(connection, operator, invitation, "approved")
        return invitation

    async def invite_first(self, operator_id: str, *, by: tuple[str, str]) -> Requested:
        """An approved invitation while nobody has a key: of a new deployment, or after every key was lost.

        Raises:
            Conflict: somebody has a usable key and can invite, or the two persons are one.
        """
        now, code = self.clock.now(), domain.new_code()
        requested_by, approved_by = by
        if requested_by == approved_by:
            raise Conflict("two persons are needed")
        invitation = _new_invitation(operator_id, code, requested_by, now)
        async with transaction(self.pool) as connection:
            if await store.count_active(connection):
                raise Conflict("operators with keys invite; this is for a deployment without any")
            await store.add_invitation(connection, invitation._replace(mac=self.macs.of_invitation(invitation)))
            invitation = invitation._replace(approved_by=approved_by)
            mac = self.macs.of_invitation(invitation)
            await store.approve_invitation(connection, invitation._replace(mac=mac), now)
            await self._audit(connection, Operator(DEPLOYMENT, frozenset()), invitation, "approved")
        return Requested(invitation, code)

    async def _audit(self, connection: asyncpg.Connection, by: Operator, invitation: Invitation, outcome: str) -> None:
        await self.outbox.audit(
            connection,
            "security_key_invited",
            actor=by.operator_id,
            subject=invitation.operator_id,
            outcome=outcome,
            details={"content_sha256": invitation.content_sha256(), **invitation.content()},
        )


def _new_invitation(operator_id: str, code: str, by: str, now: datetime) -> Invitation:
    return Invitation(
        invitation_id=new_id("kin"),
        operator_id=operator_id,
        code_digest=domain.code_digest(code),
        requested_by=by,
        requested_at=now,
        expires_at=now + domain.INVITATION_LIFETIME,
        approved_by=None,
        used_at=None,
    )
