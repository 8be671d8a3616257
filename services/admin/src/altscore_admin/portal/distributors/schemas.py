"""Cursors and bodies of the distributors' API; what an owning service adds and is not named here, is not passed on."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from altscore_libs.types import IsoInstant, StrictModel, public_id
from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, Field

from altscore_admin.portal.distributors.guidance import Guidance

BatchPath = Annotated[str, Path(pattern=r"^bat_[0-9a-f]{32}$")]
BatchCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,17}\.bat_[0-9a-f]{32}$")]
RecordCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,17}\.bat_[0-9a-f]{32}\.[a-z_]{1,32}\.[0-9]{1,9}$")]
RetailerCursor = Annotated[str | None, Query(pattern=r"^ret_[0-9a-f]{16}$")]
InviteCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")]
Limit = Annotated[int, Query(ge=1, le=100)]
RetailerId = Annotated[str, public_id("ret", 16)]
Verdict = Literal["agrees", "differs", "not_compared"]


class ErpTotal(BaseModel):
    """What the ERP says of a month: documents that are not cancelled, and their sum in rupees."""

    count: int
    amount_inr: Decimal


class BronzeTotal(BaseModel):
    """What we hold of a month."""

    documents: int
    records: int
    amount_inr: Decimal


class MonthOut(BaseModel):
    """One table in one month, to the paisa."""

    table: str
    month: str
    verdict: Verdict
    erp: ErpTotal | None
    bronze: BronzeTotal | None
    difference_inr: Decimal | None = Field(description="ERP less ours; null where one side is missing.")


class SummaryOut(BaseModel):
    """All batches so far."""

    batches: int
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int
    last_received_at: IsoInstant | None
    last_accepted_at: IsoInstant | None


class CoverageOut(BaseModel):
    """First and last day of a table."""

    table: str
    first_on: date | None
    last_on: date | None


class HeartbeatOut(BaseModel):
    """What the connector last said of itself."""

    received_at: IsoInstant
    connector_version: str
    erp_type: str
    source_ok: bool
    queued_batches: int
    last_success_at: IsoInstant | None


class InstallationOut(BaseModel):
    """The installation of the connector that sends, and the last other one that was refused since then."""

    installation_id: str
    since: IsoInstant
    last_batch_at: IsoInstant | None
    refused_id: str | None
    refused_at: IsoInstant | None


class SyncOut(BaseModel):
    """How far the ledger has come, and whether it agrees with the ERP to the paisa."""

    verdict: Verdict
    summary: SummaryOut
    coverage: list[CoverageOut]
    heartbeat: HeartbeatOut | None
    installation: InstallationOut | None = Field(
        default=None, description="Null before the first batch of a connector that names its installation."
    )
    months: list[MonthOut]


class BatchOut(BaseModel):
    """One batch."""

    batch_id: str
    erp_type: str
    state: str
    received_at: IsoInstant
    completed_at: IsoInstant | None
    submitted: int
    accepted: int | None
    quarantined: int | None
    duplicate: int | None
    completeness: Decimal | None
    reprocessed_from: str | None


class BatchesOut(BaseModel):
    """A page, the newest first; `next_cursor` is null at the end."""

    items: list[BatchOut]
    next_cursor: str | None


class ReasonOut(BaseModel):
    """The rule that a record breaks, and what to do about it in both languages."""

    field: str
    reason: str
    guidance: Guidance


class CountedReasonOut(ReasonOut):
    """How many records of a batch wait by one rule."""

    table: str
    records: int


class BatchDetailOut(BaseModel):
    """One batch, and why records of it stay in quarantine."""

    batch: BatchOut
    reasons: list[CountedReasonOut]


class QuarantinedOut(BaseModel):
    """A record that waits; its values are not shown."""

    batch_id: str
    received_at: IsoInstant
    table: str
    position: int
    record_key: str | None
    reasons: list[ReasonOut]


class QuarantineOut(BaseModel):
    """A page of records that wait, of the newest batches first."""

    items: list[QuarantinedOut]
    next_cursor: str | None


class RetailerOut(BaseModel):
    """A retailer of this distributor; GSTIN and phone are masked by the vault."""

    retailer_id: str
    shop_name: str | None
    gst: str | None
    gst_status: str
    phone: str | None
    has_contact: bool


class RetailersOut(BaseModel):
    """A page by id."""

    items: list[RetailerOut]
    next_cursor: str | None


class InviteOut(BaseModel):
    """An invite of this distributor, and what became of it."""

    invite_id: str
    retailer_id: str
    lender_scope: list[str]
    purpose: str
    language: str
    status: str
    created_at: IsoInstant
    expires_at: IsoInstant
    decided_at: IsoInstant | None


class InvitesOut(BaseModel):
    """A page, the newest first."""

    items: list[InviteOut]
    next_cursor: str | None


class InvitesIn(StrictModel):
    """Whom to ask; for which lenders and for what is decided with operations."""

    retailer_ids: Annotated[list[RetailerId], Field(min_length=1, max_length=500)]
    language: Literal["hi", "en"] = "hi"


class InvitedOut(BaseModel):
    """How many of each outcome.

    `unreachable`: no confirmed phone in this distributor's own ledger; `refused`: by consent; `unknown`: no retailer of
    this distributor.
    """

    invited: int
    already_open: int
    unreachable: int
    refused: int
    unknown: int


class CertificateOut(BaseModel):
    """A certificate of the connector."""

    fingerprint: str
    created_at: AwareDatetime
    accepted_until: AwareDatetime
    revoked_at: AwareDatetime | None
    rotation_due: bool = False


class KeyOut(BaseModel):
    """An API key: its age and its end."""

    key_number: int
    valid_from: AwareDatetime
    accepted_until: AwareDatetime
    used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    age_days: int = 0
    rotation_due: bool = False


class SshKeyOut(BaseModel):
    """An SSH key for files by SFTP."""

    fingerprint: str
    created_at: AwareDatetime
    revoked_at: AwareDatetime | None


class CredentialsOut(BaseModel):
    """What the connector proves itself with; no secret is here or anywhere in the portal."""

    certificates: list[CertificateOut]
    api_keys: list[KeyOut]
    ssh_keys: list[SshKeyOut]
