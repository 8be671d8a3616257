"""Sends the codes that wait, with bounded retries, and forgets what is over."""

import logging
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.leased_queue import LeasedQueue, RetryPolicy
from altscore_libs.periodic import PeriodicWorker
from prometheus_client import Counter

from altscore_admin.portal.codes import domain, store
from altscore_admin.portal.codes.senders import CodeSender, NotSent
from altscore_admin.portal.codes.store import WaitingCode
from altscore_admin.portal.crypto import PortalKeys, Undecryptable
from altscore_admin.portal.oidc import store as oidc
from altscore_admin.portal.people import store as people
from altscore_admin.portal.people.domain import email_context, phone_context
from altscore_admin.portal.sessions import store as sessions

LEASE = timedelta(seconds=30)  # longer than the slowest attempt
RETRIES = RetryPolicy(timedelta(seconds=2), timedelta(seconds=30), give_up_after=timedelta(minutes=3), max_attempts=5)
RETENTION_S = 300.0
KEPT_SESSIONS = timedelta(days=30)
_log = logging.getLogger("altscore.portal.codes")
_codes = Counter("altscore_portal_codes_total", "Codes by channel and what became of them.", ["channel", "outcome"])


@dataclass(frozen=True)
class CodeDispatcher:
    """Brings each waiting code to its person.

    Args:
        pool: of the portal's database.
        clock: for leases and retries.
        keys: that decrypt contacts and codes.
        senders: by channel; a code of a channel without one is given up.
    """

    pool: asyncpg.Pool
    clock: Clock
    keys: PortalKeys
    senders: dict[str, CodeSender]

    def queue(self, *, poll_interval_s: float = 0.2) -> "LeasedQueue[WaitingCode]":
        """The loop."""
        return LeasedQueue("portal_codes", claim=self._claim, handle=self._handle, poll_interval_s=poll_interval_s)

    async def _claim(self, limit: int) -> list[WaitingCode]:
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            return await store.claim(connection, now, lease_until=now + LEASE, limit=limit)

    async def _handle(self, waiting: WaitingCode) -> None:
        outcome = await self._sent(waiting)
        due_at = None
        if outcome == "failed":
            due_at = RETRIES.next_attempt_at(self.clock.now(), created_at=waiting.created_at, attempts=waiting.attempts)
            outcome = "given_up" if due_at is None else "postponed"
        _codes.labels(waiting.channel, outcome).inc()
        async with transaction(self.pool) as connection:
            if due_at is None:
                await store.remove(connection, waiting.message_id)
            else:
                await store.postpone(connection, waiting.message_id, due_at)

    async def _sent(self, waiting: WaitingCode) -> str:
        """What became of one attempt: sent, nobody, given_up or failed."""
        sender = self.senders.get(waiting.channel)
        if waiting.person_id is None or self.clock.now() >= waiting.created_at + domain.LIFETIME:
            return "nobody"
        if sender is None:
            _log.error("no sender of this channel is configured", extra={"channel": waiting.channel})
            return "given_up"
        async with transaction(self.pool) as connection:
            contact = await people.contact(connection, waiting.person_id)
        if contact is None:
            return "nobody"
        try:
            code = self.keys.decrypt(
                waiting.code_ciphertext, domain.code_context(waiting.challenge_id, waiting.channel)
            )
            recipient = self._recipient(waiting, contact)
            await sender.send(recipient, code, contact["language"])
        except Undecryptable:
            _log.error("a waiting code cannot be decrypted", extra={"channel": waiting.channel})
            return "given_up"
        except NotSent as error:
            _log.warning("a code was not taken", extra={"channel": waiting.channel, "reason": str(error)})
            return "failed"
        return "sent"

    def _recipient(self, waiting: WaitingCode, contact: asyncpg.Record) -> str:
        person_id = waiting.person_id or ""
        if waiting.channel == "email":
            return self.keys.decrypt(bytes(contact["email_ciphertext"]), email_context(person_id))
        return self.keys.decrypt(bytes(contact["phone_ciphertext"] or b""), phone_context(person_id))


@dataclass(frozen=True)
class PortalRetention:
    """Removes challenges, attempts, sign-ins and sessions that are over."""

    pool: asyncpg.Pool
    clock: Clock

    def worker(self) -> PeriodicWorker:
        """The loop."""
        return PeriodicWorker("portal_retention", self.step, interval_s=RETENTION_S)

    async def step(self) -> bool:
        """Removes what is over; True is never returned, since the next turn does the rest."""
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            await store.remove_old(connection, now - domain.LONGEST_WINDOW)
            await oidc.remove_expired(connection, now)
            await sessions.remove_expired(connection, now - KEPT_SESSIONS)
        return False
