"""A drop folder for tests: files with a time of their own, readings, and what the core makes of them."""

import json
import os
import shutil
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from altscore_connector.client import Receipt
from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.reader import read_drop
from altscore_connector.errors import DeliveryError
from altscore_connector.india import INDIA
from altscore_connector.records import Finding, Reading
from altscore_connector.state import State

DATA = Path(__file__).parent / "data" / "csv-drop"
INVOICES = "Invoice No,Invoice Date,Due Date,Party,GSTIN,Phone,Amount,Paid,Paid Date\n"
RECEIPTS = "Receipt No,Receipt Date,Party,GSTIN,Phone,Invoice No,Amount,Mode\n"
IDENTITY = {"invoices": "invoice_id", "payments": "payment_id", "returns": "return_id"}
AMOUNT = {"invoices": "amount_inr", "payments": "amount_paid_inr", "returns": "amount_inr"}
Live = dict[tuple[str, str], Decimal]  # kind of record and identity to rupees
NOW_S = datetime(2026, 11, 28, 12, tzinfo=INDIA).timestamp()


def put(folder: Path, name: str, text: str | bytes, at: str = "2026-08-01") -> Path:
    """Writes a file whose time is noon in India of a day, or an instant."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    instant = datetime.fromisoformat(at if "T" in at else f"{at}T12:00:00").replace(tzinfo=INDIA).timestamp()
    os.utime(path, (instant, instant))
    return path


def read(folder: Path, *names: str, state: State | None = None, **settings: Any) -> Reading:
    """Reads the folder, with fixtures copied into it first."""
    for name in names:
        put(folder, name, (DATA / name).read_bytes())  # with the time of `put`: that of the clone is later than NOW_S
        if (DATA / f"{name}.sha256").exists():
            shutil.copy(DATA / f"{name}.sha256", folder)
    return read_drop(CsvConfig(folder, settle_s=0, **settings), "dist_x", state or State(":memory:"), now=lambda: NOW_S)


def records(reading: Reading, table: str) -> list[dict[str, Any]]:
    """The records of one table."""
    return [dict(item.record) for item in reading.items if item.table == table]


def faults(reading: Reading) -> list[tuple[str, int | None, str]]:
    """Rule, row and column of everything that is not only worth noting."""
    return [(part.rule, part.row, part.field) for part in reading.findings if part.kind != "note"]


def rules(findings: Iterable[Finding], kind: str) -> set[str]:
    """Rules of one kind."""
    return {finding.rule for finding in findings if finding.kind == kind}


class Receiver:
    """Keeps the newest version of every record, by source order and then sequence, as ingestion does."""

    def __init__(self) -> None:
        self.newest: dict[tuple[str, str, int], tuple[int, int, dict[str, Any]]] = {}
        self.fault = ""  # the next batch does not arrive, or its answer does not

    def send_batch(self, body: bytes, *, batch_id: str) -> Receipt:
        fault, self.fault = self.fault, ""
        if fault == "batch lost":
            raise DeliveryError("not reachable")
        receipt = self._take(json.loads(body, parse_float=Decimal), batch_id)
        if fault == "answer lost":
            raise DeliveryError("no answer")
        return receipt

    def _take(self, payload: dict[str, Any], batch_id: str) -> Receipt:
        for table, identity in IDENTITY.items():
            for record in payload[table]:
                key = (table, record[identity], record.get("line_no", 1))
                version = (record["source_order"], payload["sequence"], record)
                before = self.newest.get(key)
                if before is None or before[:2] <= version[:2]:
                    self.newest[key] = version
        count = sum(len(payload[table]) for table in ("retailers", *IDENTITY))
        return Receipt(batch_id=batch_id, submitted=count, accepted=count, quarantined=0, duplicate=0, was_known=False)

    def live(self) -> Live:
        sums: Live = {}
        for (table, identity, _), (_, _, record) in self.newest.items():
            if not record.get("is_cancelled"):
                kind = "bounced" if record.get("is_bounced") else table
                sums[kind, identity] = sums.get((kind, identity), Decimal(0)) + record[AMOUNT[table]]
        return sums
