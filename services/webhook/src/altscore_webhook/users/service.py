"""Learns the phones of users from deliveries, and resolves a user who hides or has changed the phone."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.identifiers import Phone
from altscore_libs.signer import KeyWrapper

from altscore_webhook.clients import VaultClient
from altscore_webhook.deliveries.envelope import Envelope, decrypt, encrypt
from altscore_webhook.users import store
from altscore_webhook.users.domain import IdentityChange, Sightings
from altscore_webhook.users.store import FormerIdentity

SEEN_PRECISION = timedelta(days=1)
CHANGES_FOLLOWED = 5  # user ids, and numbers, that one person had, back from the present one


class UserService:
    """Phones by user id. User ids and numbers are keyed hashes here, phones are encrypted.

    Args:
        pool: of the webhook database.
        wrapper: wraps data keys, and computes the MACs.
        label: name of the MAC key.
    """

    def __init__(self, pool: asyncpg.Pool, wrapper: KeyWrapper, *, label: str) -> None:
        self._pool = pool
        self._wrapper = wrapper
        self._label = label

    async def learn(
        self, connection: asyncpg.Connection, sightings: Sightings, hashes: Mapping[str, str], now: datetime
    ) -> None:
        """Keeps what a delivery tells, in its transaction; messages that waited for a user id are tried again.

        Args:
            connection: in a transaction.
            sightings: of the delivery.
            hashes: of its identifiers, by identifier.
            now: the present.
        """
        learnt = await self._learn_phones(connection, sightings.phones, hashes, now)
        for change in sightings.changes:
            learnt += await self._learn_change(connection, change, hashes, now)
        if learnt:
            await store.retry_unresolvable(connection, learnt, now)

    async def _learn_phones(
        self, connection: asyncpg.Connection, phones: Mapping[str, str], hashes: Mapping[str, str], now: datetime
    ) -> list[str]:
        phone_hashes = {hashes[user_id]: hashes[phone] for user_id, phone in phones.items()}
        current = await store.current_users(connection, phone_hashes, seen_after=now - SEEN_PRECISION)
        texts = {hashes[phone]: phone for phone in phones.values()}
        learnt = sorted(phone_hashes.keys() - current)  # in one order, so that two deliveries do not deadlock
        for user_hash in learnt:
            phone_hash = phone_hashes[user_hash]
            envelope = await self._encrypt(texts[phone_hash], user_hash)
            await store.put_user(connection, user_hash, phone_hash, envelope, at=now)
        return learnt

    async def _learn_change(
        self, connection: asyncpg.Connection, change: IdentityChange, hashes: Mapping[str, str], now: datetime
    ) -> list[str]:
        learnt = sorted(hashes[identity] for identity in change.identities)
        for identity_hash in learnt:
            phone = await self._encrypt(change.phone, identity_hash) if change.phone is not None else None
            user_hash = hashes[change.user_id] if phone is None and change.user_id is not None else None
            phone_hash = hashes[change.phone] if change.phone is not None else None
            await store.put_former(connection, identity_hash, FormerIdentity(phone, user_hash, phone_hash), at=now)
        return learnt

    async def phone_of(self, user_id: str) -> Phone | None:
        """The phone of a user id as deliveries showed it, None when none has.

        Raises:
            Unreadable: what is stored cannot be decrypted.
            Unavailable: the key store or the database does not answer.
        """
        user_hash = await self._hash(user_id)
        async with transaction(self._pool) as connection:
            envelope = await store.phone_of_user(connection, user_hash)
        return Phone(await self._decrypt(envelope, user_hash)) if envelope is not None else None

    async def former_phone_of(self, identities: Sequence[str]) -> Phone | None:
        """The phone that somebody had before the first of these numbers or user ids for which that is known.

        Raises:
            Unreadable: what is stored cannot be decrypted.
            Unavailable: the key store or the database does not answer.
        """
        for identity in identities:
            identity_hash: str | None = await self._hash(identity)
            for _ in range(CHANGES_FOLLOWED):
                if identity_hash is None:
                    break
                phone, identity_hash = await self._step_back(identity_hash)
                if phone is not None:
                    return phone
        return None

    async def _step_back(self, identity_hash: str) -> tuple[Phone | None, str | None]:
        """The phone before, or else the user id before, from which to go on."""
        async with transaction(self._pool) as connection:
            former = await store.former_of(connection, identity_hash)
            if former is None:
                return None, None
            envelope, context = former.phone, identity_hash
            if former.user_hash is not None:
                envelope, context = await store.phone_of_user(connection, former.user_hash), former.user_hash
        return (
            (Phone(await self._decrypt(envelope, context)), None) if envelope is not None else (None, former.user_hash)
        )

    async def decrypt_phone(self, envelope: Envelope, identity_hash: str) -> Phone:
        """A phone as it was stored for a user id or number.

        Raises:
            Unreadable: it cannot be decrypted.
            Unavailable: the key store does not answer.
        """
        return Phone(await self._decrypt(envelope, identity_hash))

    async def hash_of(self, phone: Phone) -> str:
        """The keyed hash that a phone is known by here.

        Raises:
            Unavailable: the key store does not answer.
        """
        return await self._hash(phone.get_secret_value())

    async def _hash(self, text: str) -> str:
        return (await self._wrapper.hmac(self._label, text.encode(errors="replace"))).hex()

    async def _encrypt(self, phone: str, identity_hash: str) -> Envelope:
        return await encrypt(self._wrapper, phone.encode(), context=identity_hash.encode())

    async def _decrypt(self, envelope: Envelope, identity_hash: str) -> str:
        return (await decrypt(self._wrapper, envelope, context=identity_hash.encode())).decode()


async def former_contacts(
    users: UserService, vault: VaultClient, *, phone: Phone | None, user_id: str | None = None
) -> Mapping[str, str]:
    """The retailers, each with its contact, of the last phone before this number or user id that the vault knows.

    Raises:
        Unreadable: what is stored cannot be decrypted.
        Unavailable: the vault, the key store or the database does not answer.
        RemoteError: the vault refused the call.
    """
    for _ in range(CHANGES_FOLLOWED):
        number = phone.get_secret_value() if phone is not None else None
        phone = await users.former_phone_of([item for item in (user_id, number) if item is not None])
        if phone is None:
            return {}
        if contacts := await vault.contacts_of(phone):
            return contacts
        user_id = None
    return {}
