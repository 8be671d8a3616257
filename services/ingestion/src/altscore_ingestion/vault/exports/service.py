"""Telling a person what is held of them."""

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import Conflict, NotFound
from altscore_libs.outbox import Outbox

from altscore_ingestion.vault.crypto import DataKey, VaultKeys, decrypt_identity
from altscore_ingestion.vault.erasures.store import same_shop
from altscore_ingestion.vault.exports import store
from altscore_ingestion.vault.exports.domain import Export, HeldLedger, HeldRetailer
from altscore_ingestion.vault.integrity.domain import RowVerifier
from altscore_ingestion.vault.integrity.service import report_refused


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
            Conflict: what is held under the id is not as the vault wrote it.
        """
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            retailer_ids = await same_shop(connection, retailer_id)
            retailers = await store.retailers(connection, retailer_ids, verifier)
            ledgers = await store.ledgers(connection, [row["retailer_id"] for row in retailers], verifier)
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
            await report_refused(connection, self._outbox, verifier, caller=caller)
        if not retailers and verifier.refused:
            raise Conflict("a row of this shop is not as the vault wrote it")
        if not retailers:
            raise NotFound("no such retailer")
        held = [HeldRetailer(row["retailer_id"], row["alias_of"], row["created_at"]) for row in retailers]
        return Export(held, await self._decrypted(ledgers), len(verifier.refused))

    async def reveal(
        self, retailer_id: str, approval_id: str, *, distributor_id: str | None, caller: str
    ) -> list[HeldLedger]:
        """What ledgers say of a retailer, for an operator; audited before it is read in the clear.

        Args:
            retailer_id: whose identity.
            approval_id: admin's approval by two super admins; audited.
            distributor_id: whose ledger alone is shown; None for all of them.
            caller: the service that calls, by its certificate.

        Raises:
            NotFound: the id is unknown or was erased, or that distributor has no ledger of it.
        """
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            retailer_ids = await same_shop(connection, retailer_id)
            retailers = await store.retailers(connection, retailer_ids, verifier)
            rows = await store.ledgers(connection, [row["retailer_id"] for row in retailers], verifier)
            shown = [row for row in rows if distributor_id in (None, row["distributor_id"])]
            await self._outbox.audit(
                connection,
                "identity_revealed",
                actor=caller,
                subject=retailer_id,
                outcome="revealed" if shown else "not_found",
                reason="raw_access",
                details={"approval_id": approval_id, "ledgers": str(len(shown))},
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        if not shown:
            raise NotFound("no such retailer")
        return await self._decrypted(shown)

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
