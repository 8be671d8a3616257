"""Consent records: what is signed, how it is signed, and when a stored row is believed."""

import asyncio
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from altscore_libs.signer import PublicKeys, Signer, canonical

from altscore_consent.domain import Answer, Invite, State, Withdrawal, expiry_of
from altscore_consent.notices import Notice

GRANT = "grant"
WITHDRAWAL = "withdrawal"
SCHEMA = "altscore.consent-record.1"
VERIFIED_KEPT = 200_000


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
        columns = [self.consent_id, self.kind, self.retailer_id, self.message_hash or "", self.record]
        return hashlib.sha256("\n".join(columns).encode() + b"\n" + self.signature).digest()


def instant(at: datetime) -> str:
    """How records write time: ISO 8601, UTC, microseconds."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def grant_content(
    invite: Invite, answer: Answer, notice: Notice, *, consent_id: str, signed_at: datetime
) -> dict[str, Any]:
    """The artefact of a grant; `expires_at` follows from the notice's validity."""
    return {
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
        "terms": dict(notice.terms),
        "channel": answer.channel,
        "message_hash": answer.message_hash,
        "given_at": instant(answer.sent_at),
        "signed_at": instant(signed_at),
        "expires_at": instant(expiry_of(answer.sent_at, notice.validity_months)),
    }


def withdrawal_content(consent_id: str, withdrawal: Withdrawal, *, signed_at: datetime) -> dict[str, Any]:
    """The artefact of a withdrawal; it needs nothing of the grant, so that even a damaged one can be withdrawn."""
    return {
        "schema": SCHEMA,
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

    Rows that verified are remembered by digest of the whole row, so the curve is climbed once per record and process.
    """

    def __init__(self, keys: PublicKeys, *, kept: int = VERIFIED_KEPT) -> None:
        self._keys = keys
        self._kept = kept
        self._verified: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, row: SignedRecord) -> dict[str, Any] | None:
        """The content of a row, None when it is not what was signed."""
        digest = row.digest()
        with self._lock:
            is_known = digest in self._verified
            if is_known:
                self._verified.move_to_end(digest)
        if is_known:
            content: dict[str, Any] = json.loads(row.record)
            return content
        found = self._verify(row)
        if found is not None:
            with self._lock:
                self._verified[digest] = None
                if len(self._verified) > self._kept:
                    self._verified.popitem(last=False)
        return found

    async def read_many(self, rows: Sequence[SignedRecord]) -> list[dict[str, Any] | None]:
        """The content of each row, off the event loop: thousands of first verifications take a while."""
        return await asyncio.to_thread(lambda: [self.read(row) for row in rows])

    def _verify(self, row: SignedRecord) -> dict[str, Any] | None:
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


def supports(content: Mapping[str, Any] | None, retailer_id: str, state: State) -> bool:
    """Whether a believed grant says what the state row claims of it."""
    return (
        content is not None
        and content["retailer_id"] == retailer_id
        and content["purpose"] == state.purpose
        and state.lender_id in content["lender_scope"]
        and content["expires_at"] == instant(state.expires_at)
    )
