"""Vouchers become records: sales invoices, receipts payments, credit notes returns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from altscore_connector.records import Item, Reading, Record, without_empty
from altscore_connector.tally.masters import Ledger, credit_days
from altscore_connector.tally.vouchers import Bill, Entry, Voucher

_BOUNCE = re.compile(r"bounc|dishono|unpaid|insufficient|ch(?:e)?q\S*\s+ret", re.I)
_METHODS = (
    ("upi", "upi"),
    ("neft", "neft"),
    ("rtgs", "neft"),
    ("imps", "neft"),
    ("cheque", "cheque"),
    ("dd", "cheque"),
)
_CASH = "Cash-in-Hand"


@dataclass(frozen=True)
class Masters:
    """The masters that vouchers refer to, and the terms where a bill and its ledger have none."""

    ledgers: Mapping[str, Ledger]
    default_credit_days: int


def retailer_items(ledgers: Sequence[Ledger], district_prefix: str | None, reading: Reading) -> Iterator[Item]:
    """The debtors; one without GUID has no identity that survives a rename and is left out.

    Where debtors are grouped by area, the group's name after `district_prefix` is the district.
    """
    for ledger in ledgers:
        if not ledger.is_debtor:
            continue
        if not ledger.guid:
            reading.note("debtors_without_guid")
            continue
        record: Record = {
            "retailer_ref": ledger.guid,
            "gst": ledger.gstin,
            "phone": ledger.phone,
            "shop_name": ledger.name,
            "district": _district(ledger.beat, district_prefix),
            "active": True,
        }
        yield Item("retailers", ledger.guid, without_empty(record))


def _district(group: str, prefix: str | None) -> str | None:
    return group.removeprefix(prefix).strip() if prefix and group.startswith(prefix) else None


def _party_entries(
    voucher: Voucher, masters: Masters, *, debit: bool, reading: Reading
) -> Iterator[tuple[Ledger, Entry]]:
    for entry in voucher.entries:
        ledger = masters.ledgers.get(entry.ledger)
        if ledger is None or not ledger.is_debtor or not ledger.guid:
            continue
        if entry.is_debit != debit:
            reading.note("entries_on_the_other_side")
        elif entry.amount > 0:
            reading.note("amounts_with_odd_sign", int(entry.has_odd_sign))
            yield ledger, entry


def invoice_items(voucher: Voucher, masters: Masters, reading: Reading) -> Iterator[Item]:
    """One invoice per opened bill; a sale without named bills is one invoice."""
    parts = [
        (ledger, part)
        for ledger, entry in _party_entries(voucher, masters, debit=True, reading=reading)
        for part in _opened(entry)
    ]
    if not parts:
        reading.note("sales_without_debtor")
    for number, (ledger, bill) in enumerate(parts, start=1):
        key = voucher.guid if number == 1 else f"{voucher.guid}#{number}"
        due_on, is_default = _due(voucher.on, bill, ledger=ledger, default_days=masters.default_credit_days)
        record: Record = {
            "invoice_id": key,
            "retailer_ref": ledger.guid,
            "invoice_date": voucher.on.isoformat(),
            "due_date": due_on.isoformat(),
            "due_date_is_default": is_default or None,
            "amount_inr": bill.amount,
            "bill_ref": bill.name or None,
            "line_count": voucher.line_count,
        }
        yield Item("invoices", key, without_empty(record))


def _opened(entry: Entry) -> list[Bill]:
    """The opened bills of a sale; what they leave uncovered is a bill without a name."""
    opened = [bill for bill in entry.bills if bill.kind == "New Ref" and bill.amount > 0]
    covered = sum((bill.amount for bill in opened), Decimal(0))
    if covered > entry.amount:
        return [Bill(name="", kind="On Account", amount=entry.amount, credit_period="")]
    if covered < entry.amount:
        opened.append(Bill(name="", kind="On Account", amount=entry.amount - covered, credit_period=""))
    return opened


def _due(on: date, bill: Bill, ledger: Ledger, default_days: int) -> tuple[date, bool]:
    """Due date from the bill, else the ledger's period, else default terms, which are flagged."""
    days = credit_days(bill.credit_period)
    if days is None:
        days = ledger.credit_days
    return on + timedelta(days=default_days if days is None else days), days is None


