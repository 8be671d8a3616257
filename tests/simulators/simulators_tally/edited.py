"""A small company that is edited at random, as people edit a ledger, and what it amounts to: the oracle of a sync."""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from simulators_tally.generated import GeneratedCompany

GUID = "5a1f0f3e-8a60-4a0e-9d4f-1c2d3e4f5a6b"
_TYPES = ("Sales", "Receipt", "Credit Note", "Payment", "Journal")
_FIXED = {"Cash": "Cash-in-Hand", "HDFC Bank": "Bank Accounts", "Sales": "Sales Accounts", "Discount": "Expenses"}
_TABLES = {"Sales": "invoices", "Receipt": "payments", "Credit Note": "returns", "Journal": "returns"}
Voucher = dict[str, Any]
# A record of the truth: document, party, day, paise, bill.
Line = tuple[str, str, str, int, str]


@dataclass(frozen=True)
class Truth:
    """What the ledger amounts to on a day.

    Attributes:
        lines: by table, every live part of a document; receipts before anything is taken back.
        taken_back: by party, paise that were taken back.
    """

    lines: dict[str, list[Line]]
    taken_back: dict[str, int]


class EditedCompany:
    """The ledger of one distributor under edits.

    Args:
        seed: of its randomness.
        today: the first day.
        works_on: backups are put back more often and nobody waits for a look at the ledger then; ledgers are moved
            among the debtors and away from them.
    """

    def __init__(self, seed: int, today: date, *, works_on: bool = False) -> None:
        self.random = random.Random(seed)
        self.today = today
        self.parties = {f"{GUID}-9{number:07x}": f"Shop {number}" for number in range(4)}
        self.elsewhere: set[str] = set()
        self.vouchers: dict[str, Voucher] = {}
        self._works_on = works_on
        self._shown: dict[tuple[Any, ...], Any] = {}
        self._counter, self._renamed = 0, 0
        self._former: list[Voucher] = []
        self._backup: tuple[dict[str, Voucher], int] | None = None
        self._is_restored = False
        self._edits: list[Callable[[], None]] = [
            *[self.add_sale] * 3, *[self.add_receipt] * 3, *[self.add_credit_note] * 2, self.change_amount,
            self.change_back, self.cancel, self.uncancel, self.delete, self.enter_again, self.split, self.merge,
            self.shrink, self.rename, self.redate, self.change_party, self.make_optional, self.bounce,
            self.take_back_a_part, self.settle_without_money, self.settle_on_the_spot, self.next_day, self.back_up,
            self.restore,
        ]  # fmt: skip
        if works_on:
            self._edits += [self.back_up, *[self.restore] * 4, self.move_ledger]

    def edit(self) -> str:
        """One random edit; its name.

        After a backup was put back, nobody works until the ledger was looked at, unless the company `works_on`.
        """
        if self._is_restored and not self._works_on:
            return "nothing"
        edit = self.random.choice(self._edits)
        edit()
        return edit.__name__

    def company(self) -> GeneratedCompany:
        """The ledger as Tally tells it."""
        groups = [{"name": name, "parent": "", "reserved": name} for name in {*_FIXED.values(), "Sundry Debtors"}]
        fixed = [
            {"name": name, "parent": parent, "guid": f"{GUID}-8{number:07x}", "alter_id": number}
            for number, (name, parent) in enumerate(_FIXED.items(), start=1)
        ]
        debtors = [
            {
                "name": name,
                "parent": "Expenses" if guid in self.elsewhere else "Sundry Debtors",
                "guid": guid,
                "alter_id": 50,
            }
            for guid, name in self.parties.items()
        ]
        data = {
            "name": "Edited Traders",
            "guid": GUID,
            "books_from": "20260401",
            "as_of": f"{self.today:%Y%m%d}",
            "groups": groups,
            "voucher_types": [{"name": name, "parent": name} for name in _TYPES],
            "ledgers": fixed + debtors,
            "vouchers": [self._rendered(voucher) for voucher in self.vouchers.values()],
            "last_alter_id": self._counter,
        }
        return GeneratedCompany(data)

    def truth(self) -> Truth:
        """What counts today; a look at the ledger."""
        self._is_restored = False
        lines: dict[str, list[Line]] = {"invoices": [], "payments": [], "returns": []}
        taken: dict[str, int] = {}
        for voucher in self.vouchers.values():
            if voucher["cancelled"] or voucher["optional"] or voucher["on"] > self.today:
                continue
            if voucher["party"] in self.elsewhere:
                continue
            if voucher["takes_back"]:
                taken[voucher["party"]] = taken.get(voucher["party"], 0) + self._total(voucher)
                continue
            head = (voucher["guid"], voucher["party"], voucher["on"].isoformat())
            # A credit note or a journal is one record, whatever bills it names.
            is_whole = _TABLES[voucher["type"]] == "returns"
            parts = [("", self._total(voucher))] if is_whole else voucher["bills"]
            lines[_TABLES[voucher["type"]]] += [(*head, paise, name) for name, paise in parts]
            if spot := self._on_the_spot(voucher):
                lines["payments" if voucher["spot"][0] == "Cash" else "returns"].append((*head, spot, ""))
        return Truth(lines={table: sorted(rows) for table, rows in lines.items()}, taken_back=taken)

    # What people do, one edit each.

    def add_sale(self) -> None:
        """A sale of one to three bills."""
        count = self.random.randint(1, 3)
        bills = [(f"B{self._counter}/{number}", self._paise()) for number in range(count)]
        self._enter("Sales", bills)

    def add_receipt(self) -> None:
        """Money for some bills, or on account."""
        bills = [(name, self._paise()) for name in self._some_bills()]
        if not bills or self.random.random() < 0.3:
            bills.append(("", self._paise()))
        self._enter("Receipt", bills)

    def add_credit_note(self) -> None:
        """Goods that came back."""
        self._enter("Credit Note", [("", self._paise())])

    def settle_without_money(self) -> None:
        """A discount that lowers what a debtor owes."""
        self._enter("Journal", [("", self._paise())])

    def settle_on_the_spot(self) -> None:
        """A sale holds what was paid at once, or a discount; or holds it no longer."""
        if sale := self._pick(lambda item: item["type"] == "Sales"):
            spot = ("", 0) if sale["spot"][1] else (self.random.choice(("Cash", "Discount")), self._paise())
            self._alter(sale, spot=spot)

    def bounce(self) -> None:
        """A whole receipt is taken back by payment voucher, journal or negative receipt."""
        if receipt := self._pick(lambda item: item["type"] == "Receipt" and not item["takes_back"]):
            self._take_back(receipt, receipt["bills"])

    def take_back_a_part(self) -> None:
        """A part of one line of a receipt is taken back."""
        if receipt := self._pick(lambda item: item["type"] == "Receipt" and not item["takes_back"]):
            name, paise = self.random.choice(receipt["bills"])
            self._take_back(receipt, [(name, max(1, paise // 2))])

    def change_amount(self) -> None:
        """One bill has another amount."""
        if voucher := self._pick():
            bills = list(voucher["bills"])
            index = self.random.randrange(len(bills))
            bills[index] = (bills[index][0], self._paise())
            self._alter(voucher, bills=bills)

    def change_back(self) -> None:
        """A voucher is made what it was before."""
        former = [item for item in self._former if item["guid"] in self.vouchers]
        if former:
            version = copy.deepcopy(self.random.choice(former))
            self._alter(self.vouchers[version["guid"]], **version)

    def cancel(self) -> None:
        """A voucher is cancelled."""
        if voucher := self._pick():
            self._alter(voucher, cancelled=True)

    def uncancel(self) -> None:
        """A cancelled voucher counts again."""
        if voucher := self._pick(lambda item: item["cancelled"]):
            self._alter(voucher, cancelled=False)

    def delete(self) -> None:
        """A voucher goes without a trace."""
        if voucher := self._pick():
            self._former.append(copy.deepcopy(voucher))
            del self.vouchers[voucher["guid"]]

    def enter_again(self) -> None:
        """A deleted voucher is imported again under its own GUID."""
        gone = [item for item in self._former if item["guid"] not in self.vouchers]
        if gone:
            voucher = copy.deepcopy(self.random.choice(gone))
            self.vouchers[voucher["guid"]] = voucher
            self._alter(voucher)

    def split(self) -> None:
        """One bill of a voucher becomes two."""
        if voucher := self._pick(lambda item: any(paise > 1 for _, paise in item["bills"])):
            bills = [bill for bill in voucher["bills"] if bill[1] > 1]
            name, paise = self.random.choice(bills)
            rest = [bill for bill in voucher["bills"] if bill != (name, paise)]
            part = self.random.randint(1, paise - 1)
            self._alter(voucher, bills=[*rest, (f"{name or 'N'}a", part), (f"{name or 'N'}b", paise - part)])

    def merge(self) -> None:
        """All bills of a voucher become one."""
        if voucher := self._pick(lambda item: len(item["bills"]) > 1):
            self._alter(voucher, bills=[(voucher["bills"][0][0], self._total(voucher))])

    def shrink(self) -> None:
        """A bill of a voucher is taken out."""
        if voucher := self._pick(lambda item: len(item["bills"]) > 1):
            self._alter(voucher, bills=voucher["bills"][: self.random.randint(1, len(voucher["bills"]) - 1)])

    def rename(self) -> None:
        """A party has another name; Tally changes it in every voucher and alters none."""
        guid = self.random.choice(list(self.parties))
        self._counter += 1
        # Not by the counter, which goes back with a backup: Tally refuses a second ledger of a name, and a voucher
        # shows no more of its ledger than that, so nobody could tell whose money it is.
        self._renamed += 1
        self.parties[guid] = f"Shop renamed {self._renamed}"

    def redate(self) -> None:
        """A voucher has another day, perhaps one to come."""
        if voucher := self._pick():
            self._alter(voucher, on=self.today + timedelta(days=self.random.randint(-60, 3)))

    def change_party(self) -> None:
        """A voucher belongs to another shop."""
        if voucher := self._pick():
            self._alter(voucher, party=self.random.choice(list(self.parties)))

    def make_optional(self) -> None:
        """A voucher counts no more, or again."""
        if voucher := self._pick():
            self._alter(voucher, optional=not voucher["optional"])

    def next_day(self) -> None:
        """A day passes."""
        self.today += timedelta(days=1)

    def back_up(self) -> None:
        """The ledger is copied away."""
        self._backup = (copy.deepcopy(self.vouchers), self._counter)

    def restore(self) -> None:
        """The copy is put back, with its counter, and work goes on."""
        if self._backup and self.random.random() < 0.5:
            self.vouchers, self._counter = copy.deepcopy(self._backup[0]), self._backup[1]
            self._is_restored = True

    def move_ledger(self) -> None:
        """A party's ledger is moved away from the debtors, or back among them; no voucher is altered."""
        self.elsewhere ^= {self.random.choice(list(self.parties))}

    def _enter(self, kind: str, bills: list[tuple[str, int]], **more: Any) -> Voucher:
        serial = self.random.getrandbits(32)
        voucher: Voucher = {
            "guid": f"{GUID}-{serial:08x}",
            "type": kind,
            "party": self.random.choice(list(self.parties)),
            "on": self.today - timedelta(days=self.random.randint(0, 40)),
            "bills": bills,
            "cancelled": False,
            "optional": False,
            "takes_back": "",
            "spot": ("", 0),
            **more,
        }
        if self.random.random() < 0.08:
            voucher["on"] = self.today + timedelta(days=self.random.randint(1, 3))
        self.vouchers[voucher["guid"]] = voucher
        self._alter(voucher)
        return voucher

    def _take_back(self, receipt: Voucher, bills: list[tuple[str, int]]) -> None:
        kind = self.random.choice(("Receipt", "Payment", "Journal"))
        self._enter(kind, list(bills), party=receipt["party"], on=max(receipt["on"], self.today), takes_back=kind)

    def _alter(self, voucher: Voucher, **changes: Any) -> None:
        self._former.append(copy.deepcopy(voucher))
        self._counter += 1
        voucher.update(changes)
        while self._works_on and not self._is_told_apart(voucher):
            self._counter += 1
        voucher["alter_id"] = self._counter

    def _is_told_apart(self, voucher: Voucher) -> bool:
        """Whether no other version had this number: with day, party and total of the voucher it would look the same.

        Tally shows no more of a voucher without its entries, so only a sync in between tells such versions apart.
        """
        shown = (voucher["guid"], self._counter, voucher["on"], voucher["party"], self._total(voucher))
        entries = (voucher["bills"], voucher["spot"])
        return bool(self._shown.setdefault(shown, entries) == entries)

    def _pick(self, test: Callable[[Voucher], bool] = lambda _voucher: True) -> Voucher | None:
        fitting = [voucher for voucher in self.vouchers.values() if test(voucher)]
        return self.random.choice(fitting) if fitting else None

    def _paise(self) -> int:
        return self.random.choice((1, 99, 100, 12_345, self.random.randint(1, 10_000_000)))

    def _some_bills(self) -> list[str]:
        names = [name for item in self.vouchers.values() if item["type"] == "Sales" for name, _ in item["bills"]]
        return self.random.sample(names, k=min(len(names), self.random.randint(0, 2)))

    @staticmethod
    def _total(voucher: Voucher) -> int:
        return sum(int(paise) for _, paise in voucher["bills"])

    def _on_the_spot(self, voucher: Voucher) -> int:
        """What a sale holds of it; no more than the sale."""
        return min(int(voucher["spot"][1]), self._total(voucher))

    def _rendered(self, voucher: Voucher) -> dict[str, Any]:
        """The voucher in the company file's form; a debit is negative."""
        total, kind = self._total(voucher), voucher["type"]
        debtor_sign = -1 if kind == "Sales" or voucher["takes_back"] else 1
        opens = "New Ref" if kind == "Sales" else "Agst Ref"
        bills = [
            {"name": name, "type": opens if name else "On Account", "paise": debtor_sign * paise}
            for name, paise in voucher["bills"]
        ]
        other = {"Sales": "Sales", "Credit Note": "Sales", "Journal": "Discount"}.get(kind, "HDFC Bank")
        if voucher["takes_back"]:
            other = "HDFC Bank"
        entries: list[dict[str, Any]] = [
            {"ledger": self.parties[voucher["party"]], "paise": debtor_sign * total, "bills": bills},
            {"ledger": other, "paise": -debtor_sign * total},
        ]
        if spot := self._on_the_spot(voucher):
            bills = [{"name": "", "type": "On Account", "paise": spot}]
            entries += [
                {"ledger": self.parties[voucher["party"]], "paise": spot, "bills": bills},
                {"ledger": voucher["spot"][0], "paise": -spot},
            ]
        return {
            "guid": voucher["guid"],
            "master_id": 1,
            "alter_id": voucher["alter_id"],
            "type": kind,
            "date": f"{voucher['on']:%Y%m%d}",
            "number": "1",
            "cancelled": voucher["cancelled"],
            "optional": voucher["optional"],
            "post_dated": voucher["on"] > self.today,
            "narration": "cheque returned unpaid" if voucher["takes_back"] == "Payment" else "",
            "entries": entries,
        }
