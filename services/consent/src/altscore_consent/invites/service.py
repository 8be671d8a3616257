"""The use cases of invites: open one, read them, and answer a reply that is neither yes nor no."""

from datetime import datetime, timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id

from altscore_consent.erasures.store import is_erased
from altscore_consent.errors import InviteUnknown, RetailerErased
from altscore_consent.grants.integrity import StateVerifier
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
from altscore_consent.invites.integrity import InviteVerifier
from altscore_consent.invites.notices import Notices
from altscore_consent.ledgers.service import LedgerService
from altscore_consent.settings import SERVICE

_LAST_SEQ = 2**63 - 1


class InviteService:
    """Opens and reads invites.

    Args:
        pool: of the consent database.
        publisher: writes events and audit in the caller's transaction.
        notices: templates.
        verifier: computes and verifies MACs, and raises the alarm.
        clock: the present.
        invite_ttl: how long an invite may be answered.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        publisher: InvitePublisher,
        notices: Notices,
        verifier: StateVerifier,
        clock: Clock,
        invite_ttl: timedelta = timedelta(days=30),
    ) -> None:
        self._pool = pool
        self._facts = verifier.facts
        self._alarm = verifier.alarm
        self._invites = InviteVerifier(verifier.facts, verifier.alarm)
        self._ledgers = LedgerService(verifier.facts, verifier.alarm, clock)
        self._publisher = publisher
        self._notices = notices
        self._clock = clock
        self._invite_ttl = invite_ttl

    async def of_distributor(self, distributor_id: str, *, before: str | None, limit: int) -> list[asyncpg.Record]:
        """A page of a distributor's invites, the newest first; a state that is not authentic is shown, never used."""
        async with transaction(self._pool) as connection:
            return await store.invites_of_distributor(
                connection, distributor_id, before_seq=int(before) if before else _LAST_SEQ, limit=limit
            )

    async def invite(self, request: InviteRequest, *, actor: str) -> tuple[Invite, bool]:
        """Opens an invite, or returns the one that is open for this retailer and purpose; the flag says which.

        Raises:
            InvalidRequest: no notice explains the purpose, or its text gets too long.
            RetailerErased: this retailer is never asked again.
        """
        now = self._clock.now()
        invite = self._new_invite(request, now)
        async with transaction(self._pool) as connection:
            ledger = await self._ledgers.lock(connection, request.retailer_id)
            if await is_erased(connection, request.retailer_id):
                raise RetailerErased("the retailer is erased")
            for current in await store.open_invites(connection, request.retailer_id):
                if current.purpose != request.purpose:
                    continue
                if can_be_answered(current, now) and self._invites.is_authentic(current):
                    return current, False
                await expire_invite(connection, current, now, invites=self._invites, publisher=self._publisher)
            await self._invites.insert(connection, invite)
            token = self._facts.reply_token(invite, ledger.last_no_at)
            await self._publisher.invited(connection, invite, reply_token=token, actor=actor)
        return invite, True

    def _new_invite(self, request: InviteRequest, now: datetime) -> Invite:
        lender_scope = tuple(sorted(set(request.lender_scope)))
        shown = self._notices.show(
            distributor_name=request.distributor_name,
            lender_scope=lender_scope,
            purpose=request.purpose,
            language=request.language,
        )
        return Invite(
            invite_id=new_id("inv"),
            retailer_id=request.retailer_id,
            distributor_id=request.distributor_id,
            distributor_name=request.distributor_name,
            contact_ref=request.contact_ref,
            lender_scope=lender_scope,
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
            InviteUnknown: no such invite, or one that is not authentic.
        """
        async with transaction(self._pool) as connection:
            invite = await store.read_invite(connection, invite_id)
        if invite is None:
            raise InviteUnknown("no such invite")
        if not self._invites.is_authentic(invite):
            await self._alarm.report(self._invites.damage_of(invite))
            raise InviteUnknown("no such invite")
        return invite

    async def open_invites(self, retailer_id: str) -> list[Invite]:
        """The retailer's invites that can still be answered by a typed HAAN."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            invites = await store.open_invites(connection, retailer_id)
        authentic = [invite for invite in invites if self._invites.is_authentic(invite)]
        for invite in invites:
            if invite not in authentic:
                await self._alarm.report(self._invites.damage_of(invite))
        return [invite for invite in authentic if can_be_answered(invite, now)]

    async def record_unclear_reply(self, reply: UnclearReply, *, actor: str) -> bool:
        """Asks again after an unclear reply.

        Returns:
            False when the message is known, the retailer was asked enough today, or is erased.
        """
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            ledger = await self._ledgers.lock(connection, reply.retailer_id)
            if await is_erased(connection, reply.retailer_id):
                return False
            asked = await store.clarifications_since(connection, reply.retailer_id, now - timedelta(days=1))
            was_asked = may_ask_again(asked)
            if not await store.add_unclear_reply(connection, reply, at=now, was_asked=was_asked):
                return False
            invite = await self._authentic_invite(connection, reply.invite_id)
            asks_about = invite_to_ask_about(invite, reply.contact_ref)
            await self._publisher.reply_unclear(
                connection,
                reply,
                asks_about=asks_about,
                reply_token=self._facts.reply_token(invite, ledger.last_no_at) if invite and asks_about else None,
                contact_ref=reply.contact_ref or (invite.contact_ref if invite is not None else None),
                language=await store.language_of(connection, reply.retailer_id),
                was_asked=was_asked,
                at=now,
                actor=actor,
            )
        return was_asked

    async def _authentic_invite(self, connection: asyncpg.Connection, invite_id: str | None) -> Invite | None:
        invite = await store.read_invite(connection, invite_id) if invite_id is not None else None
        if invite is not None and not self._invites.is_authentic(invite):
            await self._alarm.report(self._invites.damage_of(invite), connection)
            return None
        return invite


async def expire_invite(
    connection: asyncpg.Connection,
    invite: Invite,
    now: datetime,
    *,
    invites: InviteVerifier,
    publisher: InvitePublisher,
) -> bool:
    """Closes an invite whose time is over; False when it was answered meanwhile. The ledger must be locked.

    One that is not authentic is closed with the alarm, and not announced.
    """
    if invite.status is not InviteStatus.OPEN:
        return False
    if await invites.close(connection, invite, InviteStatus.EXPIRED, now):
        await publisher.expired(connection, invite, actor=SERVICE)
    return True
