"""What an explanation lists: source records with their place in Bronze, allocations, ledgers."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

# In the order of their weight; a record has the weightiest that applies.
Role = Literal["value", "settles", "queue", "cap", "first", "known"]
ROLES: dict[Role, str] = {
    "value": "enters the formula itself",
    "settles": "paid an invoice that enters it, or was paid by a payment that does",
    "queue": "another document of the same account: its place decides which credit pays which invoice",
    "cap": "its amount decides the median at which outliers are capped",
    "first": "the first invoice, from which the observed months are counted",
    "known": "by it the retailer is known to the distributor",
}


class Key(NamedTuple):
    """A document of a ledger; only payments have lines."""

    table: str
    distributor_id: str
    document_id: str
    line_no: int = 1


@dataclass(frozen=True)
class Origin:
    """Where a record stands in Bronze.

    Attributes:
        batch_id: in which it arrived.
        manifest_sha256: of the batch, as Gold's manifest lists it.
        record_id: of the newest statement, the one that counts; empty for master records, whose link to a retailer
            is not kept after a run.
        content_version: of the statement.
        arrived_at: of the batch.
        statements: how many of the document the batches of this run hold.
    """

    batch_id: str
    manifest_sha256: str
    record_id: str
    content_version: int
    arrived_at: datetime
    statements: int


@dataclass(frozen=True)
class SourceRecord:
    """A document that counts, or a master record.

    Attributes:
        key: which.
        role: what it has to do with the value.
        on: its date; None for a master record.
        amount_inr: rupees; None for a master record.
        figures: what the project's intermediate tables say of it.
        origin: in Bronze.
    """

    key: Key
    role: Role
    on: date | None
    amount_inr: Decimal | None
    figures: dict[str, Any] = field(default_factory=dict)
    origin: Origin | None = None


@dataclass(frozen=True)
class Explanation:
    """A value and what stands behind it.

    Attributes:
        run_id: of the run.
        manifest_sha256: of its Gold.
        as_of_on: its snapshot.
        retailer_id: whose value.
        feature: column of Gold.
        definition: in words, from dbt's schema.yml.
        value: as Gold has it.
        recomputed: the same column made from the listed records alone.
        agrees: whether both are equal (doubles to 1e-9 of their size).
        is_current_code: whether the run was made with the SQL that is installed here.
        gst_verified: what the run knew of the retailer beside its ledgers.
        records: the source records.
        allocations: which listed credit paid which listed invoice.
        ledgers: how far each listed ledger reached.
    """

    run_id: str
    manifest_sha256: str
    as_of_on: date
    retailer_id: str
    feature: str
    definition: str
    value: Any
    recomputed: Any
    agrees: bool
    is_current_code: bool
    gst_verified: bool
    records: list[SourceRecord]
    allocations: list[dict[str, Any]]
    ledgers: list[dict[str, Any]]
