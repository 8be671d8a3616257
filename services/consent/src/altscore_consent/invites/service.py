"""The use cases of invites: open one, read them, and answer a reply that is neither yes nor no."""

from datetime import datetime, timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id

from altscore_consent.erasures.store import is_erased
from altscore_consent.errors import InviteUnknown, RetailerErased
from altscore_consent.grants.store import lock_ledger
from altscore_consent.invites import store
from altscore_consent.invites.domain import (
    Invite,
    InviteRequest,
    InviteStatus,
    UnclearReply,
    can_be_answered,
    invite_to_ask_about,
    may_ask_again,
)
from altscore_consent.invites.events import InvitePublisher
from altscore_consent.invites.notices import Notices
from altscore_consent.settings import SERVICE


class InviteService:
    """Opens and reads invites.

    Args:
        pool: of the consent database.
        publisher: writes events and audit in the caller's transaction.
        notices: templates.
        clock: the present.
        invite_ttl: how long an invite may be answered.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        publisher: InvitePublisher,
        notices: Notices,
        clock: Clock,
        invite_ttl: timedelta = timedelta(days=30),
    ) -> None:
        self._pool = pool
        self._publisher = publisher
        self._notices = notices
        self._clock = clock
        self._invite_ttl = invite_ttl

    async def invite(self, request: InviteRequest, *, actor: str) -> tuple[Invite, bool]:
        """Opens an invite, or returns the one that is open for this retailer and purpose; the flag says which.

        Raises:
            InvalidRequest: no notice explains the purpose, or its text gets too long.
            RetailerErased: this retailer is never asked again.
        """
        now = self._clock.now()
        invite = self._new_invite(request, now)
        async with transaction(self._pool) as connection:
            await lock_ledger(connection, request.retailer_id)
            if await is_erased(connection, request.retailer_id):
                raise RetailerErased("the retailer is erased")
            for current in await store.open_invites(connection, request.retailer_id):
                if current.purpose != request.purpose:
                    continue
                if can_be_answered(current, now):
                    return current, False
                await expire_invite(connection, self._publisher, current, now)
            await store.insert_invite(connection, invite)
            await self._publisher.invited(connection, invite, actor=actor)
        return invite, True

    def _new_invite(self, request: InviteRequest, now: datetime) -> Invite:
        shown = self._notices.show(
            distributor_name=request.distributor_name,
            lender_scope=request.lender_scope,
            purpose=request.purpose,
            language=request.language,
        )
        return Invite(
            invite_id=new_id("inv"),
            retailer_id=request.retailer_id,
            distributor_id=request.distributor_id,
            distributor_name=request.distributor_name,
            contact_ref=request.contact_ref,
            lender_scope=tuple(sorted(set(request.lender_scope))),
            purpose=request.purpose,
            language=request.language,
            notice_id=shown.notice.notice_id,
            notice_version=shown.notice.version,
            notice_text=shown.text,
            notice_sha256=shown.sha256,
            status=InviteStatus.OPEN,
            created_at=now,
            expires_at=now + self._invite_ttl,
        )

    async def find_invite(self, invite_id: str) -> Invite:
        """The invite with that id.

        Raises:
            InviteUnknown: no such invite.
        """
        async with transaction(self._pool) as connection:
            invite = await store.read_invite(connection, invite_id)
        if invite is None:
            raise InviteUnknown("no such invite")
        return invite

    async def open_invites(self, retailer_id: str) -> list[Invite]:
        """The retailer's invites that can still be answered by a typed HAAN."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            invites = await store.open_invites(connection, retailer_id)
        return [invite for invite in invites if can_be_answered(invite, now)]

    async def record_unclear_reply(self, reply: UnclearReply, *, actor: str) -> bool:
        """Asks again after an unclear reply.

        Returns:
            False when the message is known, the retailer was asked enough today, or is erased.
        """
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await lock_ledger(connection, reply.retailer_id)
            if await is_erased(connection, reply.retailer_id):
                return False
            asked = await store.clarifications_since(connection, reply.retailer_id, now - timedelta(days=1))
            was_asked = may_ask_again(asked)
            if not await store.add_unclear_reply(connection, reply, at=now, was_asked=was_asked):
                return False
            invite = await store.read_invite(connection, reply.invite_id) if reply.invite_id is not None else None
            await self._publisher.reply_unclear(
                connection,
                reply,
                asks_about=invite_to_ask_about(invite, reply.contact_ref),
                contact_ref=reply.contact_ref or (invite.contact_ref if invite is not None else None),
                language=await store.language_of(connection, reply.retailer_id),
                was_asked=was_asked,
                at=now,
                actor=actor,
            )
        return was_asked


async def expire_invite(
    connection: asyncpg.Connection, publisher: InvitePublisher, invite: Invite, now: datetime
) -> bool:
    """Closes an invite whose time is over; False when it was answered meanwhile. The ledger must be locked."""
    if invite.status is not InviteStatus.OPEN:
        return False
    await store.close_invite(connection, invite.invite_id, InviteStatus.EXPIRED, now)
    await publisher.expired(connection, invite, actor=SERVICE)
    return True
