"""Sends a queued message: asks the vault for the phone at the last moment, and keeps no number."""

import hashlib
import hmac
import logging
from datetime import datetime, timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError
from altscore_libs.identifiers import Phone
from altscore_libs.leased_queue import RetryPolicy
from altscore_libs.outbox import Outbox
from prometheus_client import Counter, Gauge

from altscore_notification.clients import VaultClient
from altscore_notification.messages import store
from altscore_notification.messages.channel import Channel, ChannelName
from altscore_notification.messages.domain import GIVE_UP, HALT, SendResult, SendStatus
from altscore_notification.messages.store import DueMessage
from altscore_notification.sms.domain import capped_at_sms_turn, combined_result, falls_back_to_sms, leaves_only_sms

SERVICE = "notification"
RETRY = RetryPolicy(first_wait=timedelta(seconds=2), longest_wait=timedelta(hours=1), give_up_after=GIVE_UP)
_log = logging.getLogger("altscore.notification")
_sent = Counter("altscore_notification_sent_total", "Messages a provider accepted.", ["kind", "channel"])
_refused = Counter("altscore_notification_refused_total", "Attempts that did not send.", ["code", "fate"])
_halted = Gauge(
    "altscore_notification_halted", "1 while the provider refuses everything: token, account or payment.", ["channel"]
)


