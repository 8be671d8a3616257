"""Consent records: what is signed, how it is signed, and when a stored row counts."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import INDIA, format_instant, last_day_before
from altscore_libs.signer import Signer
from cachetools import LRUCache

from altscore_consent.grants.domain import (
    GRANT,
    WITHDRAWAL,
    Affirmative,
    SignedRecord,
    State,
    Withdrawal,
    expiry_of,
    months_later,
)
from altscore_consent.invites.domain import Invite, Notice, Terms

SCHEMA = "altscore.consent-record.1"  # the family: fields are only ever added to it
RECORD_VERSION = 2  # absent in records of before fair use
VERIFIED_KEPT = 100_000


class Keys(Protocol):
    """Public keys that are trusted."""

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether a signature is by that key; False for unknown keys."""
        ...


class GrantFacts(NamedTuple):
    """What a verified grant says, as far as a check needs it; small, since many are remembered."""

    retailer_id: str
    purpose: str
    lender_scope: tuple[str, ...]
    expires_at: str
    use_limit: int | None
    use_period_days: int | None


def grant_content(
    invite: Invite,
    answer: Affirmative,
    notice: Notice,
    *,
    terms: Terms | None,
    consent_id: str,
    signed_at: datetime,
) -> dict[str, Any]:
    """The artefact of a grant; `terms` are None for an invite whose notice is older than the fair-use templates."""
    months = notice.validity_months if terms is None else terms.validity_months
    expires_at = expiry_of(answer.sent_at, months or 0)
    content = {
        "schema": SCHEMA,
        "kind": GRANT,
        "consent_id": consent_id,
        "retailer_id": invite.retailer_id,
        "invite_id": invite.invite_id,
        "distributor_id": invite.distributor_id,
        "lender_scope": sorted(invite.lender_scope),
        "purpose": invite.purpose,
        "notice": {
            "id": invite.notice_id,
            "version": invite.notice_version,
            "language": invite.language,
            "sha256": invite.notice_sha256,
        },
        "terms": dict(notice.plain_terms),
        "channel": answer.channel,
        "message_hash": answer.message_hash,
        "given_at": format_instant(answer.sent_at, "microseconds"),
        "signed_at": format_instant(signed_at, "microseconds"),
        "expires_at": format_instant(expires_at, "microseconds"),
        "evidence": answer.proof.as_evidence_of_yes(),
    }
    return content if terms is None else content | _version_2(terms, answer.sent_at, expires_at)


def _version_2(terms: Terms, given_at: datetime, expires_at: datetime) -> dict[str, Any]:
    """What record version 2 adds."""
    return {
        "record_version": RECORD_VERSION,
        "purpose_code": terms.purpose_code,
        "fair_use": terms.template,
        "data_range": {
            "months_back": terms.history_months,
            "from": months_later(given_at.astimezone(INDIA).date(), -terms.history_months).isoformat(),
            "to": last_day_before(expires_at).isoformat(),
        },
        "data_life_days": terms.life_days,
        "frequency": {"uses": terms.uses, "period_days": terms.period_days},
        "terms": {"data_history_months": terms.history_months, "data_life_days": terms.life_days},
    }


def withdrawal_content(consent_id: str, withdrawal: Withdrawal, *, signed_at: datetime) -> dict[str, Any]:
    """The artefact of a withdrawal; it needs nothing of the grant, so that even a damaged one can be withdrawn."""
    content = {
        "schema": SCHEMA,
        "record_version": RECORD_VERSION,
        "kind": WITHDRAWAL,
        "consent_id": consent_id,
        "retailer_id": withdrawal.retailer_id,
        "reason": withdrawal.reason,
        "requested_by": withdrawal.requested_by,
        "message_hash": withdrawal.message_hash,
        "withdrawn_at": format_instant(withdrawal.sent_at, "microseconds"),
        "signed_at": format_instant(signed_at, "microseconds"),
    }
    return content if withdrawal.proof is None else content | {"evidence": withdrawal.proof.as_evidence()}


