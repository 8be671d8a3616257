"""The step that ends what has expired; it signs nothing, since the grant's own record says when it ends."""

from datetime import datetime

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_consent.grants import store
from altscore_consent.grants.domain import StateStatus, active_of_consent
from altscore_consent.grants.events import ConsentPublisher
from altscore_consent.grants.integrity import StateVerifier
from altscore_consent.grants.service import describe_ended
from altscore_consent.invites import store as invite_store
from altscore_consent.invites.events import InvitePublisher
from altscore_consent.invites.integrity import InviteVerifier
from altscore_consent.invites.service import expire_invite
from altscore_consent.ledgers.service import LedgerService
from altscore_consent.settings import SERVICE

BATCH = 500


class Expiry:
    """Ends consents and invites past their time, one retailer a transaction.

    Args:
        pool: of the consent database.
        publisher: announces ended consents.
        invite_publisher: announces ended invites.
        verifier: computes and verifies MACs, and raises the alarm.
        clock: the time.
        batch_size: most retailers, and most invites, of one step.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        publisher: ConsentPublisher,
        invite_publisher: InvitePublisher,
        verifier: StateVerifier,
        clock: Clock,
        batch_size: int = BATCH,
    ) -> None:
        self._pool = pool
        self._publisher = publisher
        self._invite_publisher = invite_publisher
        self._invites = InviteVerifier(verifier.facts, verifier.alarm)
        self._ledgers = LedgerService(verifier.facts, verifier.alarm, clock)
        self._clock = clock
        self._batch_size = batch_size

    async def step(self) -> bool:
        """Ends what is due now; True when a whole batch was due, so that more may wait."""
        return await self.expire_due() >= self._batch_size

    async def expire_due(self) -> int:
        """Ends what is due now; returns how many consents and invites were ended."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            retailers = await store.retailers_due(connection, now, self._batch_size)
            invites = await invite_store.due_invites(connection, now, self._batch_size)
        count = 0
        for retailer_id in retailers:
            count += await self._expire_consents(retailer_id, now)
        for retailer_id, invite_id in invites:
            count += await self._expire_invite(retailer_id, invite_id, now)
        return count

    async def _expire_consents(self, retailer_id: str, now: datetime) -> int:
        async with transaction(self._pool) as connection:
            ledger = await self._ledgers.lock(connection, retailer_id)
            states = await store.states_of(connection, retailer_id)
            due = [state for state in states if state.status is StateStatus.ACTIVE and state.expires_at <= now]
            ids = sorted({state.consent_id for state in due})
            for consent_id in ids:
                ledger = await self._ledgers.next_version(connection, ledger)
                version = ledger.version
                await store.end_states(connection, consent_id, StateStatus.EXPIRED, version=version, ended_at=now)
                ended = await describe_ended(
                    connection, retailer_id, active_of_consent(due, consent_id), version=version, at=now
                )
                await self._publisher.expired(connection, ended, actor=SERVICE)
            if ids:
                await store.count_change(connection)
        return len(ids)

    async def _expire_invite(self, retailer_id: str, invite_id: str, now: datetime) -> bool:
        async with transaction(self._pool) as connection:
            await self._ledgers.lock(connection, retailer_id)
            invite = await invite_store.read_invite(connection, invite_id)
            return invite is not None and await expire_invite(
                connection, invite, now, invites=self._invites, publisher=self._invite_publisher
            )
