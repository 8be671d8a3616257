"""Vouchers as Tally tells them: read by class, in ranges, checked against a census."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from altscore_connector.errors import TallyError, UnreadableVoucherError
from altscore_connector.tally.masters import Company
from altscore_connector.tally.values import day_of, number, rupees
from altscore_connector.tally.wire import TallyPort, collection_request, objects, tally_date, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

VoucherClass = Literal["Sales", "Receipt", "CreditNote", "Payment", "Journal"]
CLASSES: tuple[VoucherClass, ...] = ("Sales", "Receipt", "CreditNote", "Payment", "Journal")
MAX_RANGE = 5_000
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
class CensusLine:
    """What the census says of a voucher; `amount` is None where Tally leaves it out or it is not readable."""

    guid: str
    alter_id: int
    on: date
    amount: Decimal | None
    is_alive: bool
    is_post_dated: bool = False
    party: str = ""


@dataclass
class Census:
    """All vouchers of a class, without their entries; deletions show only by being absent here.

    Attributes:
        lines: the vouchers.
        unreadable: by GUID, the vouchers whose line cannot be read; they are there, and nothing more is known.
    """

    lines: list[CensusLine] = field(default_factory=list)
    unreadable: dict[str, UnreadableVoucherError] = field(default_factory=dict)


def take_census(port: TallyPort, company: Company, voucher_class: VoucherClass, history_from: date | None) -> Census:
    """Asks for all vouchers of a class.

    Raises:
        TallyError: vouchers of another company or period came back.
    """
    fetch = ("GUID", "AlterID", "Date", "Amount", "PartyLedgerName", "IsCancelled", "IsOptional", "IsPostDated")
    root = port.ask(
        collection_request("Voucher", company=company.name, fetch=fetch, filters=_filters(voucher_class, history_from))
    )
    census = Census()
    for item in objects(root, "VOUCHER"):
        try:
            census.lines.append(_census_line(item))
        except UnreadableVoucherError as error:
            census.unreadable[text_of(item, "GUID")] = error
    guids = [*(line.guid for line in census.lines), *census.unreadable]
    if any(not guid.startswith(company.guid) for guid in guids):
        raise TallyError("vouchers of another company came back")
    if history_from and any(line.on < history_from for line in census.lines):
        raise TallyError("Tally did not honour the date filter")
    return census


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
    port: TallyPort,
    company: Company,
    voucher_class: VoucherClass,
    *,
    census: Sequence[CensusLine],
    selected: set[str],
) -> Iterator["tuple[str, Voucher | UnreadableVoucherError]"]:
    """The selected vouchers (by GUID) of a census in ranges of AlterID, each range compared with it.

    Raises:
        TallyError: a range came back without vouchers that the census named.
    """
    if not selected:
        return
    earliest = min(line.on for line in census)
    for chunk in _ranges(sorted(census, key=lambda line: line.alter_id), selected):
        low, high = chunk[0].alter_id - 1, chunk[-1].alter_id
        # The range alone may hold vouchers before our history, so the date filter is repeated.
        filters = _filters(voucher_class, earliest)
        filters["AltScoreRange"] = f"$AlterID > {low} AND $AlterID <= {high}"
        root = port.ask(collection_request("Voucher", company=company.name, fetch=_FIELDS, filters=filters))
        expected = {line.guid for line in chunk if line.guid in selected}
        got = {guid: item for item in objects(root, "VOUCHER") if (guid := text_of(item, "GUID")) in expected}
        if len(got) != len(expected):
            raise TallyError(f"Tally sent {len(got)} of {len(expected)} vouchers of a range")
        for guid, item in got.items():
            yield guid, _voucher_or_error(item)


def _ranges(ordered: Sequence[CensusLine], selected: set[str]) -> Iterator[Sequence[CensusLine]]:
    """Stretches that begin and end with a selected voucher and hold no long run of unwanted ones."""
    positions = [position for position, line in enumerate(ordered) if line.guid in selected]
    start = previous = positions[0]
    for position in positions[1:]:
        if position - previous > _MAX_GAP or position - start >= MAX_RANGE:
            yield ordered[start : previous + 1]
            start = position
        previous = position
    yield ordered[start : previous + 1]


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
    if alter_id is None:
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
    return Bill(name=text_of(part, "NAME"), kind=text_of(part, "BILLTYPE"), amount=abs(amount), credit_period=written)


def _date(text: str) -> date:
    day = day_of(text)
    if day is None:
        raise UnreadableVoucherError("voucher_unreadable", field="Date")
    return day
