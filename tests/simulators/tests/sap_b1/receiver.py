"""Who receives batches, as Bronze does, and how that compares with the oracle."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from altscore_connector.client import Receipt

TABLES = {"invoices": "invoice_id", "payments": "payment_id", "returns": "return_id"}


@dataclass
class Receiver:
    """What keeps batches and goes by source order, then sequence, as Bronze does."""

    newest: dict[tuple[str, str], tuple[tuple[int, int], dict[str, Any]]] = field(default_factory=dict)

    def send_batch(self, body: bytes, *, batch_id: str) -> Receipt:
        """Takes all records."""
        payload = json.loads(body, parse_float=Decimal)
        records = [(table, record) for table in ("retailers", *TABLES) for record in payload[table]]
        for table, record in records:
            key = record["retailer_ref"] if table == "retailers" else record[TABLES[table]]
            if table == "payments":
                key = f"{key}#{record['line_no']}"
            rank = (record.get("source_order", 0), payload["sequence"])
            if (table, key) not in self.newest or rank >= self.newest[table, key][0]:
                self.newest[table, key] = (rank, record)
        return Receipt(
            batch_id=batch_id,
            submitted=len(records),
            accepted=len(records),
            quarantined=0,
            duplicate=0,
            was_known=False,
        )

    def live(self, table: str) -> list[dict[str, Any]]:
        """The live records of a table."""
        return [row for (kind, _), (_, row) in self.newest.items() if kind == table and not row.get("is_cancelled")]


def assert_the_truth(receiver: Receiver, oracle: Any) -> None:
    """Live records are the oracle's ledger to the paisa."""
    for table, kind in (("invoices", 13), ("returns", 14)):
        expected = {
            f"{kind}-{row['entry']}": (row["partner"], Decimal(row["amount_inr"]), row["on"])
            for row in oracle[table]
            if not row["is_cancelled"]
        }
        day = "invoice_date" if table == "invoices" else "return_date"
        received = {
            row[TABLES[table]]: (row["retailer_ref"], row["amount_inr"], row[day]) for row in receiver.live(table)
        }
        assert received == expected
    sums: dict[str, Decimal] = {}
    bounced: dict[str, str | None] = {}
    for row in receiver.live("payments"):
        sums[row["payment_id"]] = sums.get(row["payment_id"], Decimal(0)) + row["amount_paid_inr"]
        bounced[row["payment_id"]] = row.get("bounced_on")
    payments = {f"24-{row['entry']}": row for row in oracle["payments"] if not row["is_cancelled"]}
    assert sums == {key: Decimal(row["amount_inr"]) for key, row in payments.items()}
    assert bounced == {key: row["bounced_on"] for key, row in payments.items()}
