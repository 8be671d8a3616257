"""Applies an erasure: standing consent ends with a signed withdrawal, invites close, and no phone can be reached."""

from datetime import datetime

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.erasures import Erasure
from altscore_libs.outbox import Outbox

from altscore_consent.erasures import store
from altscore_consent.grants.domain import Withdrawal
from altscore_consent.grants.integrity import StateVerifier
from altscore_consent.grants.service import ConsentService
from altscore_consent.grants.store import count_change
from altscore_consent.invites import store as invite_store
from altscore_consent.invites.events import InvitePublisher
from altscore_consent.invites.integrity import InviteVerifier
from altscore_consent.invites.service import expire_invite
from altscore_consent.ledgers.service import LedgerService
from altscore_consent.settings import SERVICE

REASON, VAULT = "erasure", "vault"


class ErasureService:
    """Forgets erased retailers; records of their consents stay, as evidence under an id that names nobody.

    Args:
        consents: ends consents.
        invite_publisher: of invites that end with the retailer.
        verifier: computes and verifies MACs, and raises the alarm.
        outbox: for the audit.
        clock: the present.
    """

    def __init__(
        self,
        *,
        consents: ConsentService,
        invite_publisher: InvitePublisher,
        verifier: StateVerifier,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._consents = consents
        self._invite_publisher = invite_publisher
        self._invites = InviteVerifier(verifier.facts, verifier.alarm)
        self._ledgers = LedgerService(verifier.facts, verifier.alarm, clock)
        self._outbox = outbox
        self._clock = clock

    async def apply(self, connection: asyncpg.Connection, erasure: Erasure, *, erased_at: datetime) -> None:
        """Ends everything of every id of the shop, in the caller's transaction; safe to repeat.

        Raises:
            Unavailable: the key store does not sign the withdrawals; nothing is done.
        """
        now = self._clock.now()
        consents = invites = 0
        for retailer_id in erasure.retailer_ids:
            ledger = await self._ledgers.lock(connection, retailer_id)
            await store.add(connection, retailer_id, request_id=erasure.request_id, erased_at=erased_at, at=now)
            await self._invites.forget_contacts(connection, retailer_id)  # first: what is announced names no phone
            await store.delete_unclear_replies(connection, retailer_id)
            withdrawal = Withdrawal(
                retailer_id=retailer_id, reason=REASON, requested_by=VAULT, sent_at=min(erased_at, now)
            )
            consents += len(await self._consents.end_all(connection, withdrawal, ledger))
            for invite in await invite_store.open_invites(connection, retailer_id):
                invites += await expire_invite(
                    connection, invite, now, invites=self._invites, publisher=self._invite_publisher
                )
        await self._outbox.audit(
            connection,
            "erasure_applied",
            actor=SERVICE,
            subject=erasure.retailer_ids[0],
            outcome="erased",
            details={
                "request_id": erasure.request_id,
                "retailer_ids": ",".join(erasure.retailer_ids),
                "consents_ended": str(consents),
                "invites_ended": str(invites),
            },
        )
        await count_change(connection)  # last: its row is shared by all retailers
