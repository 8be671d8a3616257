"""Telling a person what is held of them."""

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.outbox import Outbox

from altscore_ingestion.vault.crypto import DataKey, VaultKeys, decrypt_identity
from altscore_ingestion.vault.erasures.store import same_shop
from altscore_ingestion.vault.exports import store
from altscore_ingestion.vault.exports.domain import Export, HeldLedger, HeldRetailer


class ExportService:
    """Exports on an approved request.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        keys: that decrypt identities.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, keys: VaultKeys) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys

    async def export(self, retailer_id: str, request_id: str, *, caller: str) -> Export:
        """Everything that is held of a retailer, its aliases included; audited before it is read in the clear.

        Raises:
            NotFound: the id is unknown, or was erased.
        """
        async with transaction(self._pool) as connection:
            retailer_ids = await same_shop(connection, retailer_id)
            retailers = await store.retailers(connection, retailer_ids)
            ledgers = await store.ledgers(connection, retailer_ids)
            await self._outbox.audit(
                connection,
                "identity_exported",
                actor=caller,
                subject=retailer_id,
                outcome="exported" if retailers else "not_found",
                reason="rights_request",
                details={
                    "request_id": request_id,
                    "retailer_ids": ",".join(retailer_ids),
                    "ledgers": str(len(ledgers)),
                },
            )
        if not retailers:
            raise NotFound("no such retailer")
        return Export([HeldRetailer(**row) for row in retailers], await self._decrypted(ledgers))

    async def _decrypted(self, rows: list[asyncpg.Record]) -> list[HeldLedger]:
        keys: dict[str, DataKey] = {}
        ledgers = []
        for row in rows:
            if row["retailer_id"] not in keys:
                keys[row["retailer_id"]] = await self._keys.open_data_key(bytes(row["wrapped_data_key"]))
            identity = decrypt_identity(
                keys[row["retailer_id"]], bytes(row["subject_token"]), bytes(row["sealed_identity"])
            )
            ledgers.append(
                HeldLedger(
                    distributor_id=row["distributor_id"],
                    retailer_id=row["retailer_id"],
                    gst=identity.gst.get_secret_value() if identity.gst else None,
                    phone=identity.phone.get_secret_value() if identity.phone else None,
                    shop_name=identity.shop_name,
                    gst_status=row["gst_status"],
                    is_phone_confirmed=row["is_phone_confirmed"],
                    updated_at=row["updated_at"],
                )
            )
        return ledgers