async def sign(signer: Signer, content: Mapping[str, Any]) -> SignedRecord:
    """Signs a record's canonical bytes, the key's id inside them.

    Raises:
        Unavailable: the key store does not answer; nothing is recorded unsigned.
    """
    whole = {**content, "key_id": signer.key_id}
    raw = canonical_json(whole)
    signature = await signer.sign(hashlib.sha256(raw).digest())
    return SignedRecord(
        consent_id=whole["consent_id"],
        kind=whole["kind"],
        retailer_id=whole["retailer_id"],
        message_hash=whole["message_hash"],
        record=raw.decode(),
        signature=signature,
    )


class RecordVerifier:
    """Accepts a row only when its signature holds and its columns say what was signed.

    The facts of grants that verified are remembered by digest of the whole row, so each signature is verified once per
    record and process as long as it is in use.

    Args:
        keys: trusted public keys.
        kept: most grants remembered; about 400 bytes each.
    """

    def __init__(self, keys: Keys, *, kept: int = VERIFIED_KEPT) -> None:
        self._keys = keys
        self._known: LRUCache[bytes, GrantFacts] = LRUCache(kept)
        self._scopes: LRUCache[tuple[str, ...], tuple[str, ...]] = LRUCache(kept)
        self._lock = threading.Lock()

    def facts(self, row: SignedRecord) -> GrantFacts | None:
        """What a grant says, None when it is not what was signed."""
        digest = row.digest()
        with self._lock:
            known = self._known.get(digest)
        if known is not None:
            return known
        content = self.read(row)
        if content is None or row.kind != GRANT:
            return None
        with self._lock:
            facts = self._known[digest] = self._facts_of(content)
        return facts

    def read(self, row: SignedRecord) -> dict[str, Any] | None:
        """The content of a row, verified anew; None when it is not what was signed."""
        try:
            content = json.loads(row.record)
            key_id = content["key_id"]
            columns = (content["consent_id"], content["kind"], content["retailer_id"], content["message_hash"])
        except (ValueError, KeyError, TypeError):
            return None
        if columns != (row.consent_id, row.kind, row.retailer_id, row.message_hash):
            return None
        if not self._keys.verify(str(key_id), hashlib.sha256(row.record.encode()).digest(), row.signature):
            return None
        return dict(content)

    async def read_many(self, rows: Sequence[SignedRecord]) -> list[dict[str, Any] | None]:
        """The content of each row, off the event loop: many verifications take a while."""
        return await asyncio.to_thread(lambda: [self.read(row) for row in rows])

    def _facts_of(self, content: Mapping[str, Any]) -> GrantFacts:
        frequency = content.get("frequency", {})
        scope = tuple(content["lender_scope"])
        return GrantFacts(
            retailer_id=content["retailer_id"],
            purpose=content["purpose"],
            lender_scope=self._scopes.setdefault(scope, scope),  # few different ones: kept once
            expires_at=content["expires_at"],
            use_limit=frequency.get("uses"),
            use_period_days=frequency.get("period_days"),
        )


def withdrawals_of_purpose(contents: Sequence[Mapping[str, Any]], purpose: str) -> list[datetime]:
    """When consents for a purpose were withdrawn, by verified records; a withdrawal without a grant counts for any."""
    purposes = {content["consent_id"]: content["purpose"] for content in contents if content["kind"] == GRANT}
    return [
        datetime.fromisoformat(content["withdrawn_at"])
        for content in contents
        if content["kind"] == WITHDRAWAL and purposes.get(content["consent_id"], purpose) == purpose
    ]


def invite_id_of(record: SignedRecord | None) -> str | None:
    """The invite that a grant names, None in a damaged one; unverified, so it decides only where a message goes."""
    try:
        invite_id = json.loads(record.record)["invite_id"] if record is not None else None
    except (ValueError, KeyError, TypeError):
        return None
    return invite_id if isinstance(invite_id, str) else None


def supports(facts: GrantFacts | None, retailer_id: str, state: State) -> bool:
    """Whether a verified grant says what the state row claims of it."""
    return (
        facts is not None
        and facts.retailer_id == retailer_id
        and facts.purpose == state.purpose
        and state.lender_id in facts.lender_scope
        and facts.expires_at == format_instant(state.expires_at, "microseconds")
        and (facts.use_limit, facts.use_period_days) == (state.use_limit, state.use_period_days)
    )
