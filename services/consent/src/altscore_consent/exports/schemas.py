"""Bodies of exports, receipts and histories."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class ExportedRecord(BaseModel):
    """A signed record: exactly the bytes that were signed, and the key that did."""

    consent_id: str
    kind: str
    record: str
    signature: str
    key_id: str | None


class Uses(BaseModel):
    """How often a lender was shown something under a consent."""

    consent_id: str
    lender_id: str
    uses: int
    last_at: str


class Manifest(BaseModel):
    """The signed list of what the export holds."""

    document: str
    signature: str
    key_id: str


class ExportResponse(BaseModel):
    """All records of a retailer; `altscore-consent-verify` checks it with nothing but public keys."""

    form: str = Field(alias="schema")
    retailer_id: str
    exported_at: str
    uses: list[Uses]
    records: list[ExportedRecord]
    manifest: Manifest


class ReceiptResponse(BaseModel):
    """A receipt shaped after ISO/IEC TS 27560, with the signed records it was made from."""

    schema_version: str
    receipt_id: str
    pii_principal_id: str
    consent_record: dict[str, Any]
    signed_records: list[ExportedRecord]


class InviteEntry(BaseModel):
    """An invite in a history."""

    invite_id: str
    distributor_id: str
    lender_scope: list[str]
    purpose: str
    language: str
    notice_id: str
    notice_version: str
    notice_sha256: str
    status: str
    created_at: datetime
    expires_at: datetime


class RecordEntry(BaseModel):
    """A signed record in a history; `record` is what was signed, None when it no longer verifies."""

    consent_id: str
    kind: str
    is_verified: bool
    record: dict[str, Any] | None
    signature: str


class HistoryResponse(BaseModel):
    """Everything recorded of a retailer's consent."""

    retailer_id: str
    invites: list[InviteEntry]
    records: list[RecordEntry]
