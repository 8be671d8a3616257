"""The result of a sync, as numbers and findings."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from altscore_connector.client import Receipt
from altscore_connector.messages import as_json as findings_as_json
from altscore_connector.records import AMOUNT_FIELD, TABLES, ErpTotal, Finding, Table

DONE, FAILED, CONFIGURATION, INCOMPLETE = 0, 1, 2, 3


@dataclass
class TableSums:
    """Records and rupees of one table: what the ERP says, what was read, what was sent."""

    erp: int | None = None
    erp_inr: Decimal | None = None
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
            "read": self.read,
            "read_inr": f"{self.read_inr:.2f}",
            "unchanged": self.unchanged,
            "submitted": self.submitted,
            "amount_inr": f"{self.amount_inr:.2f}",
        }


@dataclass(frozen=True)
class Comparison:
    """One month of one table: the ERP's own total beside that of the acknowledged live documents."""

    erp: ErpTotal
    sent_count: int
    sent_inr: Decimal

    @property
    def agrees(self) -> bool:
        """Whether number and sum are equal, to the paisa."""
        return (self.erp.count, self.erp.amount_inr) == (self.sent_count, self.sent_inr)

    def as_json(self) -> dict[str, Any]:
        """Plain values; money as text with two places."""
        return {
            "table": self.erp.table,
            "month": self.erp.month,
            "erp": self.erp.count,
            "erp_inr": f"{self.erp.amount_inr:.2f}",
            "sent": self.sent_count,
            "sent_inr": f"{self.sent_inr:.2f}",
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
    withdrawn: int = 0
    batch_ids: list[str] = field(default_factory=list)
    quarantined_in: list[str] = field(default_factory=list)
    tables: dict[Table, TableSums] = field(default_factory=lambda: {table: TableSums() for table in TABLES})
    notes: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        """Whether every record that was sent has an outcome."""
        return self.accepted + self.quarantined + self.duplicates == self.submitted

    @property
    def agrees_with_erp(self) -> bool | None:
        """Whether what AltScore acknowledged has the ERP's own monthly totals; None when nothing was compared."""
        return all(part.agrees for part in self.comparisons) if self.comparisons else None

    @property
    def exit_status(self) -> int:
        """0: everything is sent, and agrees where it could be compared. 3: something is left out or disagrees."""
        if not self.adds_up:
            return FAILED
        is_incomplete = self.quarantined > 0 or self.agrees_with_erp is False
        is_incomplete |= any(finding.kind != "note" for finding in self.findings)
        return INCOMPLETE if is_incomplete else DONE

    def as_json(self) -> dict[str, Any]:
        """For `--summary`; `amount_inr` is the value of the invoices sent."""
        return {
            "distributor_id": self.distributor_id,
            "erp_type": self.erp_type,
            "exit_status": self.exit_status,
            "batches": self.batches,
            "submitted": self.submitted,
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "duplicates": self.duplicates,
            "withdrawn": self.withdrawn,
            "amount_inr": f"{self.tables['invoices'].amount_inr:.2f}",
            "adds_up": self.adds_up,
            "agrees_with_erp": self.agrees_with_erp,
            "months_compared": len(self.comparisons),
            "disagreements": [part.as_json() for part in self.comparisons if not part.agrees],
            "tables": {table: sums.as_json() for table, sums in self.tables.items()},
            "notes": dict(sorted(self.notes.items())),
            "findings": findings_as_json(self.findings),
            "batch_ids": self.batch_ids,
            "batches_with_quarantine": self.quarantined_in,
        }

    def add(self, receipt: Receipt, items: tuple[dict[str, Any], ...]) -> None:
        """Counts one batch that stands; `items` are its records as the queue keeps them."""
        self.batches += 1
        self.submitted += receipt.submitted
        self.accepted += receipt.accepted
        self.quarantined += receipt.quarantined
        self.duplicates += receipt.duplicate
        self.batch_ids.append(receipt.batch_id)
        if receipt.quarantined:
            self.quarantined_in.append(receipt.batch_id)
            self.findings.append(Finding(kind="refused", rule="records_quarantined", key=receipt.batch_id))
        for item in items:
            table: Table = item["table"]
            self.tables[table].submitted += 1
            if table in AMOUNT_FIELD and item["is_live"]:
                self.tables[table].amount_inr += Decimal(item["amount_inr"])
