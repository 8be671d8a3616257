"""Cursors and bodies of what the portal reads; no values of records, and no secrets."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from altscore_libs.types import IsoInstant
from fastapi import Path, Query
from pydantic import BaseModel

from altscore_ingestion.installations.schemas import InstallationOut
from altscore_ingestion.totals.schemas import Totals

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
BatchPath = Annotated[str, Path(pattern=r"^bat_[0-9a-f]{32}$")]
BatchCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,17}\.bat_[0-9a-f]{32}$")]
RecordCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,17}\.bat_[0-9a-f]{32}\.[a-z_]{1,32}\.[0-9]{1,9}$")]
Limit = Annotated[int, Query(ge=1, le=200)]


def batch_place(cursor: str | None) -> tuple[datetime, str]:
    """The batch behind which a page begins."""
    if cursor is None:
        return _END_OF_TIME, ""
    micros, batch_id = cursor.split(".")
    return _EPOCH + timedelta(microseconds=int(micros)), batch_id


def record_place(cursor: str | None) -> tuple[tuple[datetime, str], tuple[str, int]]:
    """The batch and the record in it behind which a page begins."""
    if cursor is None:
        return (_END_OF_TIME, ""), ("", -1)
    micros, batch_id, table, position = cursor.split(".")
    return batch_place(f"{micros}.{batch_id}"), (table, int(position))


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


class Summary(BaseModel):
    """All batches that the connector sent."""

    batches: int
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int
    last_received_at: IsoInstant | None
    last_accepted_at: IsoInstant | None


class Coverage(BaseModel):
    """First and last day of a table in Bronze."""

    table: str
    first_on: date | None
    last_on: date | None


class Heartbeat(BaseModel):
    """What the connector last said of itself."""

    received_at: IsoInstant
    connector_version: str
    erp_type: str
    source_ok: bool
    queued_batches: int
    last_success_at: IsoInstant | None


class SyncOut(BaseModel):
    """How far a distributor's ledger has come, and whether it agrees with its ERP to the paisa."""

    summary: Summary
    coverage: list[Coverage]
    heartbeat: Heartbeat | None
    installation: InstallationOut | None
    totals: Totals


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
    """A page, the newest first."""

    items: list[BatchOut]
    next_cursor: str | None

    @classmethod
    def page(cls, rows: list[Any], limit: int) -> "BatchesOut":
        """A page of at most `limit` batches."""
        is_full = len(rows) == limit
        cursor = f"{_micros(rows[-1]['received_at'])}.{rows[-1]['batch_id']}" if is_full else None
        return cls(items=[BatchOut(**dict(row)) for row in rows], next_cursor=cursor)


class ReasonOut(BaseModel):
    """A rule that records break, as a path and a rule; no value of theirs."""

    field: str
    reason: str


class CountedReason(ReasonOut):
    """How many records of a batch stay in quarantine by one rule."""

    table: str
    records: int


class BatchDetailOut(BaseModel):
    """One batch and why records of it stay in quarantine."""

    batch: BatchOut
    reasons: list[CountedReason]


class QuarantinedOut(BaseModel):
    """A quarantined record."""

    batch_id: str
    received_at: IsoInstant
    table: str
    position: int
    record_key: str | None
    reasons: list[ReasonOut]


class QuarantineOut(BaseModel):
    """A page of quarantined records."""

    items: list[QuarantinedOut]
    next_cursor: str | None

    @classmethod
    def page(cls, rows: list[Any], limit: int) -> "QuarantineOut":
        """A page of at most `limit` records."""
        items = [
            QuarantinedOut(
                batch_id=row["batch_id"],
                received_at=row["received_at"],
                table=row["table_name"],
                position=row["position"],
                record_key=row["record_key"],
                reasons=[ReasonOut(**reason) for reason in json.loads(row["reasons"])],
            )
            for row in rows
        ]
        cursor = None
        if len(rows) == limit:
            last = items[-1]
            cursor = f"{_micros(last.received_at)}.{last.batch_id}.{last.table}.{last.position}"
        return cls(items=items, next_cursor=cursor)


class CertificateOut(BaseModel):
    """A certificate of the connector."""

    fingerprint: str
    created_at: IsoInstant
    accepted_until: IsoInstant
    revoked_at: IsoInstant | None


class KeyOut(BaseModel):
    """An API key: when it counts; nothing of the key itself."""

    key_number: int
    valid_from: IsoInstant
    accepted_until: IsoInstant
    used_at: IsoInstant | None
    revoked_at: IsoInstant | None


class SshKeyOut(BaseModel):
    """An SSH key for files by SFTP."""

    fingerprint: str
    created_at: IsoInstant
    revoked_at: IsoInstant | None


class CredentialsOut(BaseModel):
    """What a distributor's connector proves itself with."""

    certificates: list[CertificateOut]
    api_keys: list[KeyOut]
    ssh_keys: list[SshKeyOut]
