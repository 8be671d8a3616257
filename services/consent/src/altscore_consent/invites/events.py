"""Events and audit entries of invites, written in the transaction of the change they report."""

from datetime import datetime

import asyncpg
from altscore_libs.outbox import Outbox

from altscore_consent.invites.domain import Invite, UnclearReply


class InvitePublisher:
    """Publishes what happens to invites."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def invited(self, connection: asyncpg.Connection, invite: Invite, *, reply_token: str, actor: str) -> None:
        """An invite was opened; `reply_token` goes into the message to its phone, and nowhere else."""
        data = {
            "invite_id": invite.invite_id,
            "retailer_id": invite.retailer_id,
            "distributor_id": invite.distributor_id,
            "distributor_name": invite.distributor_name,
            "contact_ref": invite.contact_ref,
            "lender_scope": list(invite.lender_scope),
            "purpose": invite.purpose,
            "language": invite.language,
            "notice_id": invite.notice_id,
            "notice_version": invite.notice_version,
            "notice_sha256": invite.notice_sha256,
            "notice_text": invite.notice_text,
            "expires_at": invite.expires_at,
            "reply_token": reply_token,
        }
        await self._outbox.add(connection, "consent.invited", key=invite.retailer_id, data=data)
        await self._audit(connection, "consent_invited", invite, actor=actor)

    async def declined(self, connection: asyncpg.Connection, invite: Invite, *, at: datetime, actor: str) -> None:
        """A retailer refused an invite."""
        data = {
            "invite_id": invite.invite_id,
            "retailer_id": invite.retailer_id,
            "purpose": invite.purpose,
            "language": invite.language,
            "declined_at": at,
            "contact_ref": invite.contact_ref,
        }
        await self._outbox.add(connection, "consent.declined", key=invite.retailer_id, data=data)
        await self._audit(connection, "consent_declined", invite, actor=actor)

    async def expired(self, connection: asyncpg.Connection, invite: Invite, *, actor: str) -> None:
        """An invite ended unanswered; nobody acts on it, so it is audited only."""
        await self._audit(connection, "consent_expired", invite, actor=actor)

    async def reply_unclear(
        self,
        connection: asyncpg.Connection,
        reply: UnclearReply,
        *,
        asks_about: str | None,
        reply_token: str | None,
        contact_ref: str | None,
        language: str,
        was_asked: bool,
        at: datetime,
        actor: str,
    ) -> None:
        """A reply was neither yes nor no; where the retailer is asked again, `asks_about` is the invite to show."""
        if was_asked:
            data = {
                "retailer_id": reply.retailer_id,
                "invite_id": asks_about,
                "language": language,
                "requested_at": at,
                "contact_ref": contact_ref,
                "reply_token": reply_token,
            }
            await self._outbox.add(connection, "consent.clarification_requested", key=reply.retailer_id, data=data)
        await self._outbox.audit(
            connection,
            "reply_unclear",
            actor=actor,
            outcome="ok",
            subject=reply.retailer_id,
            details={"was_asked": str(was_asked).lower()},
        )

    async def _audit(self, connection: asyncpg.Connection, action: str, invite: Invite, *, actor: str) -> None:
        await self._outbox.audit(
            connection,
            action,
            actor=actor,
            outcome="ok",
            subject=invite.retailer_id,
            details={"invite_id": invite.invite_id},
        )
