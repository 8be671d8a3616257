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
from altscore_notification.channels import Channel, ChannelName
from altscore_notification.clients import Phone, Vault
from altscore_notification.domain import HALT, Fate, Verdict, next_try
from altscore_notification.sms import binds, falls_back, joint, no_later
from altscore_notification.store import Due

AT_ONCE = 8
SERVICE = "notification"
_log = logging.getLogger("altscore.notification")
_sent = Counter("altscore_notification_sent_total", "Messages a provider accepted.", ["kind", "channel"])
_refused = Counter("altscore_notification_refused_total", "Tries that did not send.", ["code", "fate"])
_halted = Gauge(
    "altscore_notification_halted", "1 while the provider refuses everything: token, account or payment.", ["channel"]
)


class Sender:
    """Sends queued messages.

    Args:
        pool: of the notification database.
        outbox: for audit.
        vault: reveals phones.
        whatsapp: the first way to everybody.
        sms: the way of two kinds when WhatsApp cannot; None while there is no SMS.
        clock: the present.
        sms_after: how long WhatsApp has for itself.
        provider_id_key: keys the hash of the provider's message ids; None keeps none.
        poll_interval_s: between two looks at an empty queue.
        keep: how long finished messages stay.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        vault: Vault,
        whatsapp: Channel,
        sms: Channel | None = None,
        *,
        clock: Clock,
        sms_after: timedelta = timedelta(minutes=30),
        provider_id_key: str | None = None,
        poll_interval_s: float = 0.2,
        keep: timedelta = timedelta(days=30),
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._vault = vault
        self._whatsapp = whatsapp
        self._sms = sms
        self._clock = clock
        self._sms_after = sms_after
        self._provider_id_key = provider_id_key
        self._poll_interval_s = poll_interval_s
        self._keep = keep

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
        """Tries what is due; returns how many messages were tried (none while the providers refuse everything)."""
        due = await self._claim(self._clock.now())
        await asyncio.gather(*(self._send(one) for one in due))
        return len(due)

    async def _claim(self, now: datetime) -> list[Due]:
        if not self._whatsapp.is_halted(now):
            async with transaction(self._pool) as connection:
                return await store.claim(connection, now, AT_ONCE)
        if self._sms is None or self._sms.is_halted(now):
            return []
        async with transaction(self._pool) as connection:
            return await store.claim_for_sms(connection, now, AT_ONCE, made_before=now - self._sms_after)

    async def _send(self, due: Due) -> None:
        phone = await self._phone_of(due)
        if isinstance(phone, Verdict):
            _count(phone)
            await self._settle(due, phone, due.channel)
            return
        if self._sms is not None and due.channel == ChannelName.SMS:
            await self._send_by_sms(self._sms, due, phone, None)
            return
        verdict = await self._ask(self._whatsapp, due, phone)
        age = self._clock.now() - due.created_at
        if self._sms is not None and falls_back(due.message, verdict, age=age, after=self._sms_after):
            await self._send_by_sms(self._sms, due, phone, verdict)
            return
        waits_for_sms = self._sms is not None and binds(due.message, verdict)
        await self._settle(due, verdict, ChannelName.SMS if waits_for_sms else ChannelName.WHATSAPP)

    async def _send_by_sms(self, sms: Channel, due: Due, phone: Phone, whatsapp: Verdict | None) -> None:
        """The other way; a message that SMS surely did not take and WhatsApp may still take goes back to WhatsApp."""
        if whatsapp is not None and binds(due.message, whatsapp):
            whatsapp = None
        if not sms.is_halted(self._clock.now()):
            async with transaction(self._pool) as connection:
                await store.bind_to_sms(connection, due.message_id)
        verdict = joint(whatsapp, await self._ask(sms, due, phone))
        is_only_way = whatsapp is None or verdict.is_unknown or verdict.fate is Fate.SENT
        await self._settle(due, verdict, ChannelName.SMS if is_only_way else ChannelName.WHATSAPP)

    async def _phone_of(self, due: Due) -> Phone | Verdict:
        try:
            phone = await self._vault.phone_of(due.message.retailer_id, due.message.contact_ref)
        except Unavailable:
            return Verdict(Fate.RETRY, "vault_unreachable")
        except RemoteError as error:
            return Verdict(Fate.RETRY, f"vault_{error.status}")
        return Verdict(Fate.FAILED, "no_phone") if phone is None else phone

    async def _ask(self, channel: Channel, due: Due, phone: Phone) -> Verdict:
        """One try by one channel; a channel that refuses everything rests, and somebody is told once."""
        now = self._clock.now()
        if channel.is_halted(now):
            return Verdict(Fate.HALT, f"{channel.name}_halted")
        verdict = await channel.say(due.message, phone)
        if verdict.fate is Fate.SENT:
            channel.resume()
            _halted.labels(channel.name).set(0)
            _sent.labels(due.message.kind, channel.name).inc()
            return verdict
        _count(verdict)
        if verdict.fate is Fate.HALT:
            _halted.labels(channel.name).set(1)
            if channel.halt(now):
                await self._tell_halt(channel, verdict)
        return verdict

    async def _settle(self, due: Due, verdict: Verdict, channel: str) -> None:
        now = self._clock.now()
        if verdict.fate is Fate.HALT:  # the provider refuses us, not this message: nothing is lost
            async with transaction(self._pool) as connection:
                await store.give_back(connection, due.message_id, now + HALT, verdict.code, channel=channel)
            return
        if verdict.fate is Fate.RETRY:
            again = next_try(now, created_at=due.created_at, attempts=due.attempts, at_least=verdict.at_least)
            if again is not None:
                if self._sms is not None:
                    again = no_later(again, due.message, now=now, turn_at=due.created_at + self._sms_after)
                async with transaction(self._pool) as connection:
                    await store.postpone(connection, due.message_id, again, verdict.code, channel=channel)
                return
            verdict = Verdict(Fate.FAILED, f"gave_up_{verdict.code}")
        await self._finish(due, verdict, channel, now)

    async def _finish(self, due: Due, verdict: Verdict, channel: str, now: datetime) -> None:
        is_sent = verdict.fate is Fate.SENT
        async with transaction(self._pool) as connection:
            await store.finish(
                connection,
                due.message_id,
                status="sent" if is_sent else "failed",
                at=now,
                channel=channel,
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
                details={"message_id": due.message_id, "kind": due.message.kind, "channel": channel},
            )
        if not is_sent:
            _log.error("a message failed", extra={"message_id": due.message_id, "code": verdict.code})

    async def _tell_halt(self, channel: Channel, verdict: Verdict) -> None:
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection,
                "message_refused",
                actor=SERVICE,
                outcome="halted",
                reason=verdict.code,
                details={"channel": channel.name},
            )
        _log.critical("the provider refuses every message", extra={"channel": channel.name, "code": verdict.code})

    def _hash(self, provider_id: str | None) -> str | None:
        if provider_id is None or self._provider_id_key is None:
            return None
        return hmac.new(self._provider_id_key.encode(), provider_id.encode(), hashlib.sha256).hexdigest()


def _count(verdict: Verdict) -> None:
    _refused.labels(verdict.code, verdict.fate).inc()
