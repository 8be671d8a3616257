"""What connectors report and read. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from altscore_ingestion.batches.payload import DatedTable

ACCEPTED_PAGE = 5_000
QUARANTINE_SHOWN = timedelta(days=30)
QUARANTINE_PAGE = 500


@dataclass(frozen=True)
class Heartbeat:
    """What a connector says of itself.

    Attributes:
        queued_batches: waiting at the site.
        last_exit_status: of its newest run; None before the first.
        findings: problems that its newest run named.
    """

    connector_version: str
    erp_type: str
    source_ok: bool
    queued_batches: int
    last_success_at: datetime | None
    last_exit_status: int | None
    findings: int


@dataclass(frozen=True)
class QuarantinePlace:
    """Where a page of the quarantine ended."""

    batch_id: str
    table: str
    position: int


@dataclass(frozen=True)
class QuarantinedRecord:
    """A record in quarantine: its name and the first rule it broke, no values."""

    place: QuarantinePlace
    record_key: str | None
    field: str
    rule: str


@dataclass(frozen=True)
class AcceptedRecord:
    """The newest statement of a record: of a payment the key ends with `#` and the line."""

    table: DatedTable
    key: str
    source_order: int
    is_cancelled: bool
    day: date
    amount_inr: Decimal