def return_items(voucher: Voucher, masters: Masters, reading: Reading) -> Iterator[Item]:
    """Credit notes; Tally names a bill, not a voucher, so no invoice is named."""
    for number, (ledger, entry) in enumerate(_party_entries(voucher, masters, debit=False, reading=reading), start=1):
        key = voucher.guid if number == 1 else f"{voucher.guid}#{number}"
        record: Record = {
            "return_id": key,
            "retailer_ref": ledger.guid,
            "return_date": voucher.on.isoformat(),
            "amount_inr": entry.amount,
        }
        yield Item("returns", key, record)


@dataclass(frozen=True)
class Reversal:
    """Money taken back from a debtor: a bounced cheque when it says so."""

    ledger: str
    amount: Decimal
    instrument: str
    on: date


def reversals(vouchers: Sequence[Voucher], masters: Masters, reading: Reading) -> list[Reversal]:
    """Payment vouchers that debit a debtor and speak of a bounced cheque; others are only counted."""
    entries = []
    for voucher in vouchers:
        if voucher.is_cancelled or voucher.is_optional:
            continue
        for ledger, entry in _party_entries(voucher, masters, debit=True, reading=reading):
            if not _BOUNCE.search(voucher.narration):
                reading.note("refunds_to_debtors")
                continue
            instrument = next((line.instrument for line in voucher.entries if line.instrument), "")
            entries.append(Reversal(ledger=ledger.name, amount=entry.amount, instrument=instrument, on=voucher.on))
    return entries


def payment_items(voucher: Voucher, masters: Masters, reading: Reading) -> Iterator[tuple[Item, str, str]]:
    """Lines of a receipt with the debtor's name and the instrument, by which a bounce finds them."""
    method, instrument = _method(voucher, masters)
    number = 0
    for ledger, entry in _party_entries(voucher, masters, debit=False, reading=reading):
        for bill_ref, amount in _settled(entry):
            number += 1
            record: Record = {
                "payment_id": voucher.guid,
                "line_no": number,
                "retailer_ref": ledger.guid,
                "bill_ref": bill_ref,
                "paid_date": voucher.on.isoformat(),
                "amount_paid_inr": amount,
                "payment_method": method,
            }
            yield Item("payments", f"{voucher.guid}#{number}", without_empty(record)), ledger.name, instrument
    if not number:
        reading.note("receipts_without_debtor")


def _settled(entry: Entry) -> list[tuple[str | None, Decimal]]:
    """Named bills first, the rest as one line on account; odd allocations make all of it on account."""
    named = [
        (bill.name, bill.amount) for bill in entry.bills if bill.kind == "Agst Ref" and bill.name and bill.amount > 0
    ]
    covered = sum((amount for _, amount in named), Decimal(0))
    if covered > entry.amount:
        return [(None, entry.amount)]
    rest = entry.amount - covered
    return [*named, *([(None, rest)] if rest else [])]


def _method(voucher: Voucher, masters: Masters) -> tuple[str | None, str]:
    for entry in voucher.entries:
        ledger = masters.ledgers.get(entry.ledger)
        if ledger is not None and ledger.group == _CASH:
            return "cash", ""
        if entry.transaction:
            words = entry.transaction.lower()
            return next((method for term, method in _METHODS if term in words), "other"), entry.instrument
    return None, ""


def mark_bounced(
    lines: Sequence[tuple[Item, str, str]], back: Sequence[Reversal], reading: Reading
) -> tuple[list[Item], int]:
    """Flags the receipts that were taken back; returns all lines and the number of reversals without a receipt."""
    receipts: dict[str, list[int]] = {}
    for index, (item, _, _) in enumerate(lines):
        receipts.setdefault(str(item.record["payment_id"]), []).append(index)
    items = [item for item, _, _ in lines]
    by_trace: dict[tuple[str, str, Decimal], list[list[int]]] = {}
    for indexes in receipts.values():
        _, party, instrument = lines[indexes[0]]
        total = sum((items[index].amount for index in indexes), Decimal(0))
        by_trace.setdefault((party, instrument, total), []).append(indexes)
    lost = 0
    for reversal in back:
        candidates = by_trace.get((reversal.ledger, reversal.instrument, reversal.amount), [])
        if not candidates:
            lost += 1
            continue
        for index in candidates.pop(0):
            items[index] = replace(items[index], record={**items[index].record, "is_bounced": True})
        reading.note("bounced_receipts")
    return items, lost
