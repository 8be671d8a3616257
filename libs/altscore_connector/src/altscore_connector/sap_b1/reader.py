"""One look at a company of SAP Business One: customers, invoices, credit notes, payments and what undid them."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from altscore_connector.config import SapB1Config
from altscore_connector.private_files import read_private
from altscore_connector.records import LEDGER_TABLES, CompletePeriod, ErpTotal, Item, Reading, Record, Table
from altscore_connector.sap_b1.errors import SapB1Error, UnreadableDocumentError
from altscore_connector.sap_b1.mapping import (
    CREDIT_NOTE,
    CURRENCY,
    DOCUMENT_FIELDS,
    INVOICE,
    PARTNER_FIELDS,
    PAYMENT,
    PAYMENT_FIELDS,
    Scope,
    document_item,
    document_key,
    find,
    money_of,
    payment_items,
    retailer_item,
)
from altscore_connector.sap_b1.payments import PaymentSpool, SortedEntries
from altscore_connector.sap_b1.reversals import MANUAL, POSTING_FIELDS, bounces, read_postings
from altscore_connector.sap_b1.service_layer import Access, ServiceLayer
from altscore_connector.sap_b1.values import Row, entry_of, text_of
from altscore_connector.spool import DocumentSpool, ItemSpool
from altscore_connector.tally.totals import empty_months

_CUSTOMERS = "CardType eq 'cCustomer'"
_FROM_CUSTOMERS = "DocType eq 'rCustomer'"
_FIRST_DAY = date(2000, 1, 1)
_SETS: tuple[tuple[Table, str, int], ...] = (("invoices", "Invoices", INVOICE), ("returns", "CreditNotes", CREDIT_NOTE))


@dataclass(frozen=True)
class Period:
    """The days that are read: from `from_on` on, or everything."""

    from_on: date | None
    today: date

    def where(self, name: str, *, also: str = "") -> str:
        """The condition on a date field."""
        since = [] if self.from_on is None else [f"{name} ge '{self.from_on.isoformat()}'"]
        return " and ".join([*since, *([also] if also else [])])


def access_of(config: SapB1Config) -> Access:
    """Where to log in, with the password.

    Raises:
        ConfigError: the password file cannot be used.
    """
    return Access(
        url=config.url,
        company_db=config.company_db,
        user=config.user,
        password=read_private(config.password_file),
        version=config.version,
        ca_file=config.ca_file,
        timeout_s=config.timeout_s,
    )


def read_sap_b1(
    access: Access,
    *,
    today: date,
    history_from: date | None = None,
    known_months: Iterable[tuple[str, str]] = (),
    connect: Callable[[Access], ServiceLayer] = ServiceLayer,
) -> Reading:
    """Reads the whole company from `history_from` on; the core sends what changed.

    Payments tell no time of their last change, and what a quiet correction does to UpdateDate is not documented:
    only a whole reading finds every change. Each table states its period completely.

    Args:
        known_months: table and month (`YYYY-MM`) of known documents; where nothing is left, the total is told as zero.

    Raises:
        SapB1Error: not reachable, refused, or an answer that does not hold; nothing of this reading is sent then.
    """
    period = Period(from_on=history_from, today=today)
    with connect(access) as layer:
        check_currency(layer)
        reader = _CompanyReader(layer, access.company_db, period=period)
        return reader.read(known_months)


def check_currency(layer: ServiceLayer) -> None:
    """Makes sure that the company's amounts are rupees.

    Raises:
        SapB1Error: they are not, or it cannot be told.
    """
    currency = text_of(layer.call("CompanyService_GetAdminInfo"), "LocalCurrency")
    if currency != CURRENCY:
        raise SapB1Error("the company's currency is not INR, so its totals are no rupees")


class _CompanyReader:
    def __init__(self, layer: ServiceLayer, company_db: str, *, period: Period) -> None:
        self._layer, self._company_db, self._period, self._items = layer, company_db, period, ItemSpool()
        self._reading = Reading(items=self._items, present=DocumentSpool(), is_current=True)
        self._totals: dict[tuple[Table, str], tuple[int, Decimal]] = {}
        self._uncounted: set[tuple[Table, str]] = set()

    def read(self, known_months: Iterable[tuple[str, str]]) -> Reading:
        scope = Scope(company_db=self._company_db, today=self._period.today, partners=self._read_partners())
        entries: array[int] = array("q")
        for table, name, object_type in _SETS:
            for row in self._rows(name, fields=DOCUMENT_FIELDS, where=self._period.where("DocDate")):
                self._add_document(row, table, object_type=object_type, scope=scope)
                if table == "invoices":
                    entries.extend(_readable_entry(row))
        payments = self._read_payments(SortedEntries(entries), scope)
        self._mark_bounced(payments, scope)
        first = self._period.from_on or _FIRST_DAY
        self._reading.complete = [
            CompletePeriod(scope=self._company_db, table=table, from_on=first, to_on=self._period.today)
            for table in LEDGER_TABLES
        ]
        totals = [
            ErpTotal(table=table, month=month, count=count, amount_inr=amount)
            for (table, month), (count, amount) in self._totals.items()
            if (table, month) not in self._uncounted
        ]
        known = [month for month in known_months if month not in self._uncounted]
        totals += empty_months(totals, known, first=f"{first:%Y-%m}")
        self._reading.erp_totals = sorted(totals, key=lambda total: (total.table, total.month))
        return self._reading

    def _rows(self, name: str, *, fields: tuple[str, ...], where: str, key: str = "DocEntry") -> Iterator[Row]:
        """All rows of a set; the service's own count must be the number that came.

        Raises:
            SapB1Error: rows are missing, as after a page that was left out.
        """
        before, number = self._layer.count(name, where), 0
        for page in self._layer.pages(name, key=key, fields=fields, where=where):
            number += len(page)
            yield from page
        after = self._layer.count(name, where)
        if not min(before, after) <= number <= max(before, after):
            raise SapB1Error(f"{name}: {number} rows came, the service counts {before} before and {after} after")

    def _read_partners(self) -> frozenset[str]:
        items: list[Item] = []
        for row in self._rows("BusinessPartners", fields=PARTNER_FIELDS, where=_CUSTOMERS, key="CardCode"):
            item = retailer_item(row, self._company_db, self._reading)
            if item is not None:
                items.append(item)
        self._items.extend(items)
        return frozenset(item.key for item in items)

    def _read_payments(self, invoices: SortedEntries, scope: Scope) -> PaymentSpool:
        """States the payments; a credit note that was netted in one is told which invoice took it."""
        payments, netted = PaymentSpool(), dict[int, int]()
        where = self._period.where("DocDate", also=_FROM_CUSTOMERS)
        for row in self._rows("IncomingPayments", fields=PAYMENT_FIELDS, where=where):
            try:
                money = money_of(row, invoices=invoices)
                if money.partner not in scope.partners:
                    raise UnreadableDocumentError("sap_partner_unknown", field="CardCode")
            except UnreadableDocumentError as error:
                self._set_aside("payments", PAYMENT, row, error)
                continue
            if money.on > scope.today or _cheque_waits(row, scope.today):
                find(self._reading, "held", "post_dated", key=document_key(PAYMENT, money.entry))
                continue
            self._items.extend(payment_items(money, scope=scope))
            if not money.is_cancelled:
                payments.add(money)
                netted |= money.netted
                if money.lines:
                    self._count("payments", on=money.on.isoformat(), amount=money.total)
        for note, invoice in netted.items():
            fields = {"invoice_id": document_key(INVOICE, invoice)}
            self._items.change("returns", document_key(CREDIT_NOTE, note), fields)
        return payments

    def _add_document(self, row: Row, table: Table, *, object_type: int, scope: Scope) -> None:
        try:
            item = document_item(row, table=table, scope=scope, reading=self._reading)
        except UnreadableDocumentError as error:
            self._set_aside(table, object_type, row, error)
            return
        if item is None:
            return
        self._items.append(item)
        if not item.record.get("is_cancelled"):
            self._count(table, on=text_of(row, "DocDate"), amount=item.amount)

    def _mark_bounced(self, payments: PaymentSpool, scope: Scope) -> None:
        """Marks the payments that a manual journal entry undid."""
        where = self._period.where("ReferenceDate", also=MANUAL)
        rows = self._rows("JournalEntries", fields=POSTING_FIELDS, where=where, key="JdtNum")
        postings = read_postings(rows, scope, self._reading)
        for entry, on in bounces(postings, payments.fitting(postings), self._reading).items():
            fields: Record = {"is_bounced": True, "bounced_on": on.isoformat()}
            self._items.change("payments", document_key(PAYMENT, entry), fields)

    def _set_aside(self, table: Table, object_type: int, row: Row, error: UnreadableDocumentError) -> None:
        """Names the document; what is known of it stays as it is, and its month has no total to compare."""
        key = f"{object_type}-{row.get('DocEntry')}"
        find(self._reading, "set_aside", error.rule, key=key, name=error.field)
        self._reading.present.add((table, key))
        self._uncounted.add((table, text_of(row, "DocDate")[:7]))

    def _count(self, table: Table, *, on: str, amount: Decimal) -> None:
        count, total = self._totals.get((table, on[:7]), (0, Decimal(0)))
        self._totals[table, on[:7]] = (count + 1, total + amount)


def _readable_entry(row: Row) -> list[int]:
    """The key of an invoice that a payment may name; none where it cannot be read."""
    try:
        return [entry_of(row, "DocEntry")]
    except UnreadableDocumentError:
        return []


def _cheque_waits(row: Row, today: date) -> bool:
    """Whether a cheque of the payment is dated later: the money is not there yet."""
    checks = row.get("PaymentChecks")
    days = [text_of(check, "DueDate")[:10] for check in checks] if isinstance(checks, list) else []
    return any(day > today.isoformat() for day in days)
