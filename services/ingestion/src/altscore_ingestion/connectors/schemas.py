"""Bodies of the connectors' endpoints."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, Field

from altscore_ingestion.batches.payload import ErpType
from altscore_ingestion.connectors.domain import AcceptedRecord, Heartbeat, QuarantinedRecord, QuarantinePlace
from altscore_ingestion.distributors.schemas import CsrPem
from altscore_ingestion.installations.domain import PATTERN

_MAX_COUNT = 1_000_000_000
Count = Annotated[int, Field(ge=0, le=_MAX_COUNT)]
Version = Annotated[str, Field(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}([.+-]?[a-z0-9.]{1,16})?$", max_length=40)]
INSTALLATION_HEADER: dict[str, Any] = {
    "name": "X-Installation-ID",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": PATTERN},
    "description": "The installation of the connector; another one than that which sends is refused (409).",
}
SIGNED_HEADERS: list[dict[str, Any]] = [
    {"name": "X-API-Key", "in": "header", "required": True, "schema": {"type": "string"}},
    {
        "name": "X-Payload-Signature-V2",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "pattern": "^t=[0-9]{1,12},v2=[0-9a-f]{64}$"},
        "description": "Over time, method, path and body, at most 300 seconds old; test vectors in "
        "schemas/connector/signature_vectors.json.",
    },
    INSTALLATION_HEADER,
]


class RotateIn(StrictModel):
    """An empty object: everything is in the headers."""


class RotateCertificateIn(StrictModel):
    """A certificate request (PKCS#10, PEM) over the connector's new key; names in it are ignored."""

    csr_pem: CsrPem


class CertificateOut(BaseModel):
    """A certificate with the distributor's name; older ones keep their own end."""

    certificate_pem: str
    expires_at: IsoInstant


class HeartbeatIn(StrictModel):
    """What a connector says of itself."""

    connector_version: Version
    erp_type: ErpType
    source_ok: bool
    queued_batches: Count
    last_success_at: IsoInstant | None
    last_exit_status: Literal[0, 1, 2, 3] | None
    findings: Count

    def heartbeat(self) -> Heartbeat:
        """As the service takes it."""
        return Heartbeat(**self.model_dump())


class HeartbeatOut(BaseModel):
    """The server's clock, when the presented credentials end, and how many records the last 30 days quarantined."""

    server_time: IsoInstant
    api_key_expires_at: IsoInstant
    certificate_expires_at: IsoInstant
    quarantined: int


class QuarantinedOut(BaseModel):
    """A record in quarantine, without any of its values.

    `record_key`: its document number (a payment's with `#` and the line), or `table[index]`, its place in the batch,
    where it has none that can be shown. `reason`: a sentence; `rule`: the rule alone, the same for all such records.
    """

    batch_id: str
    table: str
    record_key: str
    reason: str
    rule: str

    @classmethod
    def of(cls, record: QuarantinedRecord) -> "QuarantinedOut":
        """As it is answered."""
        place = record.place
        return cls(
            batch_id=place.batch_id,
            table=place.table,
            record_key=record.record_key or f"{place.table}[{place.position}]",
            reason=f"{record.field} {record.rule}",
            rule=record.rule,
        )


class QuarantinePage(BaseModel):
    """Records from the oldest batch on; `next` is the `after` of the next page, null on the last one."""

    records: list[QuarantinedOut]
    next: str | None


class SequenceOut(BaseModel):
    """The greatest `sequence` of the caller's batches that count; 0 where none had one.

    A connector that remembers a smaller one was put back, or lost its memory: it reads `/v1/connector/records`, begins
    above this number and states its ledger again.
    """

    distributor_id: str
    highest_sequence: int


class AcceptedOut(BaseModel):
    """The newest statement of a record; `key` is its document number, of a payment with `#` and the line."""

    table: Literal["invoices", "payments", "returns"]
    key: str
    source_order: int
    is_cancelled: bool
    day: date
    amount_inr: Decimal

    @classmethod
    def of(cls, record: AcceptedRecord) -> "AcceptedOut":
        """As it is answered."""
        return cls(**asdict(record))


class AcceptedPage(BaseModel):
    """Records by table and key; `next` is the `after` of the next page, null on the last one."""

    records: list[AcceptedOut]
    next: str | None

    @classmethod
    def of(cls, records: Sequence[AcceptedRecord], *, has_more: bool) -> "AcceptedPage":
        """As it is answered."""
        after = f"{records[-1].table}.{records[-1].key}" if has_more else None
        return cls(records=[AcceptedOut.of(record) for record in records], next=after)


def cursor(place: QuarantinePlace | None) -> str | None:
    """The place as it is answered."""
    return None if place is None else f"{place.batch_id}.{place.table}.{place.position}"
