"""The worker that ends what has run out; it signs nothing, since the grant's own record says when it ends."""

import asyncio
import logging
from datetime import datetime

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import retry_until, transaction
from altscore_libs.errors import Unavailable

from altscore_consent import store
from altscore_consent.announce import Announcer
from altscore_consent.domain import Invite, InviteStatus, StateStatus

_log = logging.getLogger("altscore.consent")


class Expiry:
    """Ends consents and invites past their time, one retailer a transaction."""

    def __init__(self, pool: asyncpg.Pool, announcer: Announcer, clock: Clock, *, interval_s: float = 5.0) -> None:
        self._pool = pool
        self._announce = announcer
        self._clock = clock
        self._interval_s = interval_s

    async def run(self, stop: asyncio.Event) -> None:
        """Looks every interval until `stop`; a lost database is waited for."""
        while not stop.is_set():
            try:
                await self.expire_due()
            except Unavailable:
                _log.warning("expiry waits for the database")
            await retry_until(stop, self._interval_s)

    async def expire_due(self, *, limit: int = 500) -> int:
        """Ends what is due now; returns how many consents and invites were ended."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            retailers = await store.retailers_due(connection, now, limit)
            invites = await store.due_invites(connection, now, limit)
        count = 0
        for retailer_id in retailers:
            count += await self._expire_consents(retailer_id, now)
        for retailer_id, invite_id in invites:
            async with transaction(self._pool) as connection:
                await store.lock_ledger(connection, retailer_id)
                found = await store.invite(connection, invite_id)
                count += found is not None and await expire_invite(connection, self._announce, found, now)
        return count

    async def _expire_consents(self, retailer_id: str, now: datetime) -> int:
        async with transaction(self._pool) as connection:
            await store.lock_ledger(connection, retailer_id)
            states = await store.states(connection, retailer_id)
            due = [one for one in states if one.status is StateStatus.ACTIVE and one.expires_at <= now]
            language = await store.language_of(connection, retailer_id)
            ids = sorted({one.consent_id for one in due})
            for consent_id in ids:
                version = await store.next_version(connection, retailer_id)
                await store.end_states(connection, consent_id, StateStatus.EXPIRED, version=version, ended_at=now)
                ended = [one for one in due if one.consent_id == consent_id]
                contact_ref = await store.contact_of_consent(connection, consent_id)
                await self._announce.expired(
                    connection,
                    retailer_id,
                    ended,
                    version=version,
                    language=language,
                    contact_ref=contact_ref,
                    at=now,
                )
            if ids:
                await store.count_change(connection)
        return len(ids)


async def expire_invite(connection: asyncpg.Connection, announcer: Announcer, invite: Invite, now: datetime) -> bool:
    """Closes an invite whose time is over; False when it was answered meanwhile. The ledger must be locked."""
    if invite.status is not InviteStatus.OPEN:
        return False
    await store.close_invite(connection, invite.invite_id, InviteStatus.EXPIRED, now)
    await announcer.invite_expired(connection, invite.retailer_id, invite.invite_id)
    return True
