"""Consent records: what is signed, how it is signed, and when a stored row is believed."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from altscore_libs.signer import Signer, canonical

from altscore_consent.domain import INDIA, Answer, Invite, State, Withdrawal, expiry_of, last_day_of, months_later
from altscore_consent.fairuse import Terms
from altscore_consent.notices import Notice

GRANT = "grant"
WITHDRAWAL = "withdrawal"
SCHEMA = "altscore.consent-record.1"  # the family: fields are only ever added to it
RECORD_VERSION = 2  # absent in records of before fair use
VERIFIED_KEPT = 100_000


class Keys(Protocol):
    """Public keys that are trusted."""

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether a signature is by that key; False for unknown keys."""
        ...


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A row of consent_records."""

    consent_id: str
    kind: str
    retailer_id: str
    message_hash: str | None
    record: str
    signature: bytes

    def digest(self) -> bytes:
        """SHA-256 of everything in the row, so that no changed byte passes for one verified before."""
        message = "-" if self.message_hash is None else f"={self.message_hash}"
        columns = "\x00".join((self.consent_id, self.kind, self.retailer_id, message, self.record, ""))
        return hashlib.sha256(columns.encode() + self.signature).digest()  # PostgreSQL's text holds no NUL


class Facts(NamedTuple):
    """What a believed grant says, as far as a check needs it; small, since many are remembered."""

    retailer_id: str
    purpose: str
    lender_scope: tuple[str, ...]
    expires_at: str
    use_limit: int | None
    use_period_days: int | None


def instant(at: datetime) -> str:
    """How records write time: ISO 8601, UTC, microseconds."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def grant_content(
    invite: Invite,
    answer: Answer,
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
        "given_at": instant(answer.sent_at),
        "signed_at": instant(signed_at),
        "expires_at": instant(expires_at),
    }
    return content if terms is None else content | _depth(terms, answer.sent_at, expires_at)


def _depth(terms: Terms, given_at: datetime, expires_at: datetime) -> dict[str, Any]:
    """What record version 2 adds."""
    return {
        "record_version": RECORD_VERSION,
        "purpose_code": terms.purpose_code,
        "fair_use": terms.template,
        "data_range": {
            "months_back": terms.history_months,
            "from": months_later(given_at.astimezone(INDIA).date(), -terms.history_months).isoformat(),
            "to": last_day_of(expires_at).isoformat(),
        },
        "data_life_days": terms.life_days,
        "frequency": {"uses": terms.uses, "period_days": terms.period_days},
        "terms": {"data_history_months": terms.history_months, "data_life_days": terms.life_days},
    }


def withdrawal_content(consent_id: str, withdrawal: Withdrawal, *, signed_at: datetime) -> dict[str, Any]:
    """The artefact of a withdrawal; it needs nothing of the grant, so that even a damaged one can be withdrawn."""
    return {
        "schema": SCHEMA,
        "record_version": RECORD_VERSION,
        "kind": WITHDRAWAL,
        "consent_id": consent_id,
        "retailer_id": withdrawal.retailer_id,
        "reason": withdrawal.reason,
        "requested_by": withdrawal.requested_by,
        "message_hash": withdrawal.message_hash,
        "withdrawn_at": instant(withdrawal.said_at),
        "signed_at": instant(signed_at),
    }


async def sign(signer: Signer, content: Mapping[str, Any]) -> SignedRecord:
    """Signs a record's canonical bytes, the key's id inside them.

    Raises:
        Unavailable: the key store does not answer; nothing is recorded unsigned.
    """
    whole = {**content, "key_id": signer.key_id}
    raw = canonical(whole)
    signature = await signer.sign(hashlib.sha256(raw).digest())
    return SignedRecord(
        whole["consent_id"], whole["kind"], whole["retailer_id"], whole["message_hash"], raw.decode(), signature
    )


class Verifier:
    """Believes a row only when its signature holds and its columns say what was signed.

    The facts of grants that verified are remembered by digest of the whole row, so the curve is climbed once per
    record and process as long as it is in use.

    Args:
        keys: trusted public keys.
        kept: most grants remembered; about 400 bytes each.
    """

    def __init__(self, keys: Keys, *, kept: int = VERIFIED_KEPT) -> None:
        self._keys = keys
        self._kept = kept
        self._known: dict[bytes, Facts] = {}
        self._scopes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def facts(self, row: SignedRecord) -> Facts | None:
        """What a grant says, None when it is not what was signed."""
        digest = row.digest()
        with self._lock:
            found = self._known.pop(digest, None)
            if found is not None:
                self._known[digest] = found  # the newest use stands last
                return found
        content = self.read(row)
        if content is None or row.kind != GRANT:
            return None
        facts = self._facts_of(content)
        with self._lock:
            self._known[digest] = facts
            if len(self._known) > self._kept:
                del self._known[next(iter(self._known))]
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

    def _facts_of(self, content: Mapping[str, Any]) -> Facts:
        frequency = content.get("frequency", {})
        scope = tuple(content["lender_scope"])
        if len(self._scopes) > self._kept:
            self._scopes.clear()
        return Facts(
            content["retailer_id"],
            content["purpose"],
            self._scopes.setdefault(scope, scope),  # few different ones: kept once
            content["expires_at"],
            frequency.get("uses"),
            frequency.get("period_days"),
        )


def invite_id_of(record: SignedRecord) -> str | None:
    """The invite that a grant names, None in a damaged one; unverified, so it decides nothing but where to write to."""
    try:
        invite_id = json.loads(record.record)["invite_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return invite_id if isinstance(invite_id, str) else None


def supports(facts: Facts | None, retailer_id: str, state: State) -> bool:
    """Whether a believed grant says what the state row claims of it."""
    return (
        facts is not None
        and facts.retailer_id == retailer_id
        and facts.purpose == state.purpose
        and state.lender_id in facts.lender_scope
        and facts.expires_at == instant(state.expires_at)
        and (facts.use_limit, facts.use_period_days) == (state.use_limit, state.use_period_days)
    )
