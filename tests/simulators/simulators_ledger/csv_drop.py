"""A distributor's drop folder: one invoice file and one receipt file per month, in the ways such files come."""

import csv
import hashlib
import io
import os
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from simulators_ledger.model import METHODS, NONE, Ledger

INVOICE_COLUMNS = ("Invoice No", "Invoice Date", "Due Date", "Party", "GSTIN", "Phone", "Amount")
RECEIPT_COLUMNS = ("Receipt No", "Receipt Date", "Party", "GSTIN", "Phone", "Invoice No", "Amount", "Mode")
_STYLES = (("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-8", "\t"), ("utf-16", ";"))
_MODES = {"upi": "UPI", "cash": "Cash", "cheque": "Cheque", "neft": "NEFT"}


def indian(paise: int) -> str:
    """Rupees in Indian grouping, a negative one in brackets: `1,18,000.00`, `(1,180.00)`."""
    whole, rest = divmod(abs(int(paise)), 100)
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    groups = [tail]
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    text = f"{','.join(groups)}.{rest:02d}"
    return f"({text})" if paise < 0 else text


def to_csv_drop(ledger: Ledger, folder: Path) -> list[str]:
    """Writes the drop and returns the file names in the order in which they arrived.

    Every file is complete for its month, as its name says, and carries the time of the month's last day.
    """
    folder.mkdir(parents=True, exist_ok=True)
    months = _Months(ledger)
    invoice_rows, receipt_rows = _invoice_rows(ledger, months), _receipt_rows(ledger, months)
    names = []
    for number, first in enumerate(months.firsts):
        encoding, delimiter = _STYLES[number % len(_STYLES)]
        stamp = first.strftime("%Y-%m")
        for kind, header, rows in (
            ("invoices", INVOICE_COLUMNS, invoice_rows[number]),
            ("receipts", RECEIPT_COLUMNS, receipt_rows[number]),
        ):
            if rows:
                name = f"{kind}_complete_{stamp}.csv"
                _write(folder / name, header, rows, encoding=encoding, delimiter=delimiter)
                _set_time(folder / name, months.last_on(number))
                names.append(name)
    return names


class _Months:
    """The months of a ledger; the export of a month happens on its last day."""

    def __init__(self, ledger: Ledger) -> None:
        self.starts = ledger.population.month_starts
        self.firsts = [ledger.start_on + timedelta(days=int(day)) for day in self.starts]
        self._end_on = ledger.end_on

    def of(self, day: int) -> int:
        """Number of the month of a day."""
        return int(np.searchsorted(self.starts, day, side="right")) - 1

    def last_on(self, number: int) -> date:
        """Last day of a month, or of the ledger."""
        following = [*self.firsts[1:], self._end_on + timedelta(days=1)]
        return min(following[number] - timedelta(days=1), self._end_on)


def _set_time(path: Path, on: date) -> None:
    """A file's time is the order of its statements: 18:30 in India on the day of the export."""
    written_s = datetime.combine(on, time(13), UTC).timestamp()
    os.utime(path, (written_s, written_s))


def invoice_no(ledger: Ledger, invoice: int) -> str:
    """Number of an invoice as printed; it begins anew with no financial year, so it is unique."""
    on = ledger.on(int(ledger.invoices.day[invoice]))
    year = on.year if on.month >= 4 else on.year - 1
    return f"SI/{year % 100}-{year % 100 + 1}/{invoice + 1:06d}"


def _day(on: date) -> str:
    return on.strftime("%d-%m-%Y")


def _party(ledger: Ledger, retailer: int) -> tuple[str, str, str]:
    shop = ledger.shop(retailer)
    return shop.name, shop.gstin or "", shop.phone or ""


def _invoice_rows(ledger: Ledger, months: _Months) -> dict[int, list[tuple[list[str], int]]]:
    inv, ret = ledger.invoices, ledger.returns
    rows: dict[int, list[tuple[list[str], int]]] = defaultdict(list)
    last = months.of(ledger.last_day)
    for i in range(inv.day.size):
        if inv.is_cancelled[i]:
            continue
        month, retailer = months.of(int(inv.day[i])), int(inv.retailer[i])
        due = _day(ledger.on(int(inv.day[i] + inv.credit_days[i]))) if inv.has_terms[i] else ""
        start = [invoice_no(ledger, i), _day(ledger.on(int(inv.day[i]))), due, *_party(ledger, retailer)]
        first = int(inv.first_paise[i])
        # A correction is the same number with another amount in the next month's file.
        if first != NONE and month < last:
            rows[month].append(([*start, indian(first)], first))
            month += 1
        rows[month].append(([*start, indian(int(inv.paise[i]))], int(inv.paise[i])))
    for i in range(ret.day.size):
        month, paise = months.of(int(ret.day[i])), -int(ret.paise[i])
        number = f"CN/{i + 1:06d}"
        row = [
            number,
            _day(ledger.on(int(ret.day[i]))),
            "",
            *_party(ledger, int(ret.retailer[i])),
            indian(paise),
        ]
        rows[month].append((row, paise))
    return rows


def _receipt_rows(ledger: Ledger, months: _Months) -> dict[int, list[tuple[list[str], int]]]:
    pay = ledger.payments
    rows: dict[int, list[tuple[list[str], int]]] = defaultdict(list)
    for line in range(pay.day.size):
        invoice = int(pay.invoice[line])
        mode = _MODES[METHODS[int(pay.method[line])]]
        if pay.is_bounced[line]:
            mode = "Receipt returned" if pay.is_reversal[line] else "Cheque Bounced"
        row = [
            f"RC/{int(pay.receipt[line]) + 1:06d}",
            _day(ledger.on(int(pay.day[line]))),
            *_party(ledger, int(pay.retailer[line])),
            invoice_no(ledger, invoice) if invoice != NONE else "",
            indian(int(pay.paise[line])),
            mode,
        ]
        rows[months.of(int(pay.day[line]))].append((row, int(pay.paise[line])))
    return rows


def _write(
    path: Path, header: tuple[str, ...], rows: list[tuple[list[str], int]], *, encoding: str, delimiter: str
) -> None:
    total = indian(sum(paise for _, paise in rows))
    closing = [""] * len(header)
    closing[header.index("Party")], closing[header.index("Amount")] = "Total", total
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(row for row, _ in rows)
    writer.writerow(closing)
    # "utf-16" of Python writes the BOM and the machine's order: the same bytes on every little-endian machine.
    data = text.getvalue().encode(encoding)
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    path.with_name(path.name + ".sha256").write_text(f"{digest}  {path.name}\n", encoding="ascii")
