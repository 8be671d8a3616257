"""Erasing a retailer: keys, ledgers and mappings go in one transaction with what proves it and what keeps it so."""

import hashlib
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Conflict, NotFound
from altscore_libs.outbox import Outbox
from altscore_libs.signer import Signer

from altscore_ingestion.vault.crypto import VaultKeys
from altscore_ingestion.vault.erasures import domain, store
from altscore_ingestion.vault.erasures.domain import Erasure, Holding
from altscore_ingestion.vault.integrity.domain import RowVerifier
from altscore_ingestion.vault.integrity.service import report_refused
from altscore_ingestion.vault.phones.store import lock_writers


class ErasureService:
    """Erases on an approved request.

    Args:
        pool: of the vault's database.
        outbox: for the audit and `retailer.erased`.
        keys: for tombstones.
        signer: of certificates.
        clock: the time.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, keys: VaultKeys, signer: Signer, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys
        self._signer = signer
        self._clock = clock

    async def erase(self, retailer_id: str, request_id: str, *, caller: str) -> Erasure:
        """Erases a retailer with its aliases, which are the same shop; safe to repeat.

        Args:
            retailer_id: any of the shop's ids.
            request_id: of the approved request.
            caller: the service that asks, by its certificate.

        Returns:
            The erasure with its certificate; the first one, when it was erased before.

        Raises:
            NotFound: the id is unknown and was not erased.
            Conflict: a row of the shop is not as the vault wrote it; operations decide whose it is.
            Unavailable: the key store does not sign; nothing is erased.
        """
        verifier = RowVerifier(self._keys.row_macs)
        async with transaction(self._pool) as connection:
            await lock_writers(connection)
            erasure = await store.erasure_of(connection, retailer_id)
            outcome = "already_erased"
            if erasure is None:
                erasure = await self._erase(connection, retailer_id, request_id, verifier)
                outcome = "erased" if erasure else "refused" if verifier.refused else "not_found"
            await self._outbox.audit(
                connection,
                "retailer_erased",
                actor=caller,
                subject=retailer_id,
                outcome=outcome,
                reason="rights_request",
                details={"request_id": request_id} | (_counts(erasure) if erasure else {}),
            )
            await report_refused(connection, self._outbox, verifier, caller=caller)
        if verifier.refused:
            raise Conflict("a row of this shop is not as the vault wrote it")
        if erasure is None:
            raise NotFound("no such retailer")
        return erasure

    async def _erase(
        self, connection: asyncpg.Connection, retailer_id: str, request_id: str, verifier: RowVerifier
    ) -> Erasure | None:
        retailer_ids = await store.same_shop(connection, retailer_id)
        await store.verify_shop(connection, retailer_ids, verifier)
        if not retailer_ids or verifier.refused:
            return None
        holding, now = await store.holding_of(connection, retailer_ids), self._clock.now()
        tombstones = self._tombstones(holding)
        text = domain.certificate(holding, tombstones, request_id=request_id, erased_at=now, key_id=self._signer.key_id)
        signature = await self._signer.sign(hashlib.sha256(text.encode()).digest())
        erasure = Erasure(text, signature, tombstones)
        await write(connection, erasure, now)
        data = _event(erasure, now) | {"retailer_id": retailer_id}
        await self._outbox.add(connection, "retailer.erased", key=retailer_id, data=data)
        return erasure

    def _tombstones(self, holding: Holding) -> tuple[bytes, ...]:
        return (
            *(self._keys.tombstone("ledger", token) for token in holding.subject_tokens),
            *(self._keys.tombstone("gst", token) for token in holding.gst_tokens),
            *(self._keys.tombstone("phone", token) for token in holding.phone_tokens),
        )


async def write(connection: asyncpg.Connection, erasure: Erasure, erased_at: datetime) -> None:
    """Everything that an erasure changes, in the caller's transaction."""
    await store.destroy(connection, erasure.content["retailer_ids"])
    await store.insert_tombstones(connection, erasure.tombstones, erased_at)
    await store.insert_erasure(connection, erasure, erased_at)


def _counts(erasure: Erasure) -> dict[str, str]:
    content = erasure.content
    return {
        "ledgers": str(content["ledgers_erased"]),
        "retailer_ids": ",".join(content["retailer_ids"]),
        "certificate_sha256": hashlib.sha256(erasure.certificate.encode()).hexdigest(),
    }


def _event(erasure: Erasure, erased_at: datetime) -> dict[str, Any]:
    content = erasure.content
    return {
        "retailer_ids": content["retailer_ids"],
        "request_id": content["request_id"],
        "erased_at": erased_at,
        "tombstones": [digest.hex() for digest in erasure.tombstones],
        "certificate": erasure.certificate,
        "signature": erasure.signature.hex(),
    }
