"""Events and audit entries of consents, written in the transaction of the change they report."""

from datetime import datetime

import asyncpg
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox

from altscore_consent.grants.domain import EndedConsent, State, Withdrawal
from altscore_consent.invites.domain import Invite


class ConsentPublisher:
    """Publishes what happens to consents."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def granted(
        self, connection: asyncpg.Connection, invite: Invite, state: State, *, at: datetime, actor: str
    ) -> None:
        """A signed consent is active for every lender of the invite."""
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
        await self._outbox.audit(
            connection,
            "consent_granted",
            actor=actor,
            outcome="ok",
            subject=invite.retailer_id,
            details={
                "consent_id": state.consent_id,
                "distributor_id": invite.distributor_id,
                "lender_scope": ",".join(invite.lender_scope),
                "purpose": invite.purpose,
            },
        )

    async def revoked(self, connection: asyncpg.Connection, ended: EndedConsent, withdrawal: Withdrawal) -> None:
        """A consent was withdrawn for all its lenders."""
        data = _ended(ended) | {"revoked_at": ended.at, "reason": withdrawal.reason}
        await self._outbox.add(connection, "consent.revoked", key=ended.retailer_id, data=data)
        await self._outbox.audit(
            connection,
            "consent_revoked",
            actor=withdrawal.requested_by,
            outcome="ok",
            subject=ended.retailer_id,
            reason=withdrawal.reason,
            # With the entry's own instant: how long a NAHI took to end the consent.
            details={"consent_id": ended.consent_id, "sent_at": format_instant(withdrawal.sent_at, "auto")},
        )

    async def expired(self, connection: asyncpg.Connection, ended: EndedConsent, *, actor: str) -> None:
        """A consent ended by its own terms."""
        data = _ended(ended) | {"expired_at": ended.at}
        await self._outbox.add(connection, "consent.expired", key=ended.retailer_id, data=data)
        await self._outbox.audit(
            connection,
            "consent_expired",
            actor=actor,
            outcome="ok",
            subject=ended.retailer_id,
            details={"consent_id": ended.consent_id},
        )


def _ended(ended: EndedConsent) -> dict[str, object]:
    return {
        "consent_id": ended.consent_id,
        "retailer_id": ended.retailer_id,
        "lender_scope": list(ended.lender_scope),
        "purpose": ended.purpose,
        "language": ended.language,
        "version": ended.version,
        "contact_ref": ended.contact_ref,
    }