class MessageService:
    """Sends queued messages.

    Args:
        pool: of the notification database.
        outbox: for audit.
        vault: reveals phones.
        whatsapp: the first channel for every message.
        sms: the fallback of two kinds of message; None while there is no SMS.
        clock: the present.
        sms_after: how long WhatsApp alone is tried.
        provider_id_key: MAC key for the provider's message ids; None: they are not kept.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        vault: VaultClient,
        *,
        whatsapp: Channel,
        sms: Channel | None,
        clock: Clock,
        sms_after: timedelta = timedelta(minutes=30),
        provider_id_key: str | None = None,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._vault = vault
        self._whatsapp = whatsapp
        self._sms = sms
        self._clock = clock
        self._sms_after = sms_after
        self._provider_id_key = provider_id_key

    async def claim(self, limit: int) -> list[DueMessage]:
        """Leases messages that are due and that a channel can take now; none while the providers refuse everything."""
        now = self._clock.now()
        if not self._whatsapp.is_halted(now):
            async with transaction(self._pool) as connection:
                return await store.claim(connection, now, limit)
        if self._sms is None or self._sms.is_halted(now):
            return []
        async with transaction(self._pool) as connection:
            return await store.claim_for_sms(connection, now, limit, created_before=now - self._sms_after)

    async def send(self, due: DueMessage) -> None:
        """Makes one attempt and records what became of it."""
        phone = await self._phone_of(due)
        if isinstance(phone, SendResult):
            _count(phone)
            await self._record(due, phone, due.channel)
            return
        if self._sms is not None and due.channel == ChannelName.SMS:
            await self._send_by_sms(self._sms, due, phone, None)
            return
        result = await self._send_by(self._whatsapp, due, phone)
        age = self._clock.now() - due.created_at
        if self._sms is not None and falls_back_to_sms(due.message, result, age=age, after=self._sms_after):
            await self._send_by_sms(self._sms, due, phone, result)
            return
        waits_for_sms = self._sms is not None and leaves_only_sms(due.message, result)
        await self._record(due, result, ChannelName.SMS if waits_for_sms else ChannelName.WHATSAPP)

    async def _send_by_sms(self, sms: Channel, due: DueMessage, phone: Phone, whatsapp: SendResult | None) -> None:
        """The fallback; a message that SMS surely did not take and WhatsApp may still take goes back to WhatsApp."""
        if whatsapp is not None and leaves_only_sms(due.message, whatsapp):
            whatsapp = None
        if not sms.is_halted(self._clock.now()):
            async with transaction(self._pool) as connection:
                await store.bind_to_sms(connection, due.message_id)
        result = combined_result(whatsapp, await self._send_by(sms, due, phone))
        is_sms_only = whatsapp is None or result.may_have_been_taken or result.status is SendStatus.SENT
        await self._record(due, result, ChannelName.SMS if is_sms_only else ChannelName.WHATSAPP)

    async def _phone_of(self, due: DueMessage) -> Phone | SendResult:
        try:
            message = due.message
            phone = await self._vault.phone_of(message.retailer_id, message.contact_ref, message_id=due.message_id)
        except Unavailable:
            return SendResult(SendStatus.RETRY, "vault_unreachable")
        except RemoteError as error:
            return SendResult(SendStatus.RETRY, f"vault_{error.status}")
        return SendResult(SendStatus.FAILED, "no_phone") if phone is None else phone

    async def _send_by(self, channel: Channel, due: DueMessage, phone: Phone) -> SendResult:
        """One attempt by one channel; a channel that refuses everything is paused, audited once."""
        now = self._clock.now()
        if channel.is_halted(now):
            return SendResult(SendStatus.HALT, f"{channel.name}_halted")
        result = await channel.send(due.message, phone)
        if result.status is SendStatus.SENT:
            channel.resume()
            _halted.labels(channel.name).set(0)
            _sent.labels(due.message.kind, channel.name).inc()
            return result
        _count(result)
        if result.status is SendStatus.HALT:
            _halted.labels(channel.name).set(1)
            if channel.halt(now):
                await self._report_halt(channel, result)
        return result

    async def _record(self, due: DueMessage, result: SendResult, channel: str) -> None:
        now = self._clock.now()
        if result.status is SendStatus.HALT:  # the provider refuses us, not this message: nothing is lost
            async with transaction(self._pool) as connection:
                await store.postpone_uncounted(connection, due.message_id, now + HALT, result.code, channel=channel)
            return
        if result.status is SendStatus.RETRY:
            next_at = self._next_attempt_at(due, result, now)
            if next_at is not None:
                async with transaction(self._pool) as connection:
                    await store.postpone(connection, due.message_id, next_at, result.code, channel=channel)
                return
            result = SendResult(SendStatus.FAILED, f"gave_up_{result.code}")
        await self._finish(due, result, channel, now)

    def _next_attempt_at(self, due: DueMessage, result: SendResult, now: datetime) -> datetime | None:
        next_at = RETRY.next_attempt_at(now, created_at=due.created_at, attempts=due.attempts, at_least=result.min_wait)
        if next_at is None or self._sms is None:
            return next_at
        return capped_at_sms_turn(next_at, due.message, now=now, sms_at=due.created_at + self._sms_after)

    async def _finish(self, due: DueMessage, result: SendResult, channel: str, now: datetime) -> None:
        is_sent = result.status is SendStatus.SENT
        async with transaction(self._pool) as connection:
            await store.finish(
                connection,
                due.message_id,
                status="sent" if is_sent else "failed",
                at=now,
                channel=channel,
                error_code=None if is_sent else result.code,
                provider_hash=self._mac_of(result.provider_id),
            )
            await self._outbox.audit(
                connection,
                "message_sent" if is_sent else "message_refused",
                actor=SERVICE,
                outcome="ok" if is_sent else "failed",
                subject=due.message.retailer_id,
                reason=None if is_sent else result.code,
                details={
                    **{"message_id": due.message_id, "kind": due.message.kind, "channel": channel},
                    **({"notice_id": due.notice_id} if due.notice_id else {}),
                },
            )
        if not is_sent:
            _log.error("a message failed", extra={"message_id": due.message_id, "code": result.code})

    async def _report_halt(self, channel: Channel, result: SendResult) -> None:
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection,
                "message_refused",
                actor=SERVICE,
                outcome="halted",
                reason=result.code,
                details={"channel": channel.name},
            )
        _log.critical("the provider refuses every message", extra={"channel": channel.name, "code": result.code})

    def _mac_of(self, provider_id: str | None) -> str | None:
        if provider_id is None or self._provider_id_key is None:
            return None
        return hmac.new(self._provider_id_key.encode(), provider_id.encode(), hashlib.sha256).hexdigest()


class MessagePurge:
    """Deletes finished messages.

    Args:
        pool: of the notification database.
        clock: the present.
        keep: how long finished messages stay.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock, *, keep: timedelta) -> None:
        self._pool = pool
        self._clock = clock
        self._keep = keep

    async def purge(self) -> int:
        """Deletes what ended long enough ago; returns how many messages."""
        async with transaction(self._pool) as connection:
            return await store.purge(connection, self._clock.now() - self._keep)


def _count(result: SendResult) -> None:
    _refused.labels(result.code, result.status).inc()
