"""Vouchers become records: sales invoices, receipts payments, credit notes returns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from altscore_connector.errors import UnreadableVoucherError
from altscore_connector.records import Finding, Item, Reading, Record, Table, without_empty
from altscore_connector.retailers import master_fields, note_faults
from altscore_connector.tally.masters import Ledger
from altscore_connector.tally.terms import UnknownPeriodError, due_on
from altscore_connector.tally.vouchers import Bill, Entry, Voucher
from altscore_connector.text import label

_METHODS = (
    ("upi", "upi"),
    ("neft", "neft"),
    ("rtgs", "neft"),
    ("imps", "neft"),
    ("cheque", "cheque"),
    ("dd", "cheque"),
)
CASH, BANK = "Cash-in-Hand", "Bank Accounts"


@dataclass(frozen=True)
class Masters:
    """What vouchers of a company refer to.

    Attributes:
        ledgers: by name.
        default_credit_days: the terms where a bill and its ledger have none.
        scope: GUID of the company.
        place: the company in findings; its position in the configuration.
        order_offset: is added to AlterIDs, so that they grow even after a restored backup.
    """

    ledgers: Mapping[str, Ledger]
    default_credit_days: int
    scope: str = ""
    place: str = ""
    order_offset: int = 0

    def item(self, table: Table, key: str, record: Record, *, voucher: "Voucher | Receipt") -> Item:
        """A record of a voucher."""
        return Item(
            table=table,
            key=key,
            record=without_empty(record),
            document=voucher.guid,
            source_order=self.order_offset + voucher.alter_id,
            scope=self.scope,
        )


@dataclass(frozen=True)
class ReceiptLine:
    """One line of money that came in; a part that was taken back has the day on which that became known."""

    party: str
    bill_ref: str | None
    amount: Decimal
    bounced_on: date | None = None


@dataclass(frozen=True)
class Receipt:
    """Money that came in with one voucher, before and after reversals."""

    guid: str
    alter_id: int
    on: date
    method: str | None
    instrument: str
    lines: tuple[ReceiptLine, ...] = field(default_factory=tuple)


def retailer_items(
    ledgers: Sequence[Ledger], district_prefix: str | None, *, masters: Masters, reading: Reading
) -> Iterator[Item]:
    """The debtors; one without GUID has no identity that survives a rename and is left out.

    Where debtors are grouped by area, the group's name after `district_prefix` is the district.
    """
    for ledger in ledgers:
        if not ledger.is_debtor:
            continue
        if not ledger.guid:
            if not reading.notes.get("debtors_without_guid"):
                reading.findings.append(Finding(kind="set_aside", rule="debtor_without_guid", file=masters.place))
            reading.note("debtors_without_guid")
            continue
        fields = master_fields(ledger.name, gstins=ledger.gstins, phones=ledger.phones)
        note_faults(reading, fields, place=masters.place, key=ledger.guid)
        record: Record = {
            "retailer_ref": ledger.guid,
            "gst": fields.gstin,
            "phone": fields.phone,
            "shop_name": fields.shop_name,
            "district": _district(ledger.beat, district_prefix),
            "active": True,
        }
        yield Item("retailers", ledger.guid, without_empty(record), document=ledger.guid, scope=masters.scope)


def _district(group: str, prefix: str | None) -> str | None:
    return label(group.removeprefix(prefix)) if prefix and group.startswith(prefix) else None


def party_entries(voucher: Voucher, masters: Masters, *, debit: bool) -> Iterator[tuple[Ledger, Entry]]:
    """The entries of debtors on one side.

    Raises:
        UnreadableVoucherError: such an entry has an amount without a value in rupees, or a ledger is not among
            the masters.
    """
    for entry in voucher.entries:
        ledger = masters.ledgers.get(entry.ledger)
        if ledger is None:
            # Renamed since the ledgers were read: the next sync knows its new name. Or two ledgers share the name.
            raise UnreadableVoucherError("ledger_unknown", field="LedgerName")
        if not ledger.is_debtor or not ledger.guid:
            continue
        if not entry.is_readable:
            raise UnreadableVoucherError("amount_unreadable", field="Amount")
        if entry.is_debit == debit and entry.amount > 0:
            yield ledger, entry


def invoice_items(voucher: Voucher, masters: Masters, reading: Reading) -> Iterator[Item]:
    """One invoice per opened bill; a sale without named bills is one invoice.

    Raises:
        UnreadableVoucherError: as `party_entries`.
    """
    debits = list(party_entries(voucher, masters, debit=True))
    parts = [(ledger, part) for ledger, entry in debits for part in opened_bills(entry)]
    reading.note("amounts_with_odd_sign", sum(1 for _, entry in debits if entry.has_odd_sign))
    for number, (ledger, bill) in enumerate(parts, start=1):
        key = voucher.guid if number == 1 else f"{voucher.guid}#{number}"
        due, is_default = due_date(
            voucher.on, (bill.credit_period, ledger.credit_period), key=voucher.guid, masters=masters, reading=reading
        )
        record: Record = {
            "invoice_id": key,
            "retailer_ref": ledger.guid,
            "invoice_date": voucher.on.isoformat(),
            "due_date": due.isoformat(),
            "due_date_is_default": is_default or None,
            "amount_inr": bill.amount,
            "bill_ref": bill.name or None,
            "line_count": voucher.line_count,
        }
        yield masters.item("invoices", key, record, voucher=voucher)


def opened_bills(entry: Entry) -> list[Bill]:
    """The opened bills of a sale; what they leave uncovered is a bill without a name."""
    opened = [bill for bill in entry.bills if bill.kind == "New Ref" and bill.amount > 0]
    covered = sum((bill.amount for bill in opened), Decimal(0))
    if covered > entry.amount:
        return [Bill(name="", kind="On Account", amount=entry.amount, credit_period="")]
    if covered < entry.amount:
        opened.append(Bill(name="", kind="On Account", amount=entry.amount - covered, credit_period=""))
    return opened


def due_date(on: date, periods: tuple[str, str], *, key: str, masters: Masters, reading: Reading) -> tuple[date, bool]:
    """Due date from the bill's period, else the ledger's, else default terms, which are flagged.

    Args:
        on: the bill's own day.
        periods: as Tally wrote them for the bill and for its ledger.
        key: the document in a finding about an unknown unit.
        masters: with the default terms.
        reading: takes the finding.
    """
    for written in periods:
        try:
            due = due_on(on, written)
        except UnknownPeriodError:
            reading.findings.append(
                Finding(
                    kind="set_aside",
                    rule="credit_period_unknown",
                    file=masters.place,
                    key=key,
                    field="BillCreditPeriod",
                )
            )
            break
        if due is not None:
            return due, False
    return on + timedelta(days=masters.default_credit_days), True


def credit_note_items(voucher: Voucher, masters: Masters, reading: Reading) -> Iterator[Item]:
    """The returns of a credit note; what it charges a debtor it takes off the debtor's return.

    Raises:
        UnreadableVoucherError: as `party_entries`, or it charges a debtor more than it returns.
    """
    debits: dict[str, Decimal] = {}
    for ledger, entry in party_entries(voucher, masters, debit=True):
        debits[ledger.guid] = debits.get(ledger.guid, Decimal(0)) + entry.amount
    credited = []
    for ledger, entry in party_entries(voucher, masters, debit=False):
        taken = min(entry.amount, debits.get(ledger.guid, Decimal(0)))
        if taken:
            debits[ledger.guid] -= taken
        credited.append((ledger, replace(entry, amount=entry.amount - taken)))
    if any(debits.values()):
        raise UnreadableVoucherError("credit_note_charges", field="IsDeemedPositive")
    return _return_items(voucher, [part for part in credited if part[1].amount], masters=masters, reading=reading)


def return_items(voucher: Voucher, masters: Masters, reading: Reading) -> Iterator[Item]:
    """What lowers a debtor's debt without money coming in: a journal, or the other side of a sale or payment.

    Raises:
        UnreadableVoucherError: as `party_entries`.
    """
    return _return_items(voucher, party_entries(voucher, masters, debit=False), masters=masters, reading=reading)


def _return_items(
    voucher: Voucher, credited: Iterable[tuple[Ledger, Entry]], *, masters: Masters, reading: Reading
) -> Iterator[Item]:
    """One return per credited entry; Tally names a bill, so no invoice is named."""
    for number, (ledger, entry) in enumerate(credited, start=1):
        reading.note("amounts_with_odd_sign", int(entry.has_odd_sign))
        key = voucher.guid if number == 1 else f"{voucher.guid}#{number}"
        record: Record = {
            "return_id": key,
            "retailer_ref": ledger.guid,
            "return_date": voucher.on.isoformat(),
            "amount_inr": entry.amount,
        }
        yield masters.item("returns", key, record, voucher=voucher)


def receipt_of(voucher: Voucher, masters: Masters, reading: Reading) -> Receipt:
    """The money that a voucher brought in.

    Raises:
        UnreadableVoucherError: as `party_entries`.
    """
    method, instrument = _method(voucher, masters)
    lines: list[ReceiptLine] = []
    for ledger, entry in party_entries(voucher, masters, debit=False):
        reading.note("amounts_with_odd_sign", int(entry.has_odd_sign))
        lines += [ReceiptLine(party=ledger.guid, bill_ref=name, amount=amount) for name, amount in _settled(entry)]
    return Receipt(
        guid=voucher.guid,
        alter_id=voucher.alter_id,
        on=voucher.on,
        method=method,
        instrument=instrument,
        lines=tuple(lines),
    )


def payment_items(receipt: Receipt, masters: Masters) -> Iterator[Item]:
    """One record per line."""
    for number, line in enumerate(receipt.lines, start=1):
        record: Record = {
            "payment_id": receipt.guid,
            "line_no": number,
            "retailer_ref": line.party,
            "bill_ref": line.bill_ref,
            "paid_date": receipt.on.isoformat(),
            "amount_paid_inr": line.amount,
            "payment_method": receipt.method,
            "is_bounced": line.bounced_on is not None or None,
            "bounced_on": None if line.bounced_on is None else line.bounced_on.isoformat(),
        }
        yield masters.item("payments", f"{receipt.guid}#{number}", record, voucher=receipt)


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
        if ledger is not None and ledger.group == CASH:
            return "cash", ""
        if entry.transaction:
            words = entry.transaction.lower()
            return next((method for term, method in _METHODS if term in words), "other"), entry.instrument
    return None, ""
