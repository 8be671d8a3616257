"""Verifies deliveries against the provider's secret; a certificate of ours proves no answer."""

import json
import logging
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from prometheus_client import Counter

from altscore_consent.clients import VaultClient
from altscore_consent.errors import EvidenceInvalid
from altscore_consent.evidence.domain import Delivery, Proof, is_signed, proof_of, typed_yes_of

CALLER = "webhook"
_log = logging.getLogger("altscore.consent")
_refused = Counter("altscore_consent_evidence_refused_total", "Answers whose delivery proves nothing.", ["reason"])


def load_affirmations(schemas_dir: Path) -> frozenset[str]:
    """What counts as a typed HAAN: the one list, which the webhook reads too."""
    text = (schemas_dir / "reference" / "affirmations.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text))


class EvidenceService:
    """Reads what deliveries prove.

    Args:
        pool: of the consent database.
        outbox: for the audit of what is refused.
        app_secret: the provider's, by which it signs deliveries.
        vault: whose phone a number is.
        affirmations: what counts as a typed HAAN; empty where only a tap counts.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        app_secret: str,
        vault: VaultClient,
        affirmations: frozenset[str],
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._app_secret = app_secret.encode()
        self._vault = vault
        self._affirmations = affirmations

    async def prove_grant(self, delivery: Delivery, *, invite_id: str, sent_at: datetime, retailer_id: str) -> Proof:
        """What a delivery says of a HAAN to this invite, sent then; the number of who typed it is asked and forgotten.

        Raises:
            Unavailable: the vault does not answer.
            EvidenceInvalid: not signed by the provider, no message at that place, or another answer; audited.
        """
        proof = await self._prove(delivery, retailer_id)
        if proof.sent_at is None or sent_at > proof.sent_at:
            await self._refuse("time", retailer_id)
        if proof.invite_id not in (None, invite_id):
            await self._refuse("invite", retailer_id)
        phone = typed_yes_of(delivery, self._affirmations)
        return proof if phone is None else replace(proof, contacts=await self._vault.contacts_of(phone))

    async def prove_withdrawal(
        self, delivery: Delivery | None, *, sent_at: datetime | None, retailer_id: str | None
    ) -> Proof:
        """What a delivery says of a NAHI sent then; that it says no is webhook's reading, which can only end consents.

        Raises:
            EvidenceInvalid: there is none, it is not signed by the provider, or it is of another time; audited.
        """
        if delivery is None or sent_at is None:
            await self._refuse("missing", retailer_id)
        proof = await self._prove(delivery, retailer_id)
        if proof.sent_at is not None and sent_at > proof.sent_at:
            await self._refuse("time", retailer_id)
        return proof

    async def _prove(self, delivery: Delivery, retailer_id: str | None) -> Proof:
        if not is_signed(delivery, self._app_secret):
            await self._refuse("signature", retailer_id)
        try:
            return proof_of(delivery)
        except ValueError:
            await self._refuse("no message", retailer_id)

    async def _refuse(self, reason: str, retailer_id: str | None) -> NoReturn:
        """Counts and audits an answer that is not proven; nothing of the delivery is kept."""
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection,
                "consent_evidence_refused",
                actor=CALLER,
                outcome="refused",
                subject=retailer_id,
                reason=reason,
            )
        _refused.labels(reason).inc()
        _log.error("an answer is not proven", extra={"reason": reason, "retailer_id": retailer_id})
        raise EvidenceInvalid(f"the delivery proves nothing: {reason}")
