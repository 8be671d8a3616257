"""Takes deliveries in: verified, encrypted, stored. What they mean is decided later, by the worker."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import uuid7
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper
from prometheus_client import Counter

from altscore_webhook.deliveries import store
from altscore_webhook.deliveries.domain import Item, ItemKind, items_of, parse_body
from altscore_webhook.deliveries.envelope import encrypt
from altscore_webhook.deliveries.signature import has_valid_signature, is_same_token
from altscore_webhook.erasures.store import link_messages, link_phones, live_retailers, purge_phones
from altscore_webhook.errors import SignatureInvalid
from altscore_webhook.users.domain import Sightings, sightings_of
from altscore_webhook.users.service import UserService
from altscore_webhook.users.store import purge_users

_log = logging.getLogger("altscore.webhook")
_received = Counter("altscore_webhook_items_total", "Messages and statuses taken for the first time.", ["kind"])
_failed = Counter("altscore_webhook_send_failures_total", "Sends that failed after acceptance.", ["code"])


class DeliveryService:
    """Takes deliveries in.

    Args:
        pool: of the webhook database.
        outbox: for the audit of refused deliveries.
        wrapper: wraps data keys, and computes the MACs by which message ids are known.
        users: learns whose phone it is.
        clock: the present.
        wamid_label: name of the MAC key for message ids.
        app_secret: Meta's.
        verify_token: of the handshake.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        wrapper: KeyWrapper,
        *,
        users: UserService,
        clock: Clock,
        wamid_label: str,
        app_secret: str,
        verify_token: str,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._wrapper = wrapper
        self._users = users
        self._clock = clock
        self._wamid_label = wamid_label
        self._app_secret = app_secret
        self._verify_token = verify_token

    def is_our_verify_token(self, token: str) -> bool:
        """Whether a handshake is meant for this service."""
        return is_same_token(token, self._verify_token)

    async def receive(self, raw: bytes, signature: str) -> None:
        """Verifies and stores a delivery; what was received before is not stored again.

        Raises:
            SignatureInvalid: not signed by Meta; audited.
            InvalidRequest: signed, and not JSON.
            Unavailable: cannot be stored; Meta sends it again.
        """
        if not has_valid_signature(raw, signature, self._app_secret):
            await self._refuse()
        body = parse_body(raw)
        items, sightings = items_of(body), sightings_of(body)
        if not items:
            return
        hashes = await self._hashes(_identifiers(items, sightings))
        by_hash = {hashes[item.identity]: item for item in items}
        invites = {hashes[item.message_id]: item.invite_id for item in items if item.message_id and item.invite_id}
        now, delivery_id = self._clock.now(), uuid7()
        async with transaction(self._pool) as connection:
            erased = await self._link(connection, items, hashes, now)
            await store.add_sent_messages(connection, invites, now)
            await self._users.learn(connection, sightings.without_phones(erased), hashes, now)
            known = await store.known_hashes(connection, list(by_hash))
            fresh = [(message_hash, item) for message_hash, item in by_hash.items() if message_hash not in known]
            if not fresh:
                return
            if all(item.kind is ItemKind.STATUS for _, item in fresh):  # nobody reads the body again
                await store.add_items(connection, None, fresh, now, hashes=hashes)
            else:
                envelope = await encrypt(self._wrapper, raw, context=delivery_id.bytes)
                await store.add_delivery(connection, delivery_id, envelope, now, signature=signature)
                await store.add_items(connection, delivery_id, fresh, now, hashes=hashes)
                await link_messages(connection, _retailers(fresh))
        _count([item for _, item in fresh])

    async def _link(
        self, connection: asyncpg.Connection, items: Sequence[Item], hashes: Mapping[str, str], now: datetime
    ) -> set[str]:
        """Records which retailers messages of ours went to; returns the numbers of those who are erased."""
        sent = {(item.retailer_id, item.recipient) for item in items if item.retailer_id and item.recipient}
        if not sent:
            return set()
        live = await live_retailers(connection, [retailer_id for retailer_id, _ in sent])
        recipients = [(retailer_id, phone) for retailer_id, phone in sent if retailer_id in live]
        await link_phones(connection, [(retailer_id, hashes[phone]) for retailer_id, phone in recipients], now)
        return {phone for _, phone in sent} - {phone for _, phone in recipients}

    async def _hashes(self, texts: Iterable[str]) -> dict[str, str]:
        """The keyed hash of each text, by text."""
        unique = list(dict.fromkeys(texts))
        macs = await self._wrapper.hmac_many(self._wamid_label, [text.encode(errors="replace") for text in unique])
        return {text: mac.hex() for text, mac in zip(unique, macs, strict=True)}

    async def _refuse(self) -> None:
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection, "failed_auth", actor="unknown", outcome="refused", reason="webhook signature"
            )
        raise SignatureInvalid("the delivery is not signed")


class DeliveryPurge:
    """Deletes what need not be kept.

    Args:
        pool: of the webhook database.
        clock: the present.
        keep_payloads: how long finished raw deliveries stay.
        keep_hashes: how long the hashes of finished messages stay.
        keep_users: how long the phone of a user id stays after it was last seen.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        *,
        keep_payloads: timedelta,
        keep_hashes: timedelta,
        keep_users: timedelta,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._keep_payloads = keep_payloads
        self._keep_hashes = keep_hashes
        self._keep_users = keep_users

    async def purge(self) -> int:
        """Deletes raw deliveries and, later, their hashes; returns how many deliveries."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await purge_phones(connection, now - self._keep_users)
            await purge_users(connection, now - self._keep_users)
            return await store.purge(
                connection, payloads_before=now - self._keep_payloads, hashes_before=now - self._keep_hashes
            )


def _identifiers(items: Sequence[Item], sightings: Sightings) -> Iterator[str]:
    """Everything of a delivery that is kept as a keyed hash alone."""
    for item in items:
        yield from filter(None, (item.identity, item.message_id, item.recipient, item.replaces, item.hidden_user_id))
    yield from sightings.identifiers()


def _retailers(items: Sequence[tuple[str, Item]]) -> list[tuple[str, str]]:
    """Retailer and hash of each status that names its retailer."""
    return [(item.retailer_id, message_hash) for message_hash, item in items if item.retailer_id is not None]


def _count(items: Sequence[Item]) -> None:
    for item in items:
        _received.labels(item.kind).inc()
        if item.error_code is not None:
            _failed.labels(str(item.error_code)).inc()
            _log.warning("a send failed after acceptance", extra={"code": item.error_code})
