"""What is kept elsewhere: exports of a retailer's records, to be verified offline, and receipts of a consent."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.signer import Signer, canonical

from altscore_consent import reads
from altscore_consent.announce import Announcer
from altscore_consent.belief import Belief
from altscore_consent.errors import ConsentUnknown, RecordDamaged
from altscore_consent.receipt import receipt_of
from altscore_consent.records import GRANT, WITHDRAWAL, SignedRecord, instant

EXPORT_SCHEMA = "altscore.consent-export.1"


class Disclosure:
    """Makes exports and receipts.

    Args:
        pool: of the consent database.
        belief: verifies what goes into a receipt.
        announcer: for the audit.
        signer: of the export's manifest.
        clock: the present.
    """

    def __init__(
        self, pool: asyncpg.Pool, belief: Belief, announcer: Announcer, signer: Signer, *, clock: Clock
    ) -> None:
        self._pool = pool
        self._belief = belief
        self._announce = announcer
        self._signer = signer
        self._clock = clock

    async def export(self, retailer_id: str, *, actor: str) -> dict[str, Any]:
        """Every record of a retailer as it is stored, damaged ones too, with a signed list of them.

        Raises:
            Unavailable: the database or the key store does not answer.
        """
        async with transaction(self._pool) as connection:
            records = await reads.records_of(connection, retailer_id)
            uses = await reads.uses_of(connection, sorted({one.consent_id for one in records}))
            await self._announce.disclosed(connection, "consent_exported", retailer_id, actor=actor)
        head = {
            "schema": EXPORT_SCHEMA,
            "retailer_id": retailer_id,
            "exported_at": instant(self._clock.now()),
            "uses": [
                {"consent_id": consent_id, "lender_id": lender_id, "uses": count, "last_at": instant(last_at)}
                for consent_id, lender_id, count, last_at in uses
            ],
        }
        return {**head, "records": [_entry(one) for one in records], "manifest": await self._manifest(head, records)}

    async def _manifest(self, head: dict[str, Any], records: Sequence[SignedRecord]) -> dict[str, str]:
        """The signed list: a record that is taken out of the file, or put into it, shows."""
        listed = [
            {
                "consent_id": one.consent_id,
                "kind": one.kind,
                "sha256": hashlib.sha256(one.record.encode() + one.signature).hexdigest(),
            }
            for one in records
        ]
        document = canonical({**head, "records": listed, "key_id": self._signer.key_id})
        signature = await self._signer.sign(hashlib.sha256(document).digest())
        return {"document": document.decode(), "signature": signature.hex(), "key_id": self._signer.key_id}

    async def receipt(self, consent_id: str, *, actor: str) -> dict[str, Any]:
        """The receipt of a consent, from its verified records.

        Raises:
            ConsentUnknown: no such consent.
            RecordDamaged: a record of it is not what was signed; the alarm is raised.
        """
        async with transaction(self._pool) as connection:
            found = {one.kind: one for one in await reads.records_of_consent(connection, consent_id)}
        if not found:
            raise ConsentUnknown("no such consent")
        contents = {kind: self._belief.verifier.read(one) for kind, one in found.items()}
        damaged = [one for kind, one in found.items() if contents[kind] is None]
        for one in damaged:
            await self._belief.alert_record(one.retailer_id, consent_id, one.digest().hex())
        grant = contents.get(GRANT)
        if damaged or grant is None:
            raise RecordDamaged(f"a record of consent {consent_id} is not what was signed")
        async with transaction(self._pool) as connection:
            await self._announce.disclosed(connection, "consent_receipt_read", grant["retailer_id"], actor=actor)
        proofs = [_entry(found[kind]) for kind in (GRANT, WITHDRAWAL) if kind in found]
        return receipt_of(grant, contents.get(WITHDRAWAL), proofs, now=self._clock.now())


def _entry(row: SignedRecord) -> dict[str, Any]:
    try:
        key_id = str(json.loads(row.record)["key_id"])
    except (ValueError, KeyError, TypeError):
        key_id = None
    return {
        "consent_id": row.consent_id,
        "kind": row.kind,
        "record": row.record,
        "signature": row.signature.hex(),
        "key_id": key_id,
    }
