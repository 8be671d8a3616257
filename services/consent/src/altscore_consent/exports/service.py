"""What is kept elsewhere: exports of a retailer's records, to be verified offline, receipts of a consent, histories."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox
from altscore_libs.signer import Signer

from altscore_consent.errors import ConsentUnknown, RecordDamaged
from altscore_consent.exports import store
from altscore_consent.exports.domain import receipt_of
from altscore_consent.grants.domain import GRANT, WITHDRAWAL, SignedRecord
from altscore_consent.grants.integrity import StateVerifier
from altscore_consent.invites.domain import Invite
from altscore_consent.invites.store import all_invites
from altscore_consent.usage.store import uses_of

EXPORT_SCHEMA = "altscore.consent-export.1"


class History(NamedTuple):
    """All invites of a retailer, and all records with their content: None for one that does not verify."""

    invites: list[Invite]
    records: list[tuple[SignedRecord, dict[str, Any] | None]]


class ExportService:
    """Makes exports, receipts and histories.

    Args:
        pool: of the consent database.
        verifier: verifies what goes into a receipt.
        outbox: for the audit.
        signer: of the export's manifest.
        clock: the present.
    """

    def __init__(
        self, *, pool: asyncpg.Pool, verifier: StateVerifier, outbox: Outbox, signer: Signer, clock: Clock
    ) -> None:
        self._pool = pool
        self._verifier = verifier
        self._outbox = outbox
        self._signer = signer
        self._clock = clock

    async def export(self, retailer_id: str, *, actor: str) -> dict[str, Any]:
        """Every record of a retailer as it is stored, damaged ones too, with a signed list of them.

        Raises:
            Unavailable: the database or the key store does not answer.
        """
        async with transaction(self._pool) as connection:
            records = await store.records_of(connection, retailer_id)
            uses = await uses_of(connection, sorted({record.consent_id for record in records}))
            await self._outbox.audit(connection, "consent_exported", actor=actor, outcome="ok", subject=retailer_id)
        head = {
            "schema": EXPORT_SCHEMA,
            "retailer_id": retailer_id,
            "exported_at": format_instant(self._clock.now(), "microseconds"),
            "uses": [
                {
                    "consent_id": consent_id,
                    "lender_id": lender_id,
                    "uses": count,
                    "last_at": format_instant(last_at, "microseconds"),
                }
                for consent_id, lender_id, count, last_at in uses
            ],
        }
        entries = [_entry(record) for record in records]
        return {**head, "records": entries, "manifest": await self._manifest(head, records)}

    async def _manifest(self, head: dict[str, Any], records: Sequence[SignedRecord]) -> dict[str, str]:
        """The signed list: a record that is taken out of the file, or put into it, shows."""
        listed = [
            {
                "consent_id": record.consent_id,
                "kind": record.kind,
                "sha256": hashlib.sha256(record.record.encode() + record.signature).hexdigest(),
            }
            for record in records
        ]
        document = canonical_json({**head, "records": listed, "key_id": self._signer.key_id})
        signature = await self._signer.sign(hashlib.sha256(document).digest())
        return {"document": document.decode(), "signature": signature.hex(), "key_id": self._signer.key_id}

    async def receipt(self, consent_id: str, *, actor: str) -> dict[str, Any]:
        """The receipt of a consent, from its verified records.

        Raises:
            ConsentUnknown: no such consent.
            RecordDamaged: a record of it is not what was signed; the alarm is raised.
        """
        async with transaction(self._pool) as connection:
            records = {row.kind: row for row in await store.records_of_consent(connection, consent_id)}
        if not records:
            raise ConsentUnknown("no such consent")
        contents = {kind: self._verifier.records.read(record) for kind, record in records.items()}
        damaged = [record for kind, record in records.items() if contents[kind] is None]
        for record in damaged:
            await self._verifier.alert_record(record)
        grant = contents.get(GRANT)
        if damaged or grant is None:
            raise RecordDamaged(f"a record of consent {consent_id} is not what was signed")
        retailer_id = grant["retailer_id"]
        async with transaction(self._pool) as connection:
            await self._outbox.audit(connection, "consent_receipt_read", actor=actor, outcome="ok", subject=retailer_id)
        proofs = [_entry(records[kind]) for kind in (GRANT, WITHDRAWAL) if kind in records]
        return receipt_of(grant, contents.get(WITHDRAWAL), proofs, now=self._clock.now())

    async def history(self, retailer_id: str) -> History:
        """Everything recorded of a retailer; a damaged record raises the alarm."""
        async with transaction(self._pool) as connection:
            invites = await all_invites(connection, retailer_id)
            records = await store.records_of(connection, retailer_id)
        contents = await self._verifier.records.read_many(records)
        for record, content in zip(records, contents, strict=True):
            if content is None:
                await self._verifier.alert_record(record)
        return History(invites, list(zip(records, contents, strict=True)))


def _entry(record: SignedRecord) -> dict[str, Any]:
    try:
        key_id = str(json.loads(record.record)["key_id"])
    except (ValueError, KeyError, TypeError):
        key_id = None
    return {
        "consent_id": record.consent_id,
        "kind": record.kind,
        "record": record.record,
        "signature": record.signature.hex(),
        "key_id": key_id,
    }
