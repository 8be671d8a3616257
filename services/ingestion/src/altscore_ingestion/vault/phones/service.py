"""Whose phone it is, where to write to, and the confirmation of a second phone; every use is audited."""

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.identifiers import parse_phone
from altscore_libs.outbox import Outbox

from altscore_ingestion.vault.crypto import VaultKeys, decrypt_identity
from altscore_ingestion.vault.phones import store
from altscore_ingestion.vault.phones.domain import Contact, RevealedPhone


class PhoneService:
    """Answers about phones.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        keys: tokens, names of phones, data keys.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, keys: VaultKeys) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys

    async def resolve(self, phone: str, *, caller: str) -> list[Contact]:
        """The retailers whose confirmed phone this is, by id."""
        number = parse_phone(phone)
        tokens = await self._keys.phone_tokens([number] if number else [])
        async with transaction(self._pool) as connection:
            retailer_ids = await store.retailers_of_phone(connection, tokens[0]) if tokens else []
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="found" if retailer_ids else "not_found",
                reason="answer",
                details={"retailers": str(len(retailer_ids)), "retailer_ids": ",".join(retailer_ids)},
            )
        return [Contact(identifier, self._keys.contact_ref(identifier, tokens[0])) for identifier in retailer_ids]

    async def reveal(self, retailer_id: str, contact_ref: str | None, *, caller: str) -> RevealedPhone:
        """The phone of a retailer to write to: exactly that of `contact_ref`, or without one the newest confirmed.

        Raises:
            NotFound: no confirmed phone of this retailer is known, or none by that name.
        """
        async with transaction(self._pool) as connection:
            phones = await store.confirmed_phones(connection, retailer_id)
            chosen = next(
                (
                    phone
                    for phone in phones
                    if contact_ref is None or contact_ref == self._keys.contact_ref(retailer_id, phone.phone_token)
                ),
                None,
            )
            await self._outbox.audit(
                connection,
                "identity_revealed",
                actor=caller,
                outcome="revealed" if chosen else "not_found",
                subject=retailer_id,
                reason="message",
                details={"retailers": str(int(chosen is not None))},
            )
        if chosen is None:
            raise NotFound("no phone is known")
        key = await self._keys.open_data_key(chosen.wrapped_data_key)
        identity = decrypt_identity(key, chosen.subject_token, chosen.encrypted_identity)
        if identity.phone is None:
            raise NotFound("no phone is known")
        return RevealedPhone(identity.phone.get_secret_value(), identity.shop_name)

    async def confirm(self, retailer_id: str, distributor_id: str, *, caller: str) -> str:
        """Confirms the phones that a distributor's ledgers show for a retailer; safe to repeat.

        Returns:
            The contact_ref of the newest of them.

        Raises:
            NotFound: the distributor's ledgers show no phone of this retailer.
        """
        async with transaction(self._pool) as connection:
            await store.lock_writers(connection)
            phone_token = await store.confirm_distributors_phones(connection, retailer_id, distributor_id)
            await self._outbox.audit(
                connection,
                "identity_phone_confirmed",
                actor=caller,
                subject=retailer_id,
                outcome="success" if phone_token else "not_found",
                reason="ops_decision",
                details={"distributor_id": distributor_id},
            )
        if phone_token is None:
            raise NotFound("this distributor's ledgers show no phone of this retailer")
        return self._keys.contact_ref(retailer_id, phone_token)

    async def contacts_of(self, distributor_id: str, *, after: str, limit: int, caller: str) -> list[Contact]:
        """A page of a distributor's retailers by id, each with the confirmed phone of the distributor's own ledgers."""
        async with transaction(self._pool) as connection:
            rows = await store.retailers_of_distributor(connection, distributor_id, after, limit)
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="success",
                subject=distributor_id,
                reason="list_of_retailers",
                details={"retailers": str(len(rows))},
            )
        return [
            Contact(retailer_id, self._keys.contact_ref(retailer_id, phone_token) if phone_token else None)
            for retailer_id, phone_token in rows
        ]
