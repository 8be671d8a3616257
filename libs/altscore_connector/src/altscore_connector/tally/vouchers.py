"""Vouchers as Tally tells them: read by class, in ranges, checked against a census."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from altscore_connector.errors import TallyError, UnreadableVoucherError
from altscore_connector.tally.masters import Company
from altscore_connector.tally.values import day_of, is_ledger_day, number, rupees
from altscore_connector.tally.wire import TallyPort, collection_request, tally_date, text_of
from altscore_connector.text import label

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

VoucherClass = Literal["Sales", "Receipt", "CreditNote", "Payment", "Journal"]
CLASSES: tuple[VoucherClass, ...] = ("Sales", "Receipt", "CreditNote", "Payment", "Journal")
MAX_RANGE = 5_000
_ALTER_IDS_END = 2**53  # no counter comes near it; a longer number is damaged
_MAX_GAP = 50  # unwanted vouchers that are read along rather than asked around
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
    """One ledger entry; `is_debit` is Tally's own flag, which holds where the sign does not.

    `is_readable` is false where an amount has no value in rupees; only a debtor's entry has to be readable.
    """

    ledger: str
    is_debit: bool
    amount: Decimal
    has_odd_sign: bool
    bills: tuple[Bill, ...]
    transaction: str
    instrument: str
    is_readable: bool = True


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
class Range:
    """A stretch of AlterIDs and the vouchers (GUID) that are wanted of it; none is older than `earliest`."""

    after: int
    up_to: int
    selected: frozenset[str]
    earliest: date


@dataclass(frozen=True)
class CensusLine:
    """What the census says of a voucher; `amount` is None where Tally leaves it out or it is not readable."""

    guid: str
    alter_id: int
    on: date
    amount: Decimal | None
    is_alive: bool
    is_post_dated: bool = False
    party: str = ""


def census_lines(
    port: TallyPort, company: Company, voucher_class: VoucherClass, history_from: date | None
) -> Iterator["tuple[str, CensusLine | UnreadableVoucherError]"]:
    """Asks for all vouchers of a class, without their entries; deletions show only by being absent here.

    A voucher whose line cannot be read is there, and nothing more is known of it.

    Raises:
        TallyError: vouchers of another company or period came back; what was given out then does not hold.
    """
    fetch = ("GUID", "AlterID", "Date", "Amount", "PartyLedgerName", "IsCancelled", "IsOptional", "IsPostDated")
    filters = _filters(voucher_class, history_from)
    request = collection_request("Voucher", company=company.name, fetch=fetch, filters=filters)
    for item in port.objects(request, "VOUCHER"):
        guid = text_of(item, "GUID")
        if not guid.startswith(company.guid):
            raise TallyError("vouchers of another company came back")
        try:
            line = _census_line(item)
        except UnreadableVoucherError as error:
            yield guid, error
            continue
        if history_from and line.on < history_from:
            raise TallyError("Tally did not honour the date filter")
        yield guid, line


def _filters(voucher_class: VoucherClass, history_from: date | None) -> dict[str, str]:
    filters = {"AltScoreClass": f"$$Is{voucher_class}:$VoucherTypeName"}
    if history_from:
        filters["AltScoreDate"] = f"$Date >= {tally_date(history_from)}"
    return filters


def _census_line(item: "Element") -> CensusLine:
    alive = text_of(item, "ISCANCELLED") != "Yes" and text_of(item, "ISOPTIONAL") != "Yes"
    written = text_of(item, "AMOUNT")
    total = rupees(written) if written else None
    return CensusLine(
        guid=text_of(item, "GUID"),
        alter_id=_alter_id(item),
        on=_date(text_of(item, "DATE")),
        amount=None if total is None else abs(total),
        is_alive=alive,
        is_post_dated=text_of(item, "ISPOSTDATED") == "Yes",
        party=text_of(item, "PARTYLEDGERNAME"),
    )


def read_vouchers(
    port: TallyPort, company: Company, voucher_class: VoucherClass, *, ranges: Iterable[Range]
) -> Iterator["tuple[str, Voucher | UnreadableVoucherError]"]:
    """The selected vouchers (by GUID) of a census in ranges of AlterID, each range compared with it.

    Raises:
        TallyError: a range came back without vouchers that the census named.
    """
    for part in ranges:
        # The range alone may hold vouchers before our history, so the date filter is repeated.
        filters = _filters(voucher_class, part.earliest)
        filters["AltScoreRange"] = f"$AlterID > {part.after} AND $AlterID <= {part.up_to}"
        request = collection_request("Voucher", company=company.name, fetch=_FIELDS, filters=filters)
        got: dict[str, Voucher | UnreadableVoucherError] = {}
        for item in port.objects(request, "VOUCHER"):
            if (guid := text_of(item, "GUID")) in part.selected:
                got[guid] = _voucher_or_error(item)
        if len(got) != len(part.selected):
            raise TallyError(f"Tally sent {len(got)} of {len(part.selected)} vouchers of a range")
        yield from got.items()


def ranges_of(lines: Iterable[tuple[str, int, bool]], earliest: date) -> Iterator[Range]:
    """Stretches that begin and end with a selected voucher and hold no long run of unwanted ones.

    Args:
        lines: GUID, AlterID and whether it is selected, of the vouchers of a class by AlterID.
        earliest: the first day of them.
    """
    selected: set[str] = set()
    start = previous = low = high = 0
    for position, (guid, alter_id, is_selected) in enumerate(lines):
        if not is_selected:
            continue
        if selected and (position - previous > _MAX_GAP or position - start >= MAX_RANGE):
            yield Range(after=low - 1, up_to=high, selected=frozenset(selected), earliest=earliest)
            selected = set()
        if not selected:
            start, low = position, alter_id
        selected.add(guid)
        previous, high = position, alter_id
    if selected:
        yield Range(after=low - 1, up_to=high, selected=frozenset(selected), earliest=earliest)


def _voucher_or_error(item: "Element") -> "Voucher | UnreadableVoucherError":
    try:
        return voucher_of(item)
    except UnreadableVoucherError as error:
        return error


def voucher_of(item: "Element") -> Voucher:
    """One VOUCHER element.

    Raises:
        UnreadableVoucherError: no AlterID, or no readable date.
    """
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
    if alter_id is None or alter_id >= _ALTER_IDS_END:
        raise UnreadableVoucherError("voucher_unreadable", field="AlterID")
    return alter_id


def _entry(row: "Element") -> Entry | None:
    name, written = text_of(row, "LEDGERNAME"), text_of(row, "AMOUNT")
    if not name or not written:
        return None
    amount = rupees(written)
    bills = [_bill(part) for part in row.findall("BILLALLOCATIONS.LIST") if _is_bill(part)]
    flag = text_of(row, "ISDEEMEDPOSITIVE")
    is_debit = flag == "Yes" if flag else (amount or Decimal(0)) < 0
    bank = row.find("BANKALLOCATIONS.LIST")
    kind = "" if bank is None else f"{text_of(bank, 'TRANSACTIONTYPE')} {text_of(bank, 'TRANSFERMODE')}".strip()
    return Entry(
        ledger=name,
        is_debit=is_debit,
        amount=abs(amount or Decimal(0)),
        has_odd_sign=amount is not None and amount != 0 and is_debit != (amount < 0),
        bills=tuple(bill for bill in bills if bill is not None),
        transaction=kind,
        instrument="" if bank is None else text_of(bank, "INSTRUMENTNUMBER"),
        is_readable=amount is not None and all(bill is not None for bill in bills),
    )


def _is_bill(part: "Element") -> bool:
    return bool(text_of(part, "BILLTYPE")) and bool(text_of(part, "AMOUNT"))


def _bill(part: "Element") -> Bill | None:
    """The allocation, None where its amount is not readable."""
    amount = rupees(text_of(part, "AMOUNT"))
    if amount is None:
        return None
    period = part.find("BILLCREDITPERIOD")
    written = "" if period is None else (period.text or "").strip() or period.get("P", "")
    return Bill(
        name=label(text_of(part, "NAME")), kind=text_of(part, "BILLTYPE"), amount=abs(amount), credit_period=written
    )


def _date(text: str) -> date:
    day = day_of(text)
    if day is None or not is_ledger_day(day):
        raise UnreadableVoucherError("voucher_unreadable", field="Date")
    return day
