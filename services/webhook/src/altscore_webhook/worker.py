"""The worker: opens what was stored, asks who wrote, tells consent; repeats while others are down, parks poison."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import retry_until, transaction
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper
from prometheus_client import Counter

from altscore_webhook import domain, store
from altscore_webhook.clients import Consent, Invite, Vault
from altscore_webhook.domain import Phone, Reply, Word
from altscore_webhook.errors import Unreadable
from altscore_webhook.sealing import unseal
from altscore_webhook.store import Due

AT_ONCE = 8
MAX_REFUSALS = 8
LONGEST_WAIT_S = 300
GIVE_UP = timedelta(days=7)
_log = logging.getLogger("altscore.webhook")
_finished = Counter("altscore_webhook_messages_total", "Messages brought to an end.", ["outcome"])


Contacts = Mapping[str, str]  # retailer to the contact that names it together with the phone that wrote


class Outcome(NamedTuple):
    """How a message ended, and for whom."""

    name: str
    retailer_ids: tuple[str, ...] = ()


class Worker:
    """Works the inbox off.

    Args:
        pool: of the webhook database.
        outbox: for audit.
        wrapper: unseals.
        vault: who wrote.
        consent: whom to tell.
        clock: the present.
        wamid_label: name of the secret that hashes message ids.
        poll_interval_s: between two looks at an empty inbox.
        keep: how long finished payloads and hashes stay.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        wrapper: KeyWrapper,
        *,
        vault: Vault,
        consent: Consent,
        clock: Clock,
        wamid_label: str = "wamid",
        poll_interval_s: float = 0.2,
        keep: tuple[timedelta, timedelta] = (timedelta(days=8), timedelta(days=90)),
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._wrapper = wrapper
        self._vault = vault
        self._consent = consent
        self._clock = clock
        self._wamid_label = wamid_label
        self._poll_interval_s = poll_interval_s
        self._keep = keep

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop`; a lost database is waited for."""
        while not stop.is_set():
            try:
                count = await self.work_once()
            except Unavailable:
                _log.warning("the worker waits for the database")
                count = 0
            if count == 0:
                await retry_until(stop, self._poll_interval_s)

    async def purge_loop(self, stop: asyncio.Event) -> None:
        """Forgets hourly what need not be kept."""
        while not stop.is_set():
            try:
                await self.purge()
            except Unavailable:
                _log.warning("the purge waits for the database")
            await retry_until(stop, 3600)

    async def purge(self) -> int:
        """Forgets raw deliveries and, later, their hashes."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            return await store.purge(connection, payloads_before=now - self._keep[0], hashes_before=now - self._keep[1])

    async def work_once(self) -> int:
        """Processes what is due; returns how many messages were tried."""
        async with transaction(self._pool) as connection:
            due = await store.claim(connection, self._clock.now(), AT_ONCE)
        await asyncio.gather(*(self._work(one) for one in due))
        return len(due)

    async def _work(self, due: Due) -> None:
        try:
            outcome = await self._process(due)
        except Unavailable:
            await self._later(due, has_limit=False)
        except Unreadable as error:
            await self._finish(due, Outcome("unreadable"), status="parked", reason=str(error))
        except (RemoteError, KeyError, TypeError, ValueError, asyncpg.PostgresError) as error:
            _log.warning("a message could not be processed", extra={"reason": type(error).__name__})
            await self._later(due, has_limit=True)
        else:
            status = "parked" if outcome.name == "unresolvable" else "done"
            await self._finish(due, outcome, status=status)

    async def _process(self, due: Due) -> Outcome:
        if due.sealed is None or due.delivery_id is None:
            raise Unreadable("the delivery is gone")
        body = domain.parse(await unseal(self._wrapper, due.delivery_id, due.sealed))
        reply = domain.read_reply(domain.message_at(body, due.place), due.received_at)
        if reply.word is Word.NOTHING:
            return Outcome("ignored")
        if reply.phone is None:
            return Outcome("unresolvable")  # a user known by his user id alone: kept for when the vault knows those
        return await self._decide(reply, reply.phone, due.message_hash)

    async def _decide(self, reply: Reply, phone: Phone, message_hash: str) -> Outcome:
        contacts = await self._vault.contacts_of(phone)
        if not contacts:
            return Outcome("unknown_sender")
        if reply.word is Word.NO:
            return await self._refuse(reply, contacts, message_hash)
        if reply.word is Word.YES:
            if await self._is_replaced(message_hash):
                return Outcome("replaced", tuple(contacts))
            invite = await self._invite_of(reply, contacts)
            if invite is not None:
                return await self._agree(invite, reply, contacts, message_hash)
        return await self._ask_again(contacts, message_hash)

    async def _invite_of(self, reply: Reply, contacts: Contacts) -> Invite | None:
        """The invite that a HAAN answers: the button's, that of the message replied to, the only open one.

        Source: decision 65. An open invite that was put to this very phone goes before those put to another.
        """
        invite_id = reply.invite_id or await self._replied_to(reply)
        if invite_id is not None:
            invite = await self._consent.invite(invite_id)
            return invite if invite is not None and invite.retailer_id in contacts else None
        open_invites = await self._open_invites(contacts)
        candidates = [invite for invite in open_invites if was_put_to(invite, contacts)] or open_invites
        return candidates[0] if len(candidates) == 1 else None

    async def _open_invites(self, contacts: Contacts) -> list[Invite]:
        return [invite for retailer_id in contacts for invite in await self._consent.open_invites(retailer_id)]

    async def _replied_to(self, reply: Reply) -> str | None:
        if reply.replied_to is None:
            return None
        digest = await self._wrapper.hmac(self._wamid_label, reply.replied_to.encode(errors="replace"))
        async with transaction(self._pool) as connection:
            return await store.invite_of_sent(connection, digest.hex())

    async def _is_replaced(self, message_hash: str) -> bool:
        async with transaction(self._pool) as connection:
            return await store.is_replaced(connection, message_hash)

    async def _agree(self, invite: Invite, reply: Reply, contacts: Contacts, message_hash: str) -> Outcome:
        """Only the phone that was asked may consent (decision 89); another one is asked again in neutral words."""
        contact_ref = contacts[invite.retailer_id]
        if not was_put_to(invite, contacts):
            await self._consent.unclear(invite.retailer_id, contact_ref, None, message_hash)
            return Outcome("wrong_phone", (invite.retailer_id,))
        refusal = await self._consent.grant(invite, contact_ref, message_hash, reply.sent_at)
        if refusal is None:
            return Outcome("granted", (invite.retailer_id,))
        if refusal == "ANSWER_OUTDATED":
            return Outcome("outdated", (invite.retailer_id,))
        return await self._ask_again(contacts, message_hash)

    async def _refuse(self, reply: Reply, contacts: Contacts, message_hash: str) -> Outcome:
        """A typed NAHI is for every retailer of the phone; a button's NO for the retailer that its invite asked."""
        retailer_ids = list(contacts)
        if reply.invite_id is not None:
            invite = await self._consent.invite(reply.invite_id)
            if invite is not None and invite.retailer_id in contacts:
                retailer_ids = [invite.retailer_id]
        answers = [await self._consent.revoke(name, message_hash, reply.sent_at) for name in retailer_ids]
        is_outdated = all(answer == "outdated" for answer in answers)
        return Outcome("outdated" if is_outdated else "revoked", tuple(retailer_ids))

    async def _ask_again(self, contacts: Contacts, message_hash: str) -> Outcome:
        """Asks about the open invite of this phone where there is just one, else about none; one question per phone."""
        invites = [invite for invite in await self._open_invites(contacts) if was_put_to(invite, contacts)]
        invite_id = invites[0].invite_id if len(invites) == 1 else None
        retailer_id = invites[0].retailer_id if invites else next(iter(contacts))
        await self._consent.unclear(retailer_id, contacts[retailer_id], invite_id, message_hash)
        return Outcome("unclear", (retailer_id,))

    async def _finish(self, due: Due, outcome: Outcome, *, status: str, reason: str | None = None) -> None:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await store.finish(connection, due.message_hash, status=status, outcome=outcome.name, at=now)
            if outcome.name != "ignored":
                for subject in outcome.retailer_ids or (None,):
                    await self._outbox.audit(
                        connection,
                        "reply_received",
                        actor="retailer",
                        outcome=outcome.name,
                        subject=subject,
                        reason=reason,
                        details={"message": due.message_hash, "status": status},
                    )
        _finished.labels(outcome.name).inc()
        if status == "parked":
            _log.error("a message is parked", extra={"message_hash": due.message_hash, "outcome": outcome.name})

    async def _later(self, due: Due, *, has_limit: bool) -> None:
        now = self._clock.now()
        if now - due.received_at > GIVE_UP or (has_limit and due.attempts >= MAX_REFUSALS):
            await self._finish(due, Outcome("gave_up"), status="parked")
            return
        async with transaction(self._pool) as connection:
            await store.retry_at(connection, due.message_hash, now + wait(due.attempts))


def wait(attempts: int) -> timedelta:
    """1, 2, 4, … seconds after each failed try, five minutes at most."""
    return timedelta(seconds=min(LONGEST_WAIT_S, 2 ** min(attempts - 1, 10)))


def was_put_to(invite: Invite, contacts: Contacts) -> bool:
    """Whether the invite was put to the phone with these contacts (decision 89)."""
    return invite.contact_ref is not None and contacts.get(invite.retailer_id) == invite.contact_ref
