"""Where a statement about a record stands among the others (decisions 78, 79). Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from altscore_ingestion.batches.records import Record


class StatementOrder(NamedTuple):
    """Where a statement about a record stands among the others; the greatest is the newest (decision 79)."""

    source_order: int
    sequence: int


class Standing(NamedTuple):
    """Where the newest statement about a record stands."""

    order: StatementOrder
    stated_at: datetime


@dataclass(frozen=True)
class Arrival:
    """When the statements of a batch arrived.

    Attributes:
        sequence: of the batch.
        at: instant of arrival.
        is_late: they are taken in after others that arrived later, as records that come back from quarantine are.
    """

    sequence: int | None
    at: datetime
    is_late: bool = False

    def order_of(self, record: Record) -> StatementOrder:
        """The order of a statement; lines of the customer master have none and count in order of arrival."""
        return StatementOrder(record.source_order, 0 if record.table == "retailers" else self.sequence or 0)

    def is_newer(self, order: StatementOrder, than: Standing) -> bool:
        """Whether a statement of this order is newer than the one that stands: by its order, then by arrival."""
        if order != than.order:
            return order > than.order
        return not self.is_late or self.at >= than.stated_at
