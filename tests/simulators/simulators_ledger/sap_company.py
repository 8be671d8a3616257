"""The ledger as a company file for the SAP Business One simulator: plain JSON, described in its README."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from simulators_ledger.model import METHODS, NONE, Ledger, rupees

_FIRST_INVOICE, _FIRST_CREDIT_NOTE, _FIRST_PAYMENT = 1001, 81, 501
_MEANS = {"cash": "cash", "upi": "transfer", "neft": "transfer"}
Change = dict[str, Any]


def to_sap_company(ledger: Ledger, path: Path, *, database: str, user: str, password: str) -> int:
    """Writes the company; returns the number of changes.

    A correction is an addition and a change, a cancelled invoice has its cancellation document, and of a bounced
    cheque only a journal entry tells, two days later.
    """
    changes = [*_partners(ledger), *_invoices(ledger), *_credit_notes(ledger), *_payments(ledger)]
    company = {"database": database, "user": user, "password": password, "currency": "INR", "changes": changes}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(company, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return len(changes)


def _code(retailer: int) -> str:
    return f"C{retailer + 1:05d}"


def _amount(paise: int) -> str:
    return format(rupees(paise), ".2f")


def _day(ledger: Ledger, day: int) -> str:
    return ledger.on(min(int(day), ledger.last_day)).isoformat()


def _partners(ledger: Ledger) -> Iterator[Change]:
    start_on = ledger.start_on.isoformat()
    for i in range(ledger.members.size):
        shop = ledger.shop(i)
        address = {"AddressName": "Bill to", "AddressType": "bo_BillTo", "City": shop.district}
        yield {
            "op": "add",
            "kind": "partner",
            "at": f"{start_on}T08:00:00",
            "code": _code(i),
            "name": shop.name,
            "fields": {"Cellular": shop.phone, "BilltoDefault": "Bill to"},
            "addresses": [address | ({"GSTIN": shop.gstin} if shop.gstin else {})],
        }


def _invoices(ledger: Ledger) -> Iterator[Change]:
    inv = ledger.invoices
    for i in range(inv.day.size):
        on, entry = _day(ledger, inv.day[i]), _FIRST_INVOICE + i
        is_corrected = int(inv.first_paise[i]) != NONE
        yield {
            "op": "add",
            "kind": "invoice",
            "at": f"{on}T10:00:00",
            "entry": entry,
            # Numbers repeat from series to series.
            "number": i % 9000 + 1,
            "partner": _code(int(inv.retailer[i])),
            "on": on,
            "due_on": ledger.on(int(inv.day[i] + inv.credit_days[i])).isoformat(),
            "amount": _amount(int(inv.first_paise[i] if is_corrected else inv.paise[i])),
        }
        if is_corrected:
            yield {"op": "change", "kind": "invoice", "entry": entry, "amount": _amount(int(inv.paise[i]))}
    # Afterwards, so that the entries of cancellation documents lie behind all others.
    for i in np.flatnonzero(inv.is_cancelled).tolist():
        yield {"op": "cancel", "kind": "invoice", "entry": _FIRST_INVOICE + i, "on": _day(ledger, inv.day[i] + 1)}


def _credit_notes(ledger: Ledger) -> Iterator[Change]:
    ret = ledger.returns
    for i in range(ret.day.size):
        on = _day(ledger, ret.day[i])
        yield {
            "op": "add",
            "kind": "credit_note",
            "at": f"{on}T11:00:00",
            "entry": _FIRST_CREDIT_NOTE + i,
            "number": i % 9000 + 1,
            "partner": _code(int(ret.retailer[i])),
            "on": on,
            "amount": _amount(int(ret.paise[i])),
        }


def _payments(ledger: Ledger) -> Iterator[Change]:
    pay = ledger.payments
    edges = np.flatnonzero(np.diff(pay.receipt, prepend=-1, append=-1)).tolist() if pay.receipt.size else []
    for start, stop in itertools.pairwise(edges):
        on, number = _day(ledger, pay.day[start]), int(pay.receipt[start]) + 1
        entry, total = _FIRST_PAYMENT - 1 + number, _amount(int(pay.paise[start:stop].sum()))
        means: Change = {"cheques": [{"number": number, "due_on": on, "amount": total}]}
        if (name := _MEANS.get(METHODS[int(pay.method[start])])) is not None:
            means = {name: total}
        yield {
            "op": "add",
            "kind": "payment",
            "at": f"{on}T12:00:00",
            "entry": entry,
            "number": number,
            "partner": _code(int(pay.retailer[start])),
            "on": on,
            "applied": [
                {"entry": _FIRST_INVOICE + int(pay.invoice[line]), "amount": _amount(int(pay.paise[line]))}
                for line in range(start, stop)
                if int(pay.invoice[line]) != NONE
            ],
            **means,
        }
        if pay.is_bounced[start]:
            yield {"op": "reverse", "kind": "payment", "entry": entry, "on": _day(ledger, pay.back_day[start])}
