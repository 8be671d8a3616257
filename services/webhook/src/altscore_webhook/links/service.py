"""Links phones that only statuses have shown to their retailers, so that an erasure finds them."""

import logging
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_webhook.clients import VaultClient
from altscore_webhook.erasures.store import link_phones, live_retailers
from altscore_webhook.errors import Unreadable
from altscore_webhook.links import store
from altscore_webhook.links.store import UnlinkedPhone
from altscore_webhook.users.service import UserService, former_contacts

BATCH = 200
CHECKED_EVERY = timedelta(days=1)
_log = logging.getLogger("altscore.webhook")


class LinkService:
    """Asks the vault about phones that no retailer is linked to, and deletes those that are nobody's.

    Args:
        pool: of the webhook database.
        users: decrypts phones, and knows those before a change.
        vault: whose phone it is.
        clock: the present.
        keep_unlinked: how long a phone that is nobody's stays after it was last seen.
    """

    def __init__(
        self, pool: asyncpg.Pool, *, users: UserService, vault: VaultClient, clock: Clock, keep_unlinked: timedelta
    ) -> None:
        self._pool = pool
        self._users = users
        self._vault = vault
        self._clock = clock
        self._keep_unlinked = keep_unlinked

    async def link_some(self) -> bool:
        """Asks about some phones, each once a day at most; True when there may be more.

        Raises:
            Unavailable: the vault, the key store or the database does not answer; the rest is asked about later.
            RemoteError: the vault refused the call.
        """
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            phones = await store.unlinked_phones(connection, checked_before=now - CHECKED_EVERY, limit=BATCH)
        for phone in phones:
            await self._link(phone)
        async with transaction(self._pool) as connection:
            deleted = await store.delete_unlinked(
                connection, seen_before=now - self._keep_unlinked, checked_after=now - 2 * CHECKED_EVERY
            )
        if deleted:
            _log.info("phones of no retailer deleted", extra={"phones": deleted})
        return len(phones) >= BATCH

    async def _link(self, unlinked: UnlinkedPhone) -> None:
        retailer_ids: list[str] = []
        try:
            phone = await self._users.decrypt_phone(unlinked.envelope, unlinked.identity_hash)
        except Unreadable:
            _log.warning("a stored phone cannot be decrypted")
        else:
            contacts = await self._vault.contacts_of(phone)
            retailer_ids = list(contacts or await former_contacts(self._users, self._vault, phone=phone))
            unlinked = unlinked._replace(phone_hash=await self._users.hash_of(phone))
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            if unlinked.phone_hash is not None:
                live = await live_retailers(connection, retailer_ids)
                await link_phones(connection, [(retailer_id, unlinked.phone_hash) for retailer_id in live], now)
            await store.mark_checked(connection, unlinked, now)
