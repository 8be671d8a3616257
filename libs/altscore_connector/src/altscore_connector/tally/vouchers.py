"""Vouchers as Tally tells them: read by class, in ranges, checked against a census."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from altscore_connector.errors import TallyError
from altscore_connector.tally.masters import Company, number
from altscore_connector.tally.wire import TallyPort, collection_request, objects, tally_date, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

VoucherClass = Literal["Sales", "Receipt", "CreditNote", "Payment"]
CLASSES: tuple[VoucherClass, ...] = ("Sales", "Receipt", "CreditNote", "Payment")
MAX_RANGE = 5_000
_FIELDS = (
    "GUID", "AlterID", "Date", "VoucherTypeName", "VoucherNumber", "Narration", "PartyLedgerName", "IsCancelled",
    "IsOptional", "IsPostDated", "AllLedgerEntries.*", "AllInventoryEntries.StockItemName",
)  # fmt: skip


@dataclass(frozen=True)
class Bill:
    """One bill allocation; money on account has no name."""

    name: str
    kind: str
    amount: Decimal
    credit_period: str


@dataclass(frozen=True)
class Entry:
    """One ledger entry; `is_debit` is Tally's own flag, which holds where the sign does not."""

    ledger: str
    is_debit: bool
    amount: Decimal
    has_odd_sign: bool
    bills: tuple[Bill, ...]
    transaction: str
    instrument: str


@dataclass(frozen=True)
class Voucher:
    """One voucher."""

    guid: str
    alter_id: int
    on: date
    number: str
    narration: str
    is_cancelled: bool
    is_optional: bool
    entries: tuple[Entry, ...]
    line_count: int | None


@dataclass(frozen=True)
class CensusLine:
    """What the census says of a voucher; `amount` is None where Tally leaves it out."""

    guid: str
    alter_id: int
    on: date
    amount: Decimal | None
    is_alive: bool


def take_census(
    port: TallyPort, company: Company, voucher_class: VoucherClass, history_from: date | None
) -> list[CensusLine]:
    """All vouchers of a class, without their entries; deletions show only by being absent here."""
    fetch = ("GUID", "AlterID", "Date", "Amount", "IsCancelled", "IsOptional")
    root = port.ask(
        collection_request("Voucher", company=company.name, fetch=fetch, filters=_filters(voucher_class, history_from))
    )
    lines = [_census_line(item) for item in objects(root, "VOUCHER")]
    if any(not line.guid.startswith(company.guid) for line in lines):
        raise TallyError("vouchers of another company came back")
    if history_from and any(line.on < history_from for line in lines):
        raise TallyError("Tally did not honour the date filter")
    return lines


def _filters(voucher_class: VoucherClass, history_from: date | None) -> dict[str, str]:
    filters = {"AltScoreClass": f"$$Is{voucher_class}:$VoucherTypeName"}
    if history_from:
        filters["AltScoreDate"] = f"$Date >= {tally_date(history_from)}"
    return filters


def _census_line(item: "Element") -> CensusLine:
    alive = text_of(item, "ISCANCELLED") != "Yes" and text_of(item, "ISOPTIONAL") != "Yes"
    total = _amount(text_of(item, "AMOUNT"))
    return CensusLine(
        guid=text_of(item, "GUID"),
        alter_id=_alter_id(item),
        on=_date(text_of(item, "DATE")),
        amount=None if total is None else abs(total),
        is_alive=alive,
    )


def read_vouchers(
    port: TallyPort, company: Company, voucher_class: VoucherClass, census: Sequence[CensusLine]
) -> Iterator[Voucher]:
    """The vouchers of the census in ranges of AlterID, every range compared with it.

    Raises:
        TallyError: a range came back with other vouchers than the census named.
    """
    ordered = sorted(census, key=lambda line: line.alter_id)
    for start in range(0, len(ordered), MAX_RANGE):
        chunk = ordered[start : start + MAX_RANGE]
        low, high = chunk[0].alter_id - 1, chunk[-1].alter_id
        # The range alone may hold vouchers before our history, so the date filter is repeated.
        filters = _filters(voucher_class, min(line.on for line in ordered))
        filters["AltScoreRange"] = f"$AlterID > {low} AND $AlterID <= {high}"
        root = port.ask(collection_request("Voucher", company=company.name, fetch=_FIELDS, filters=filters))
        vouchers = [voucher_of(item) for item in objects(root, "VOUCHER")]
        expected = {line.guid for line in chunk}
        got = [voucher for voucher in vouchers if voucher.guid in expected]
        if len(got) != len(expected):
            raise TallyError(f"Tally sent {len(got)} of {len(expected)} vouchers of a range")
        yield from got


def voucher_of(item: "Element") -> Voucher:
    """One VOUCHER element."""
    lines = item.findall("ALLINVENTORYENTRIES.LIST")
    return Voucher(
        guid=text_of(item, "GUID"),
        alter_id=_alter_id(item),
        on=_date(text_of(item, "DATE")),
        number=text_of(item, "VOUCHERNUMBER"),
        narration=text_of(item, "NARRATION"),
        is_cancelled=text_of(item, "ISCANCELLED") == "Yes",
        is_optional=text_of(item, "ISOPTIONAL") == "Yes",
        entries=tuple(entry for row in item.findall("ALLLEDGERENTRIES.LIST") if (entry := _entry(row)) is not None),
        line_count=sum(1 for line in lines if text_of(line, "STOCKITEMNAME")) or None,
    )


def _alter_id(item: "Element") -> int:
    alter_id = number(text_of(item, "ALTERID"))
    if alter_id is None:
        raise TallyError("a voucher came without its AlterID")
    return alter_id


def _entry(row: "Element") -> Entry | None:
    name, amount = text_of(row, "LEDGERNAME"), _amount(text_of(row, "AMOUNT"))
    if not name or amount is None:
        return None
    flag = text_of(row, "ISDEEMEDPOSITIVE")
    is_debit = flag == "Yes" if flag else amount < 0
    bank = row.find("BANKALLOCATIONS.LIST")
    kind = "" if bank is None else f"{text_of(bank, 'TRANSACTIONTYPE')} {text_of(bank, 'TRANSFERMODE')}".strip()
    return Entry(
        ledger=name,
        is_debit=is_debit,
        amount=abs(amount),
        has_odd_sign=is_debit != (amount < 0) and amount != 0,
        bills=tuple(bill for part in row.findall("BILLALLOCATIONS.LIST") if (bill := _bill(part)) is not None),
        transaction=kind,
        instrument="" if bank is None else text_of(bank, "INSTRUMENTNUMBER"),
    )


def _bill(part: "Element") -> Bill | None:
    kind, amount = text_of(part, "BILLTYPE"), _amount(text_of(part, "AMOUNT"))
    if not kind or amount is None:
        return None
    period = part.find("BILLCREDITPERIOD")
    written = "" if period is None else (period.text or "").strip() or period.get("P", "")
    return Bill(name=text_of(part, "NAME"), kind=kind, amount=abs(amount), credit_period=written)


def _amount(text: str) -> Decimal | None:
    """An amount; an empty one is not zero but absent."""
    if not text:
        return None
    try:
        return Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation as error:
        raise TallyError("an amount is no number") from error


def _date(text: str) -> date:
    if len(text) != 8 or not text.isdigit():
        raise TallyError("a voucher came without a readable date")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise TallyError("a voucher came without a readable date") from error
