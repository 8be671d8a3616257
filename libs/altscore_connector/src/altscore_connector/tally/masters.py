"""Companies, groups and ledgers: who is a debtor, and how a debtor can be known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from altscore_connector.errors import TallyError
from altscore_connector.tally.values import day_of, number, rupees
from altscore_connector.tally.wire import TallyPort, collection_request, objects, text_of
from altscore_connector.text import label

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DEBTORS = "Sundry Debtors"
_MAX_DEPTH = 50


@dataclass(frozen=True)
class Company:
    """A loaded company; `last_alter_id` is None where Tally does not tell it."""

    name: str
    guid: str
    last_alter_id: int | None


@dataclass(frozen=True)
class OpeningBill:
    """A bill that was open when the ledger began; None where its day or its amount cannot be read.

    `amount` is negative where the debtor owes it.
    """

    name: str
    on: date | None
    amount: Decimal | None
    credit_period: str


@dataclass(frozen=True)
class Ledger:
    """One ledger; `group` is the reserved group it stands under, `beat` its own group.

    `gstins` and `phones` are the fields that may hold one, as written, the one that counts first.
    """

    name: str
    guid: str
    group: str
    beat: str
    gstins: tuple[str, ...]
    phones: tuple[str, ...]
    credit_period: str
    opening_bills: tuple[OpeningBill, ...] = ()

    @property
    def is_debtor(self) -> bool:
        """Whether money is owed by this ledger's owner."""
        return self.group == _DEBTORS


def read_companies(port: TallyPort) -> list[Company]:
    """All loaded companies."""
    request = collection_request("Company", company=None, fetch=("Name", "GUID", "AltVchID", "AltMstID", "BooksFrom"))
    return companies_of(port.ask(request))


def companies_of(root: "Element") -> list[Company]:
    """The companies of a reply."""
    return [
        Company(item.get("NAME", ""), text_of(item, "GUID"), number(text_of(item, "ALTVCHID")))
        for item in objects(root, "COMPANY")
    ]


def reserved_groups(root: "Element") -> dict[str, str]:
    """Group name to the name of the nearest reserved group above it (or itself)."""
    parents: dict[str, str] = {}
    reserved: dict[str, str] = {}
    for item in objects(root, "GROUP"):
        name = item.get("NAME", "")
        parents[name] = text_of(item, "PARENT")
        if kept := item.get("RESERVEDNAME", "").strip() or text_of(item, "RESERVEDNAME"):
            reserved[name] = kept
    return {name: _climb(name, parents, reserved) for name in parents}


def _climb(name: str, parents: Mapping[str, str], reserved: Mapping[str, str]) -> str:
    for _ in range(_MAX_DEPTH):
        if name in reserved:
            return reserved[name]
        if name not in parents:
            return name
        name = parents[name]
    return name


def read_ledgers(port: TallyPort, company: Company) -> list[Ledger]:
    """All ledgers of a company.

    Raises:
        TallyError: an object of another company came back.
    """
    groups = port.ask(
        collection_request("Group", company=company.name, fetch=("GUID", "Name", "Parent", "ReservedName"))
    )
    fetch = (
        "GUID", "Name", "Parent", "PartyGSTIN", "LedgerMobile", "LedgerPhone", "BillCreditPeriod", "LedGSTRegDetails.*",
        "AlterID", "BillAllocations.*",
    )  # fmt: skip
    reply = port.ask(collection_request("Ledger", company=company.name, fetch=fetch))
    ledgers = ledgers_of(reply, reserved_groups(groups))
    foreign = [ledger for ledger in ledgers if ledger.guid and not ledger.guid.startswith(company.guid)]
    if foreign:
        raise TallyError("ledgers of another company came back")
    return ledgers


def ledgers_of(root: "Element", groups: Mapping[str, str]) -> list[Ledger]:
    """The ledgers of a reply, each under its reserved group."""
    return [_ledger(item, groups) for item in objects(root, "LEDGER")]


def named(ledgers: Iterable[Ledger]) -> dict[str, Ledger]:
    """The ledgers by name; a voucher names its ledger and tells no GUID, so of a name that two share none is known.

    Tally refuses a second ledger of a name; should a damaged company hold two, money would go to one of them at will.
    """
    by_name: dict[str, Ledger] = {}
    shared: set[str] = set()
    for ledger in ledgers:
        if by_name.setdefault(ledger.name, ledger).guid != ledger.guid:
            shared.add(ledger.name)
    return {name: ledger for name, ledger in by_name.items() if name not in shared}


def _ledger(item: "Element", groups: Mapping[str, str]) -> Ledger:
    parent = text_of(item, "PARENT")
    return Ledger(
        name=item.get("NAME", "").strip(),
        guid=text_of(item, "GUID"),
        group=groups.get(parent, parent),
        beat=parent,
        gstins=(text_of(item, "PARTYGSTIN"), _registered_gstin(item)),
        phones=(text_of(item, "LEDGERMOBILE"), text_of(item, "LEDGERPHONE")),
        credit_period=text_of(item, "BILLCREDITPERIOD"),
        opening_bills=tuple(
            OpeningBill(
                name=label(text_of(row, "NAME")),
                on=day_of(text_of(row, "BILLDATE")),
                amount=rupees(text_of(row, "OPENINGBALANCE")),
                credit_period=text_of(row, "BILLCREDITPERIOD"),
            )
            for row in item.findall("BILLALLOCATIONS.LIST")
            if text_of(row, "OPENINGBALANCE")
        ),
    )


def _registered_gstin(item: "Element") -> str:
    """The registration that applies last."""
    rows = [
        (text_of(row, "APPLICABLEFROM"), text_of(row, "GSTIN"))
        for row in item.findall("LEDGSTREGDETAILS.LIST")
        if text_of(row, "GSTIN")
    ]
    return max(rows)[1] if rows else ""
