"""Bills that were open when a ledger began: known documents, so that a receipt that names one settles that one."""

import hashlib
from collections.abc import Sequence
from datetime import date

from altscore_connector.records import CompletePeriod, Finding, Item, Reading, Record, without_empty
from altscore_connector.tally.mapping import Masters, due_date
from altscore_connector.tally.masters import Ledger, OpeningBill
from altscore_connector.tally.values import is_ledger_day


def state_opening_bills(ledgers: Sequence[Ledger], masters: Masters, reading: Reading) -> list[Item]:
    """States the opening bills of all debtors as invoices on their own day.

    A bill without a readable day or amount is set aside; what is known of it stays. Credits are counted only.
    """
    scope, items = f"{masters.scope}/opening", []
    for ledger in ledgers:
        if not ledger.is_debtor or not ledger.guid:
            continue
        keys: set[str] = set()
        for bill in ledger.opening_bills:
            key = _key(ledger, bill, taken=keys)
            keys.add(key)
            if not is_ledger_day(bill.on) or bill.amount is None:
                field = "OpeningBalance" if is_ledger_day(bill.on) else "BillDate"
                reading.findings.append(
                    Finding(kind="set_aside", rule="opening_bill_unreadable", file=masters.place, key=key, field=field)
                )
                reading.present.add(("invoices", key))
            elif bill.amount < 0:
                items.append(_item(ledger, bill, key=key, scope=scope, masters=masters, reading=reading))
            else:
                reading.note("opening_credits")
    reading.items.extend(items)
    if ledgers:
        # No ledger at all is no answer: every company has some.
        reading.complete.append(CompletePeriod(scope=scope, table="invoices", from_on=date.min, to_on=date.max))
    return items


def _key(ledger: Ledger, bill: OpeningBill, *, taken: set[str]) -> str:
    """Identity of a bill inside its ledger: its name; equal names are numbered."""
    digest = hashlib.sha256(bill.name.encode()).hexdigest()[:12]
    key = f"{ledger.guid}#opening-{digest}"
    number = 1
    while key in taken:
        number += 1
        key = f"{ledger.guid}#opening-{digest}-{number}"
    return key


def _item(ledger: Ledger, bill: OpeningBill, *, key: str, scope: str, masters: Masters, reading: Reading) -> Item:
    if bill.on is None or bill.amount is None:
        raise ValueError("an opening bill without a day or an amount is no record")
    periods = (bill.credit_period, ledger.credit_period)
    due, is_default = due_date(bill.on, periods, key=key, masters=masters, reading=reading)
    record: Record = {
        "invoice_id": key,
        "retailer_ref": ledger.guid,
        "invoice_date": bill.on.isoformat(),
        "due_date": due.isoformat(),
        "due_date_is_default": is_default or None,
        "amount_inr": -bill.amount,
        "bill_ref": bill.name or None,
    }
    return Item("invoices", key, without_empty(record), document=key, scope=scope)
