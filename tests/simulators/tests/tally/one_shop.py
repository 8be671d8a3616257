"""A connector beside a Tally with a ledger of one shop, written voucher by voucher."""

from datetime import date
from typing import Any

from altscore_connector.batching import cut
from altscore_connector.config import TallyConfig
from altscore_connector.planning import plan
from altscore_connector.records import Finding, Reading
from altscore_connector.state import Finished, State
from altscore_connector.tally.reader import read_tally
from simulators_tally.generated import GeneratedCompany
from simulators_tally.server import Tally

GUID = "0b1e6c1a-0000-4000-8000-00000000aaaa"
SHOP = f"{GUID}-90000001"
TODAY = date(2026, 11, 28)
Voucher = dict[str, Any]


def voucher(kind: str, number: int, paise: int, *, bills: Any = (), other: str = "HDFC Bank", **more: Any) -> Voucher:
    """A voucher of the one shop; a debit of the shop is negative."""
    entries = [
        {"ledger": "Om Traders", "paise": paise, "bills": [dict(bill) for bill in bills] or [on_account(paise)]},
        {"ledger": other, "paise": -paise},
    ]
    return {
        "guid": f"{GUID}-{number:08x}",
        "master_id": number,
        "alter_id": more.pop("alter_id", number),
        "type": kind,
        "date": more.pop("on", "20261001"),
        "number": "1",
        "entries": entries,
        **more,
    }


def on_account(paise: int) -> dict[str, Any]:
    return {"name": "", "type": "On Account", "paise": paise}


def bill(name: str, paise: int, kind: str = "Agst Ref", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "paise": paise, **more}


def company(
    *vouchers: Voucher, name: str = "Om & Co", shop: str = "Om Traders", ledgers: Any = (), **more: Any
) -> GeneratedCompany:
    fixed = {"Cash": "Cash-in-Hand", "HDFC Bank": "Bank Accounts", "Sales": "Sales", "Discount": "Expenses"}
    return GeneratedCompany(
        {
            "name": name,
            "guid": GUID,
            "books_from": "20260401",
            "as_of": "20261128",
            "groups": [
                {"name": group, "parent": "", "reserved": group} for group in {*fixed.values(), "Sundry Debtors"}
            ],
            "voucher_types": [
                {"name": kind, "parent": kind} for kind in ("Sales", "Receipt", "Credit Note", "Payment", "Journal")
            ],
            "ledgers": [
                *(
                    {"name": key, "parent": group, "guid": f"{GUID}-8{key}", "alter_id": 1}
                    for key, group in fixed.items()
                ),
                {"name": "Overseas Supplier", "parent": "Expenses", "guid": f"{GUID}-81", "alter_id": 1},
                {"name": shop, "parent": "Sundry Debtors", "guid": SHOP, "alter_id": 2},
                *ledgers,
            ],
            "vouchers": [*vouchers],
            **more,
        }
    )


class Site:
    """A connector's state beside a Tally."""

    def __init__(self, url: str, tally: Tally) -> None:
        self.url, self.tally, self.state = url, tally, State(":memory:")
        self.today = TODAY

    def read(self, *companies: GeneratedCompany, names: tuple[str, ...] = ("Om & Co",), **settings: Any) -> Reading:
        self.tally.open_only(*companies)
        return read_tally(TallyConfig(self.url, names, **settings), self.state, today=lambda: self.today)

    def sync(self, *companies: GeneratedCompany, **settings: Any) -> tuple[list[dict[str, Any]], list[Finding]]:
        """Reads and acknowledges; the records that were sent, without master data, and the findings."""
        reading = self.read(*companies, **settings)
        sent = self.queue(reading)
        while (queued := self.state.queued()) is not None:
            self.state.acknowledge(queued)
        return sent, reading.findings

    def queue(self, reading: Reading, *, limit: int = 1_000) -> list[dict[str, Any]]:
        """Writes down what a reading asks for, in batches of some records; the records without master data."""
        todo = plan(reading, self.state)
        sequence = self.state.next_sequence(1)
        batches = cut(todo.items, distributor_id="d", today=self.today, sequence=sequence, limit=limit)
        rows = [(batch.sequence, batch.batch_id, batch.body, batch.items) for batch in batches]
        self.state.enqueue(rows, Finished(marks=reading.marks, seen=todo.seen))
        return [{**item.record, "table": item.table} for item in todo.items if item.table != "retailers"]


def rules(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.kind, finding.rule) for finding in findings]


SALE = voucher("Sales", 1, -500_000, bills=[bill("A/1", -500_000, "New Ref")], other="Sales", on="20261001")
RECEIPT = voucher("Receipt", 2, 500_000, bills=[bill("A/1", 500_000)], on="20261020")
