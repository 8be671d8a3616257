"""Whether a stored invite is authentic, and the only way to change one."""

from dataclasses import replace
from datetime import datetime

import asyncpg

from altscore_consent.grants.integrity import Damage, TamperAlarm
from altscore_consent.grants.row_mac import FactMac, invite_fact
from altscore_consent.invites import store
from altscore_consent.invites.domain import Invite, InviteStatus

REASON = "invite is not as the service left it"


class InviteVerifier:
    """Reads invites that are authentic, and stores each change with a new MAC.

    Args:
        facts: computes and verifies MACs.
        alarm: told of what is not authentic.
    """

    def __init__(self, facts: FactMac, alarm: TamperAlarm) -> None:
        self._facts = facts
        self._alarm = alarm

    def is_authentic(self, invite: Invite) -> bool:
        """Whether a stored invite is ours in all it says."""
        return self._facts.verify(invite_fact(invite), invite.mac)

    def damage_of(self, invite: Invite, reason: str = REASON) -> Damage:
        """What the alarm is told; one alarm for each invite and reason."""
        return Damage(invite.retailer_id, invite.invite_id, reason)

    async def insert(self, connection: asyncpg.Connection, invite: Invite) -> None:
        """Adds an invite."""
        await store.insert_invite(connection, replace(invite, mac=self._facts.compute(invite_fact(invite))))

    async def close(self, connection: asyncpg.Connection, invite: Invite, status: InviteStatus, at: datetime) -> bool:
        """Moves an invite to a decided status; False for one that is not authentic: it is closed with the alarm."""
        is_authentic = self.is_authentic(invite)
        await self._put(connection, replace(invite, status=status, decided_at=at), is_authentic=is_authentic)
        if not is_authentic:
            await self._alarm.report(self.damage_of(invite), connection)
        return is_authentic

    async def forget_contacts(self, connection: asyncpg.Connection, retailer_id: str) -> None:
        """Removes which phone was asked from every invite of a retailer."""
        for invite in await store.all_invites(connection, retailer_id):
            if invite.contact_ref is not None:
                is_authentic = self.is_authentic(invite)
                await self._put(connection, replace(invite, contact_ref=None), is_authentic=is_authentic)

    async def _put(self, connection: asyncpg.Connection, invite: Invite, *, is_authentic: bool) -> None:
        """Stores a change; what was not authentic gets no MAC by it."""
        mac = self._facts.compute(invite_fact(invite)) if is_authentic else None
        await store.put_decision(connection, replace(invite, mac=mac))
