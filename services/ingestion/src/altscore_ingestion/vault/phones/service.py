"""Whose phone it is, where to write to, and the confirmation of a second phone; every use is audited."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.identifiers import parse_phone
from altscore_libs.outbox import Outbox

from altscore_ingestion.vault.access.quotas import LookupQuotas
from altscore_ingestion.vault.crypto import PlainIdentity, VaultKeys, decrypt_identity
from altscore_ingestion.vault.identities.domain import Ledger
from altscore_ingestion.vault.integrity.domain import RowVerifier
from altscore_ingestion.vault.integrity.service import report_refused
from altscore_ingestion.vault.phones import store
from altscore_ingestion.vault.phones.domain import (
    ConfirmedPhone,
    Contact,
    DirectoryEntry,
    LedgerPhone,
    RevealedPhone,
    changed_phones,
    confirm_phones,
    last_four,
)


class PhoneService:
    """Answers about phones.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        keys: tokens, names of phones, data keys.
        quotas: how often phones may be asked for.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, keys: VaultKeys, quotas: LookupQuotas) -> None:
        self._pool = pool
        self._quotas = quotas
        self._outbox = outbox
        self._keys = keys

    async def resolve(self, phone: str, *, caller: str) -> list[Contact]:
        """The retailers whose confirmed phone this is, by id.

        Raises:
            LookupsExhausted: the caller asked too often.
        """
        await self._quotas.admit_resolve(caller)
        number = parse_phone(phone)
        tokens = await self._keys.phone_tokens([number] if number else [])
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            retailer_ids = await store.retailers_of_phone(connection, tokens[0], verifier) if tokens else []
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="found" if retailer_ids else "not_found",
                reason="answer",
                details={"retailers": str(len(retailer_ids)), "retailer_ids": ",".join(retailer_ids)},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        return [Contact(identifier, self._keys.contact_ref(identifier, tokens[0])) for identifier in retailer_ids]

    async def reveal(self, retailer_id: str, contact_ref: str | None, *, message_id: str, caller: str) -> RevealedPhone:
        """The phone of a retailer to write to: exactly that of `contact_ref`, or without one the newest confirmed.

        Args:
            retailer_id: whose phone.
            contact_ref: which of their phones.
            message_id: what it is revealed for; audited.
            caller: the service that calls, by its certificate.

        Raises:
            NotFound: no confirmed phone of this retailer is known, or none by that name.
            LookupsExhausted: the caller, or anybody for this retailer, asked too often.
        """
        await self._quotas.admit_reveal(caller, retailer_id)
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            phones = await store.confirmed_phones(connection, retailer_id, verifier)
            chosen = next(
                (
                    phone
                    for phone in phones
                    if contact_ref is None or contact_ref == self._keys.contact_ref(retailer_id, phone.phone_token)
                ),
                None,
            )
            identity = None if chosen is None else await self._decrypted(chosen)
            if chosen is not None and identity is None:
                verifier.refuse_identity(retailer_id)
            await self._outbox.audit(
                connection,
                "identity_revealed",
                actor=caller,
                outcome="revealed" if identity else "not_found",
                subject=retailer_id,
                reason="message",
                details={"retailers": str(int(identity is not None)), "message_id": message_id},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        if identity is None or identity.phone is None:
            raise NotFound("no phone is known")
        return RevealedPhone(identity.phone.get_secret_value(), identity.shop_name)

    async def _decrypted(self, phone: ConfirmedPhone) -> PlainIdentity | None:
        """The identity of a ledger; None where ciphertext, key and phone token do not belong together."""
        try:
            key = await self._keys.open_data_key(phone.wrapped_data_key)
            identity = decrypt_identity(key, phone.subject_token, phone.encrypted_identity)
        except ValueError:
            return None
        if identity.phone is None or await self._keys.phone_tokens([identity.phone]) != [phone.phone_token]:
            return None
        return identity

    async def confirm(self, retailer_id: str, distributor_id: str, *, caller: str) -> str:
        """Confirms the phones that a distributor's ledgers show for a retailer; safe to repeat.

        Returns:
            The contact_ref of the newest of them.

        Raises:
            NotFound: the distributor's ledgers show no phone of this retailer.
        """
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            await store.lock_writers(connection)
            phone_token = await store.confirm_distributors_phones(
                connection, retailer_id, distributor_id, verifier=verifier
            )
            await self._outbox.audit(
                connection,
                "identity_phone_confirmed",
                actor=caller,
                subject=retailer_id,
                outcome="success" if phone_token else "not_found",
                reason="ops_decision",
                details={"distributor_id": distributor_id},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        if phone_token is None:
            raise NotFound("this distributor's ledgers show no phone of this retailer")
        return self._keys.contact_ref(retailer_id, phone_token)

    async def contacts_of(self, distributor_id: str, *, after: str, limit: int, caller: str) -> list[Contact]:
        """A page of a distributor's retailers by id, each with the confirmed phone of the distributor's own ledgers."""
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            rows = await store.retailers_of_distributor(
                connection, distributor_id, after, limit=limit, verifier=verifier
            )
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="success",
                subject=distributor_id,
                reason="list_of_retailers",
                details={"retailers": str(len(rows))},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        return [
            Contact(retailer_id, self._keys.contact_ref(retailer_id, phone_token) if phone_token else None)
            for retailer_id, phone_token in rows
        ]

    async def contacts_among(self, distributor_id: str, retailer_ids: Sequence[str], *, caller: str) -> list[Contact]:
        """Those of these retailers that are the distributor's own, each with the confirmed phone of its own ledgers."""
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            rows = await store.contacts_of_retailers(connection, distributor_id, retailer_ids, verifier=verifier)
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="success",
                subject=distributor_id,
                reason="portal_invites",
                details={"retailers": str(len(rows))},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        return [
            Contact(retailer_id, self._keys.contact_ref(retailer_id, phone_token) if phone_token else None)
            for retailer_id, phone_token in rows
        ]

    async def directory(self, distributor_id: str, *, after: str, limit: int, caller: str) -> list[DirectoryEntry]:
        """A page of a distributor's retailers by id, from its own ledgers alone, masked."""
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            rows = await store.directory_of_distributor(connection, distributor_id, after, limit=limit)
            entries = [await self._entry(row, verifier) for row in rows]
            await self._outbox.audit(
                connection,
                "identity_lookup",
                actor=caller,
                outcome="success",
                subject=distributor_id,
                reason="portal_directory",
                details={"retailers": str(len(entries))},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        return entries

    async def _entry(self, row: asyncpg.Record, verifier: RowVerifier) -> DirectoryEntry:
        """What is shown of a ledger; of one that the vault did not write like this, its retailer's id alone."""
        retailer_id = str(row["retailer_id"])
        nothing = DirectoryEntry(retailer_id, None, gst=None, gst_status="absent", phone=None, has_contact=False)
        if not verifier.ledger(row):
            return nothing
        try:
            key = await self._keys.open_data_key(bytes(row["wrapped_data_key"]))
            identity = decrypt_identity(key, bytes(row["subject_token"]), bytes(row["sealed_identity"]))
        except ValueError:
            verifier.refuse_identity(retailer_id)
            return nothing
        return DirectoryEntry(
            retailer_id=retailer_id,
            shop_name=identity.shop_name,
            gst=last_four("XXXX…", identity.gst.get_secret_value()) if identity.gst else None,
            gst_status=row["gst_status"],
            phone=last_four("", identity.phone.get_secret_value()) if identity.phone else None,
            has_contact=bool(row["is_phone_confirmed"] and row["phone_token"]),
        )


def _phones(ledgers: Mapping[bytes, Ledger]) -> dict[bytes, LedgerPhone]:
    return {
        token: LedgerPhone(
            subject_token=token,
            retailer_id=ledger.retailer_id,
            phone_token=ledger.phone_token,
            is_confirmed=ledger.is_phone_confirmed,
        )
        for token, ledger in ledgers.items()
        if ledger.phone_token is not None
    }


async def decide_phones(
    connection: asyncpg.Connection,
    before: Mapping[bytes, Ledger],
    merged: Mapping[bytes, Ledger],
    *,
    verifier: RowVerifier,
) -> tuple[dict[bytes, Ledger], list[str]]:
    """Decides about new phones: the ledgers as they will be stored, and the retailers whose new phone has to wait."""
    changed = changed_phones(_phones(before), _phones(merged).values())
    if not changed:
        return dict(merged), []
    retailer_of = {ledger.subject_token: ledger.retailer_id for ledger in changed}
    stored = await store.ledger_phones(connection, sorted(set(retailer_of.values())), verifier)
    decided = confirm_phones(changed, [phone for phone in stored if phone.subject_token not in retailer_of])
    promoted = [phone for phone in stored if phone.subject_token in decided and phone.subject_token not in merged]
    await store.set_phones_confirmed(connection, promoted, verifier.macs)
    after = {
        token: replace(ledger, is_phone_confirmed=decided.get(token, ledger.is_phone_confirmed))
        for token, ledger in merged.items()
    }
    return after, [retailer_id for token, retailer_id in retailer_of.items() if not decided[token]]
