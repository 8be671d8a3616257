"""The ledger as a company file for the Tally simulator: plain JSON, the format is described in its README."""

import itertools
import json
from bisect import bisect_right
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from simulators_ledger.csv_drop import invoice_no
from simulators_ledger.model import METHODS, NONE, Ints, Ledger

_BOUNCE, _REVERSAL = "Cheque returned unpaid", "Receipt entered twice"


def to_tally_company(ledger: Ledger, path: Path, *, name: str, guid: str) -> dict[str, int]:
    """Writes the company; returns the numbers of vouchers by class.

    A tenth of the vouchers was altered after others (their AlterID is higher than their date suggests);
    bounced cheques are a receipt and, days later, a payment voucher that takes it back, reversals a journal voucher.
    """
    vouchers = [*_sales(ledger), *_credit_notes(ledger), *_receipts(ledger), *_noise(ledger)]
    vouchers.sort(key=lambda voucher: (voucher["date"], voucher["key"]))
    entered = _order_of_entry(vouchers)
    for alter_id, position in enumerate(np.argsort(entered, kind="stable").tolist(), start=1):
        vouchers[position]["alter_id"] = alter_id
    for number, voucher in enumerate(vouchers, start=1):
        voucher["master_id"] = number
        voucher["guid"] = f"{guid}-{number:08x}"
        del voucher["key"]
    company = {
        "name": name,
        "guid": guid,
        "books_from": ledger.start_on.strftime("%Y%m%d"),
        "as_of": ledger.end_on.strftime("%Y%m%d"),
        "groups": _groups(),
        "voucher_types": _voucher_types(),
        "ledgers": _accounts(ledger, guid),
        "vouchers": vouchers,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # In one step: a running simulator looks for new files before every answer.
    fresh = path.with_name(path.name + ".part")
    fresh.write_text(json.dumps(company, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    fresh.replace(path)
    counts: dict[str, int] = {}
    for voucher in vouchers:
        counts[voucher["type"]] = counts.get(voucher["type"], 0) + 1
    return counts


def _order_of_entry(vouchers: list[dict[str, Any]]) -> Ints:
    """Rank of every voucher by its entry: a bill that is dated back stands among those of the day of its entry."""
    rng, days = np.random.default_rng([len(vouchers), 3]), [voucher["date"] for voucher in vouchers]
    rank = np.arange(len(vouchers))
    for place, voucher in enumerate(vouchers):
        if "entered" in voucher:
            rank[place] = bisect_right(days, voucher.pop("entered"))
    return rank + np.where(rng.random(rank.size) < 0.1, rng.integers(0, 900, rank.size), 0)


def _groups() -> list[dict[str, str]]:
    reserved = {
        "Current Assets": "",
        "Sundry Debtors": "Current Assets",
        "Cash-in-Hand": "Current Assets",
        "Bank Accounts": "Current Assets",
        "Sales Accounts": "",
        "Sundry Creditors": "",
        "Purchase Accounts": "",
    }
    groups = [{"name": name, "parent": parent, "reserved": name} for name, parent in reserved.items()]
    # Renamed by the distributor: only RESERVEDNAME tells that these are the debtors.
    groups.append({"name": "Retail Parties", "parent": "Current Assets", "reserved": "Sundry Debtors"})
    beats = ("Pune", "Nashik", "Surat", "Rajkot", "Kanpur", "Agra", "Mysuru", "Madurai")
    return groups + [{"name": f"Beat {beat}", "parent": "Retail Parties", "reserved": ""} for beat in beats]


def _voucher_types() -> list[dict[str, str]]:
    names = ("Sales", "Receipt", "Credit Note", "Payment", "Purchase", "Journal", "Sales Order", "Memorandum")
    types = [{"name": name, "parent": name} for name in names]
    return [*types, {"name": "Tax Invoice", "parent": "Sales"}, {"name": "Sales Quotation", "parent": "Memorandum"}]


def _accounts(ledger: Ledger, guid: str) -> list[dict[str, Any]]:
    base = 0x1000_0000
    fixed = (
        ("Cash", "Cash-in-Hand"),
        ("HDFC Bank", "Bank Accounts"),
        ("Sales @18%", "Sales Accounts"),
        ("Om Packaging", "Sundry Creditors"),
    )
    accounts: list[dict[str, Any]] = [
        {"name": name, "parent": parent, "guid": f"{guid}-{base + i:08x}", "alter_id": i + 1}
        for i, (name, parent) in enumerate(fixed)
    ]
    for i in range(ledger.members.size):
        shop = ledger.shop(i)
        account: dict[str, Any] = {
            "name": shop.name,
            "parent": f"Beat {shop.district}" if i % 3 else "Retail Parties",
            "guid": f"{guid}-{base + 100 + i:08x}",
            "alter_id": 100 + i,
        }
        if shop.gstin:
            account["gstin" if i % 4 else "reg_gstin"] = shop.gstin
        if shop.phone:
            account["mobile"] = shop.phone if i % 2 else f"+91 {shop.phone[:5]} {shop.phone[5:]}"
        if i % 10 == 3:
            account["credit_days"] = int(ledger.population.credit_days[ledger.members[i]])
        accounts.append(account)
    return accounts


def _stamp(on: date) -> str:
    return on.strftime("%Y%m%d")


def _sales(ledger: Ledger) -> list[dict[str, Any]]:
    inv = ledger.invoices
    vouchers = []
    for i in range(inv.day.size):
        bill = {"name": invoice_no(ledger, i), "type": "New Ref", "paise": -int(inv.paise[i])}
        if inv.has_terms[i]:
            bill["credit_days"] = int(inv.credit_days[i])
        voucher: dict[str, Any] = {
            "key": f"a{i:07d}",
            "type": "Tax Invoice" if i % 3 else "Sales",
            "date": _stamp(ledger.on(int(inv.day[i]))),
            # Numbers repeat from year to year, as they do where each year begins at 1.
            "number": str(i % 9000 + 1),
            "cancelled": bool(inv.is_cancelled[i]),
            "lines": max(1, int(inv.line_count[i])),
            "entries": [
                {"ledger": ledger.shop(int(inv.retailer[i])).name, "paise": -int(inv.paise[i]), "bills": [bill]},
                {"ledger": "Sales @18%", "paise": int(inv.paise[i])},
            ],
        }
        if inv.entered_day[i] > inv.day[i]:
            voucher["entered"] = _stamp(ledger.on(int(inv.entered_day[i])))
        vouchers.append(voucher)
    return vouchers


def _credit_notes(ledger: Ledger) -> list[dict[str, Any]]:
    ret = ledger.returns
    vouchers = []
    for i in range(ret.day.size):
        named = bool(ret.names_invoice[i])
        name = invoice_no(ledger, int(ret.invoice[i])) if named else f"CN/{i + 1:06d}"
        bill = {"name": name, "type": "Agst Ref" if named else "New Ref", "paise": int(ret.paise[i])}
        vouchers.append(
            {
                "key": f"b{i:07d}",
                "type": "Credit Note",
                "date": _stamp(ledger.on(int(ret.day[i]))),
                "number": str(i + 1),
                "entries": [
                    {"ledger": "Sales @18%", "paise": -int(ret.paise[i])},
                    {"ledger": ledger.shop(int(ret.retailer[i])).name, "paise": int(ret.paise[i]), "bills": [bill]},
                ],
            }
        )
    return vouchers


def _receipts(ledger: Ledger) -> list[dict[str, Any]]:
    pay = ledger.payments
    vouchers: list[dict[str, Any]] = []
    edges = np.flatnonzero(np.diff(pay.receipt, prepend=-1, append=-1)).tolist() if pay.receipt.size else []
    for start, stop in itertools.pairwise(edges):
        lines = range(start, stop)
        total = int(pay.paise[start:stop].sum())
        method, party = METHODS[int(pay.method[start])], ledger.shop(int(pay.retailer[start])).name
        bills = [_settled(ledger, line) for line in lines]
        bank: dict[str, Any] = {"ledger": "Cash" if method == "cash" else "HDFC Bank", "paise": -total}
        number = int(pay.receipt[start]) + 1
        if method != "cash":
            bank["bank"] = {"method": method, "instrument": f"{number:06d}"}
        on = _stamp(ledger.on(int(pay.day[start])))
        entry = {"ledger": party, "paise": total, "bills": bills}
        vouchers.append(
            {"key": f"c{number:07d}", "type": "Receipt", "date": on, "number": str(number), "entries": [bank, entry]}
        )
        if pay.is_bounced[start]:
            back = [
                {**bill, "paise": -bill["paise"], "type": "Agst Ref" if bill["name"] else "On Account"}
                for bill in bills
            ]
            later = _stamp(ledger.on(int(pay.back_day[start])))
            entries = [{"ledger": party, "paise": -total, "bills": back}, {**bank, "paise": total}]
            vouchers.append(
                {
                    "key": f"d{number:07d}",
                    "type": "Journal" if pay.is_reversal[start] else "Payment",
                    "date": later,
                    "number": str(number),
                    "narration": _REVERSAL if pay.is_reversal[start] else _BOUNCE,
                    "entries": entries,
                }
            )
    return vouchers


def _settled(ledger: Ledger, line: int) -> dict[str, Any]:
    invoice = int(ledger.payments.invoice[line])
    paise = int(ledger.payments.paise[line])
    if invoice == NONE:
        return {"name": "", "type": "On Account", "paise": paise}
    return {"name": invoice_no(ledger, invoice), "type": "Agst Ref", "paise": paise}


def _noise(ledger: Ledger) -> list[dict[str, Any]]:
    """What looks like sales and is not: orders, quotations, optional receipts, purchases."""
    vouchers: list[dict[str, Any]] = []
    inv = ledger.invoices
    for number, i in enumerate(range(0, inv.day.size, 97)):
        party = ledger.shop(int(inv.retailer[i])).name
        kind = ("Sales Order", "Sales Quotation", "Receipt", "Purchase")[number % 4]
        other = "Om Packaging" if kind == "Purchase" else party
        sign = 1 if kind in ("Receipt", "Purchase") else -1
        vouchers.append(
            {
                "key": f"e{i:07d}",
                "type": kind,
                "date": _stamp(ledger.on(int(inv.day[i]))),
                "number": f"X{number + 1}",
                "optional": kind == "Receipt",
                "entries": [
                    {"ledger": other, "paise": sign * int(inv.paise[i])},
                    {"ledger": "Cash", "paise": -sign * int(inv.paise[i])},
                ],
            }
        )
    return vouchers
