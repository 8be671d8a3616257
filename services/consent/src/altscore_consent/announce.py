"""Events and audit entries of consent, written in the transaction of the change they tell of."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from altscore_libs.outbox import Outbox

from altscore_consent.domain import Invite, State, Withdrawal

SERVICE = "consent"


class Announcer:
    """Turns changes into consent.* events and audit events."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def invited(self, connection: asyncpg.Connection, invite: Invite, *, actor: str) -> None:
        """An invite was opened."""
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
        }
        await self._outbox.add(connection, "consent.invited", key=invite.retailer_id, data=data)
        await self._audit(connection, "consent_invited", actor, invite.retailer_id, invite_id=invite.invite_id)

    async def granted(
        self, connection: asyncpg.Connection, invite: Invite, state: State, *, at: datetime, actor: str
    ) -> None:
        """A signed consent stands."""
        data = {
            "consent_id": state.consent_id,
            "retailer_id": invite.retailer_id,
            "invite_id": invite.invite_id,
            "distributor_id": invite.distributor_id,
            "lender_scope": list(invite.lender_scope),
            "purpose": invite.purpose,
            "language": invite.language,
            "version": state.version,
            "granted_at": at,
            "expires_at": state.expires_at,
            "contact_ref": invite.contact_ref,
        }
        await self._outbox.add(connection, "consent.granted", key=invite.retailer_id, data=data)
        await self._audit(
            connection,
            "consent_granted",
            actor,
            invite.retailer_id,
            consent_id=state.consent_id,
            distributor_id=invite.distributor_id,
            lender_scope=",".join(invite.lender_scope),
            purpose=invite.purpose,
        )

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
        await self._audit(connection, "consent_declined", actor, invite.retailer_id, invite_id=invite.invite_id)

    async def revoked(
        self,
        connection: asyncpg.Connection,
        withdrawal: Withdrawal,
        ended: Sequence[State],
        *,
        version: int,
        language: str,
        contact_ref: str | None,
        at: datetime,
    ) -> None:
        """A consent was withdrawn for all its lenders."""
        data = {
            "consent_id": ended[0].consent_id,
            "retailer_id": withdrawal.retailer_id,
            "lender_scope": sorted(one.lender_id for one in ended),
            "purpose": ended[0].purpose,
            "language": language,
            "version": version,
            "revoked_at": at,
            "reason": withdrawal.reason,
            "contact_ref": contact_ref,
        }
        await self._outbox.add(connection, "consent.revoked", key=withdrawal.retailer_id, data=data)
        await self._audit(
            connection,
            "consent_revoked",
            withdrawal.requested_by,
            withdrawal.retailer_id,
            consent_id=ended[0].consent_id,
            reason=withdrawal.reason,
        )

    async def expired(
        self,
        connection: asyncpg.Connection,
        retailer_id: str,
        ended: Sequence[State],
        *,
        version: int,
        language: str,
        contact_ref: str | None,
        at: datetime,
    ) -> None:
        """A consent ran out."""
        data = {
            "consent_id": ended[0].consent_id,
            "retailer_id": retailer_id,
            "lender_scope": sorted(one.lender_id for one in ended),
            "purpose": ended[0].purpose,
            "language": language,
            "version": version,
            "expired_at": at,
            "contact_ref": contact_ref,
        }
        await self._outbox.add(connection, "consent.expired", key=retailer_id, data=data)
        await self._audit(connection, "consent_expired", SERVICE, retailer_id, consent_id=ended[0].consent_id)

    async def invite_expired(self, connection: asyncpg.Connection, retailer_id: str, invite_id: str) -> None:
        """An invite ran out unanswered; nobody acts on it, so it is audited only."""
        await self._audit(connection, "consent_expired", SERVICE, retailer_id, invite_id=invite_id)

    async def unclear(
        self,
        connection: asyncpg.Connection,
        retailer_id: str,
        invite_id: str | None,
        *,
        contact_ref: str | None,
        language: str,
        was_asked: bool,
        at: datetime,
        actor: str,
    ) -> None:
        """A reply was neither yes nor no."""
        if was_asked:
            data = {
                "retailer_id": retailer_id,
                "invite_id": invite_id,
                "language": language,
                "requested_at": at,
                "contact_ref": contact_ref,
            }
            await self._outbox.add(connection, "consent.clarification_requested", key=retailer_id, data=data)
        await self._audit(connection, "reply_unclear", actor, retailer_id, was_asked=str(was_asked).lower())

    async def tampered(self, connection: asyncpg.Connection, retailer_id: str, consent_id: str) -> None:
        """A stored record is not what was signed."""
        await self._outbox.audit(
            connection,
            "consent_tampered",
            actor=SERVICE,
            outcome="blocked",
            subject=retailer_id,
            reason="record does not match its signature",
            details={"consent_id": consent_id},
        )

    async def key_rotated(self, connection: asyncpg.Connection, label: str, key_id: str) -> None:
        """A new key signs from now on."""
        await self._outbox.audit(
            connection,
            "consent_key_rotated",
            actor=SERVICE,
            outcome="ok",
            details={"label": label, "key_id": key_id},
        )

    async def disclosed(self, connection: asyncpg.Connection, action: str, retailer_id: str, *, actor: str) -> None:
        """A retailer's records left the service, or a receipt of one."""
        await self._outbox.audit(connection, action, actor=actor, outcome="ok", subject=retailer_id)

    async def read(self, connection: asyncpg.Connection, action: str, *, actor: str, **details: str) -> None:
        """Many retailers' consents were read at once."""
        await self._outbox.audit(connection, action, actor=actor, outcome="ok", details=details)

    async def _audit(
        self, connection: asyncpg.Connection, action: str, actor: str, subject: str, **details: str
    ) -> None:
        reason = details.pop("reason", None)
        await self._outbox.audit(
            connection, action, actor=actor, outcome="ok", subject=subject, reason=reason, details=details
        )
