"""The sender: takes what is due, asks the vault for the phone at the last moment, sends, and keeps no number."""

import asyncio
import hashlib
import hmac
import logging
from datetime import datetime, timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import retry_until, transaction
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError
from altscore_libs.outbox import Outbox
from prometheus_client import Counter, Gauge

from altscore_notification import store
from altscore_notification.clients import CloudApi, ProviderUnreachable, Vault
from altscore_notification.domain import HALT, Fate, Verdict, body_of, judge, next_try
from altscore_notification.store import Due

AT_ONCE = 8
SERVICE = "notification"
_log = logging.getLogger("altscore.notification")
_sent = Counter("altscore_notification_sent_total", "Messages the provider accepted.", ["kind"])
_refused = Counter("altscore_notification_refused_total", "Tries that did not send.", ["code", "fate"])
_halted = Gauge("altscore_notification_halted", "1 while the provider refuses everything: token, account or payment.")


class Sender:
    """Sends queued messages.

    Args:
        pool: of the notification database.
        outbox: for audit.
        vault: reveals phones.
        provider: the Cloud API.
        clock: the present.
        provider_id_key: keys the hash of the provider's message ids; None keeps none.
        poll_interval_s: between two looks at an empty queue.
        keep: how long finished messages stay.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        vault: Vault,
        provider: CloudApi,
        *,
        clock: Clock,
        provider_id_key: str | None = None,
        poll_interval_s: float = 0.2,
        keep: timedelta = timedelta(days=30),
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._vault = vault
        self._provider = provider
        self._clock = clock
        self._provider_id_key = provider_id_key
        self._poll_interval_s = poll_interval_s
        self._keep = keep
        self._halted_until: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until `stop`; a lost database is waited for."""
        while not stop.is_set():
            try:
                count = await self.send_due()
            except Unavailable:
                _log.warning("the sender waits for the database")
                count = 0
            if count == 0:
                await retry_until(stop, self._poll_interval_s)

    async def purge_loop(self, stop: asyncio.Event) -> None:
        """Forgets finished messages hourly."""
        while not stop.is_set():
            try:
                await self.purge()
            except Unavailable:
                _log.warning("the purge waits for the database")
            await retry_until(stop, 3600)

    async def purge(self) -> int:
        """Forgets what ended long enough ago."""
        async with transaction(self._pool) as connection:
            return await store.purge(connection, self._clock.now() - self._keep)

    async def send_due(self) -> int:
        """Tries what is due; returns how many messages were tried (none while the provider refuses everything)."""
        now = self._clock.now()
        if self._halted_until is not None and now < self._halted_until:
            return 0
        async with transaction(self._pool) as connection:
            due = await store.claim(connection, now, AT_ONCE)
        await asyncio.gather(*(self._send(one) for one in due))
        return len(due)

    async def _send(self, due: Due) -> None:
        try:
            phone = await self._vault.phone_of(due.message.retailer_id)
            if phone is None:
                verdict = Verdict(Fate.FAILED, "no_phone")
            else:
                verdict = judge(*await self._provider.send(body_of(due.message, phone.reveal())))
        except Unavailable:
            verdict = Verdict(Fate.RETRY, "vault_unreachable")
        except RemoteError as error:
            verdict = Verdict(Fate.RETRY, f"vault_{error.status}")
        except ProviderUnreachable:
            verdict = Verdict(Fate.RETRY, "provider_unreachable")
        await self._settle(due, verdict)

    async def _settle(self, due: Due, verdict: Verdict) -> None:
        now = self._clock.now()
        if verdict.fate is not Fate.SENT:
            _refused.labels(verdict.code, verdict.fate).inc()
        if verdict.fate is Fate.HALT:
            await self._halt(due, verdict, now)
            return
        if verdict.fate is Fate.RETRY:
            again = next_try(now, created_at=due.created_at, attempts=due.attempts, at_least=verdict.at_least)
            if again is not None:
                async with transaction(self._pool) as connection:
                    await store.postpone(connection, due.message_id, again, verdict.code)
                return
            verdict = Verdict(Fate.FAILED, f"gave_up_{verdict.code}")
        await self._finish(due, verdict, now)
        if verdict.fate is Fate.SENT:
            self._halted_until = None
            _halted.set(0)
            _sent.labels(due.message.kind).inc()

    async def _finish(self, due: Due, verdict: Verdict, now: datetime) -> None:
        is_sent = verdict.fate is Fate.SENT
        async with transaction(self._pool) as connection:
            await store.finish(
                connection,
                due.message_id,
                status="sent" if is_sent else "failed",
                at=now,
                error_code=None if is_sent else verdict.code,
                provider_hash=self._hash(verdict.provider_id),
            )
            await self._outbox.audit(
                connection,
                "message_sent" if is_sent else "message_refused",
                actor=SERVICE,
                outcome="ok" if is_sent else "failed",
                subject=due.message.retailer_id,
                reason=None if is_sent else verdict.code,
                details={"message_id": due.message_id, "kind": due.message.kind},
            )
        if not is_sent:
            _log.error("a message failed", extra={"message_id": due.message_id, "code": verdict.code})

    async def _halt(self, due: Due, verdict: Verdict, now: datetime) -> None:
        """The provider refuses us, not this message: nothing is lost or tried for a minute, and somebody is told."""
        is_news = self._halted_until is None
        self._halted_until = now + HALT
        _halted.set(1)
        async with transaction(self._pool) as connection:
            await store.give_back(connection, due.message_id, now + HALT, verdict.code)
            if is_news:
                await self._outbox.audit(
                    connection, "message_refused", actor=SERVICE, outcome="halted", reason=verdict.code
                )
        if is_news:
            _log.critical("the provider refuses every message", extra={"code": verdict.code})

    def _hash(self, provider_id: str | None) -> str | None:
        if provider_id is None or self._provider_id_key is None:
            return None
        return hmac.new(self._provider_id_key.encode(), provider_id.encode(), hashlib.sha256).hexdigest()
