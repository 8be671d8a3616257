"""One sync: read, leave out what is known, cut, send, remember, compare totals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from altscore_connector.batching import cut
from altscore_connector.client import IngestionClient, Receipt
from altscore_connector.config import ConnectorConfig
from altscore_connector.csvdrop.reader import archive, read_drop
from altscore_connector.records import TABLES, Item, Reading, Table
from altscore_connector.state import State
from altscore_connector.tally.reader import read_tally

Progress = Callable[[str], None]


@dataclass
class TableSums:
    """Records and rupees of one table: what the ERP says, what was read, what was sent.

    `erp_compared_inr` is the sum of our records of exactly those entries for which the ERP gave a total.
    """

    erp: int | None = None
    erp_inr: Decimal | None = None
    erp_compared_inr: Decimal | None = None
    read: int = 0
    read_inr: Decimal = Decimal(0)
    unchanged: int = 0
    submitted: int = 0
    amount_inr: Decimal = Decimal(0)

    def as_json(self) -> dict[str, Any]:
        """Plain values; money as text with two places."""
        return {
            "erp": self.erp,
            "erp_inr": None if self.erp_inr is None else f"{self.erp_inr:.2f}",
            "erp_compared_inr": None if self.erp_compared_inr is None else f"{self.erp_compared_inr:.2f}",
            "read": self.read,
            "read_inr": f"{self.read_inr:.2f}",
            "unchanged": self.unchanged,
            "submitted": self.submitted,
            "amount_inr": f"{self.amount_inr:.2f}",
        }


@dataclass
class Summary:
    """Result of a sync; accepted + quarantined + duplicates = submitted."""

    distributor_id: str
    erp_type: str
    batches: int = 0
    submitted: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicates: int = 0
    batch_ids: list[str] = field(default_factory=list)
    quarantined_in: list[str] = field(default_factory=list)
    tables: dict[Table, TableSums] = field(default_factory=lambda: {table: TableSums() for table in TABLES})
    notes: dict[str, int] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        """Whether every record that was sent has an outcome."""
        return self.accepted + self.quarantined + self.duplicates == self.submitted

    @property
    def agrees_with_erp(self) -> bool:
        """Whether the records read have the ERP's own sums, where it tells them."""
        return all(entry.erp_inr == entry.erp_compared_inr for entry in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        """For `--summary`; `amount_inr` is the value of the invoices sent."""
        return {
            "distributor_id": self.distributor_id,
            "erp_type": self.erp_type,
            "batches": self.batches,
            "submitted": self.submitted,
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "duplicates": self.duplicates,
            "amount_inr": f"{self.tables['invoices'].amount_inr:.2f}",
            "adds_up": self.adds_up,
            "agrees_with_erp": self.agrees_with_erp,
            "tables": {table: sums.as_json() for table, sums in self.tables.items()},
            "notes": dict(sorted(self.notes.items())),
            "batch_ids": self.batch_ids,
            "batches_with_quarantine": self.quarantined_in,
        }

    def add(self, receipt: Receipt, items: tuple[Item, ...]) -> None:
        """Counts one batch that stands."""
        self.batches += 1
        self.submitted += receipt.submitted
        self.accepted += receipt.accepted
        self.quarantined += receipt.quarantined
        self.duplicates += receipt.duplicate
        self.batch_ids.append(receipt.batch_id)
        if receipt.quarantined:
            self.quarantined_in.append(receipt.batch_id)
        for item in items:
            self.tables[item.table].submitted += 1
            self.tables[item.table].amount_inr += item.amount


def sync_once(config: ConnectorConfig, client: IngestionClient, state: State, progress: Progress) -> Summary:
    """Reads the ERP and sends what is new.

    Raises:
        ConnectorError: reading or sending failed; what was acknowledged stays acknowledged.
    """
    reading = read_tally(config.tally, state) if config.tally else None
    if reading is None:
        assert config.csv is not None  # noqa: S101 - the configuration holds exactly one of the two
        reading = read_drop(config.csv, config.distributor_id, state)
    summary = Summary(config.distributor_id, config.erp_type, notes=reading.notes)
    _count_reading(summary, reading)
    progress(f"read {len(reading.items)} records from {config.erp_type}")
    fresh = state.unsent(reading.items)
    _send(client, state, fresh, summary=summary, progress=progress)
    state.finish(reading.marks, reading.files)
    if config.csv:
        archive(config.csv, reading)
    return summary


def _count_reading(summary: Summary, reading: Reading) -> None:
    for item in reading.items:
        sums = summary.tables[item.table]
        sums.read += 1
        sums.read_inr += item.amount
    for table, (count, amount, ours) in reading.erp_totals.items():
        sums = summary.tables[table]
        sums.erp, sums.erp_inr, sums.erp_compared_inr = count, amount, ours


def _send(client: IngestionClient, state: State, fresh: list[Item], *, summary: Summary, progress: Progress) -> None:
    for table, sums in summary.tables.items():
        sums.unchanged = sums.read - sum(1 for item in fresh if item.table == table)
    batches = list(cut(fresh, distributor_id=summary.distributor_id, today=datetime.now(UTC).date()))
    for number, batch in enumerate(batches, start=1):
        receipt = client.send_batch(batch.body, batch_id=batch.batch_id)
        state.acknowledge(batch.batch_id, batch.items, {"batch_id": receipt.batch_id, "accepted": receipt.accepted})
        summary.add(receipt, batch.items)
        known = ", known before" if receipt.was_known else ""
        progress(
            f"batch {number}/{len(batches)}: {receipt.accepted} accepted, {receipt.quarantined} quarantined, "
            f"{receipt.duplicate} duplicate{known}"
        )
