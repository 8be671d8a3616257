"""One company: its census, what was altered, what waits, and what is gone."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from altscore_connector.config import TallyConfig
from altscore_connector.errors import TallyError, UnreadableVoucherError
from altscore_connector.records import LEDGER_TABLES, CompletePeriod, Finding, Item, Reading, Table
from altscore_connector.spool import DocumentSpool, ItemSpool
from altscore_connector.state import State
from altscore_connector.tally.census import AliveLines, KnownLines
from altscore_connector.tally.mapping import (
    Masters,
    Receipt,
    credit_note_items,
    invoice_items,
    payment_items,
    receipt_of,
    retailer_items,
    return_items,
)
from altscore_connector.tally.masters import Company, Ledger, named, read_ledgers
from altscore_connector.tally.memory import Memory, Settlement
from altscore_connector.tally.opening import state_opening_bills
from altscore_connector.tally.receipts import ReceiptSpool
from altscore_connector.tally.reversals import is_money_in, reversals_of
from altscore_connector.tally.totals import month_totals
from altscore_connector.tally.vouchers import (
    CLASSES,
    CensusLine,
    Range,
    Voucher,
    VoucherClass,
    census_lines,
    read_vouchers,
)
from altscore_connector.tally.wire import TallyPort

_TABLES: dict[VoucherClass, tuple[Table, ...]] = {
    "Sales": ("invoices",),
    "Receipt": ("payments",),
    "CreditNote": ("returns",),
    "Payment": (),
    "Journal": ("payments", "returns"),
}
# A sale may hold what was paid on the spot, and any of them may lower what a debtor owes.
_MONEY: tuple[VoucherClass, ...] = ("Receipt", "Payment", "Journal", "Sales")
_OF_ONE_CLASS: tuple[tuple[VoucherClass, Table], ...] = (
    ("Sales", "invoices"),
    ("Receipt", "payments"),
    ("CreditNote", "returns"),
)


class CompanyReader:
    """Reads one company into a reading of its own.

    Args:
        port: of the Tally that has it open.
        company: the company.
        config: of the Tally source.
        state: what was acknowledged and remembered.
        place: the company in findings.
        today: the day in India; what is dated later waits.
    """

    def __init__(
        self, port: TallyPort, company: Company, *, config: TallyConfig, state: State, place: str, today: date
    ) -> None:
        self._port, self._company, self._config, self._state = port, company, config, state
        self._place, self._today = place, today
        self._memory = Memory.load(state, company.guid)
        self._items = ItemSpool()
        self._reading = Reading(items=self._items, present=DocumentSpool())
        self._alive, self._receipts = AliveLines(), ReceiptSpool()
        self._highest: dict[VoucherClass, int] = {}
        self._opening: list[Item] = []
        self._waiting: set[str] = set()
        self._aside: set[str] = set()
        self._unsure: set[str] = set()
        self._differs = False
        self.months_without_total: set[tuple[Table, str]] = set()

    def read(self) -> Reading:
        """Reads the company.

        Raises:
            TallyError: an answer does not hold.
        """
        reading = self._reading
        ledgers = read_ledgers(self._port, self._company)
        by_name = named(ledgers)
        counts = [self._take_census(kind, by_name) for kind in CLASSES]
        if not any(counts) and self._has_sent():
            # Zero rows are what a wrong company, period or education mode gives; they never mean deletion.
            # Should it be a restored backup, Tally counts from the start again, and may have passed our mark by then.
            reading.findings.append(Finding(kind="held", rule="no_vouchers_left", file=self._place))
            self._memory.forget_counter()
            reading.marks |= self._memory.save(highest={}, again=self._memory.again)
            return reading
        self._confirm_losses(by_name)
        highest = max(self._highest.values(), default=0)
        if self._memory.went_back(max(highest, self._company.last_alter_id or 0)):
            reading.findings.append(Finding(kind="note", rule="alter_id_went_back", file=self._place))
        elif self._differs:
            reading.findings.append(Finding(kind="note", rule="vouchers_differ_unaltered", file=self._place))
            self._memory.forget_counter()
        self._masters = Masters(
            ledgers=by_name,
            default_credit_days=self._config.default_credit_days,
            scope=self._company.guid,
            place=self._place,
            order_offset=self._memory.order_offset,
        )
        reading.items.extend(
            retailer_items(ledgers, self._config.district_prefix, masters=self._masters, reading=reading)
        )
        self._opening = state_opening_bills(ledgers, self._masters, reading)
        self._alive.mark_changed(self._memory.since, self._memory.again, CLASSES)
        for kind in CLASSES:
            self._read_class(kind)
        self._state_receipts()
        self._state_presence()
        self._add_totals()
        reading.marks |= self._memory.save(highest=self._highest, again=self._aside | self._waiting | self._unsure)
        return reading

    def _take_census(self, kind: VoucherClass, by_name: Mapping[str, Ledger]) -> int:
        """Keeps the vouchers that count today; the number of all of them.

        A later one waits, and is asked for again when its day has come.
        """
        count = 0
        self._highest[kind] = 0
        for guid, line in census_lines(self._port, self._company, kind, self._config.history_from):
            count += 1
            if isinstance(line, UnreadableVoucherError):
                self._set_aside(guid, line)
                continue
            self._highest[kind] = max(self._highest[kind], line.alter_id)
            self._reading.note("cancelled_or_optional", int(not line.is_alive))
            is_debtors = _is_debtors(line, by_name)
            is_known = self._is_known(kind, line, by_name)
            if line.is_alive and line.on > self._today:
                self._waiting.add(guid)
                finding = Finding(kind="held", rule="post_dated", file=self._place, key=guid, field="Date")
                self._reading.findings.append(finding)
            elif line.is_alive:
                self._alive.add(kind, line, is_debtors=is_debtors, is_known=is_known)
        return count

    def _confirm_losses(self, by_name: Mapping[str, Ledger]) -> None:
        """Takes the census once more where vouchers are gone: a reply that lacks some looks like deletions.

        Raises:
            TallyError: some that were gone are there.
        """
        if not self._memory.lines.is_fewer:
            return
        gone = self._memory.lines.gone()
        for kind in CLASSES:
            for _, line in census_lines(self._port, self._company, kind, self._config.history_from):
                if not isinstance(line, UnreadableVoucherError) and _sees(gone, kind, line, by_name):
                    raise TallyError("the list of vouchers was not whole")

    def _is_known(self, kind: VoucherClass, line: CensusLine, by_name: Mapping[str, Ledger]) -> bool:
        """Whether the last sync saw the same line; notices one that differs under a number that was read before."""
        lines = self._memory.lines
        is_known = _sees(lines, kind, line, by_name)
        if line.party and line.party not in by_name:
            # Renamed since the ledgers were read: the next sync knows whose it is.
            self._unsure.add(line.guid)
        is_expected = line.alter_id > self._memory.since(kind) or line.guid in self._memory.again
        self._differs |= not (is_known or is_expected or lines.is_unknown)
        return is_known

    def _read_class(self, kind: VoucherClass) -> None:
        """States what was altered; money waits until it is known what was taken back."""
        for voucher in self._read(kind, self._alive.changed_ranges(kind)):
            if kind == "Sales":
                items = self._converted(voucher, lambda voucher: invoice_items(voucher, self._masters, self._reading))
                if items is not None and (receipt := self._money_of(voucher, kind)) is not None:
                    self._receipts.append(receipt)
                is_settled = voucher.guid in self._memory.settlements
                self._reading.note("sales_without_debtor", int(items == [] and not is_settled))
            elif kind == "CreditNote":
                items = self._converted(
                    voucher, lambda voucher: credit_note_items(voucher, self._masters, self._reading)
                )
                self._reading.note("credit_notes_without_debtor", int(items == []))
            elif (receipt := self._money_of(voucher, kind)) is not None:
                self._receipts.append(receipt)

    def _read(self, kind: VoucherClass, ranges: Iterable[Range]) -> Iterator[Voucher]:
        for guid, voucher in read_vouchers(self._port, self._company, kind, ranges=ranges):
            if isinstance(voucher, UnreadableVoucherError):
                self._set_aside(guid, voucher)
            else:
                self._reading.note("vouchers_read")
                yield voucher

    def _set_aside(self, guid: str, error: UnreadableVoucherError) -> None:
        """Leaves a voucher out; what is known of it stays, and it is asked for again at every sync."""
        self._aside.add(guid)
        self._reading.findings.append(
            Finding(kind="set_aside", rule=error.rule, file=self._place, key=guid, field=error.field)
        )

    def _converted(self, voucher: Voucher, convert: Callable[[Voucher], Iterator[Item]]) -> list[Item] | None:
        """States the records of a voucher; None when it had to be set aside."""
        try:
            items = list(convert(voucher))
        except UnreadableVoucherError as error:
            self._set_aside(voucher.guid, error)
            return None
        self._reading.items.extend(items)
        return items

    def _state_receipts(self) -> None:
        """Receipts with what took them back; a reversal makes the receipts of its party be read again."""
        memory = self._memory
        memory.keep_alive(_Either(self._alive, self._aside))
        if memory.reversals_changed or (memory.parties and (memory.is_of_no_sync or memory.parties & self._touched())):
            self._add_all_receipts()
            memory.lost = self._receipts.undo(memory.all_reversals())
        for guid in sorted(memory.lost):
            self._reading.findings.append(
                Finding(kind="set_aside", rule="reversal_without_receipt", file=self._place, key=guid)
            )
        for receipt in self._receipts:
            self._items.extend(payment_items(receipt, self._masters))
            is_bounced = any(line.bounced_on for line in receipt.lines)
            self._reading.note("bounced_receipts", int(is_bounced))
            self._reading.note("receipts_without_debtor", int(not receipt.lines))

    def _money_of(self, voucher: Voucher, kind: VoucherClass) -> Receipt | None:
        """What a voucher brings in; what it takes back, or settles without money, is remembered or stated here."""
        try:
            # What a sale debits is its invoice.
            reversals, others = ([], 0) if kind == "Sales" else reversals_of(voucher, kind, self._masters)
            receipt, settlement = None, Settlement()
            if kind == "Receipt" or is_money_in(voucher, self._masters):
                receipt = receipt_of(voucher, self._masters, self._reading)
            else:
                items = list(return_items(voucher, self._masters, self._reading))
                self._reading.items.extend(items)
                settlement = Settlement.of("returns", items)
            if kind != "Receipt" and receipt is not None:
                settlement = Settlement.of("payments", list(payment_items(receipt, self._masters)))
        except UnreadableVoucherError as error:
            self._set_aside(voucher.guid, error)
            return None
        self._memory.remember(voucher.guid, reversals, settlement)
        self._reading.note("refunds_and_charges", others)
        return receipt if receipt is not None and (receipt.lines or kind == "Receipt") else None

    def _touched(self) -> set[str]:
        """Parties of receipts that were altered or are gone, as they are now and as they were acknowledged."""
        parties = self._receipts.parties
        for known in self._state.live("payments", self._company.guid):
            if known.document in self._receipts or not self._alive.is_one_of(known.document, _MONEY):
                parties.add(str(known.record.get("retailer_ref")))
        return parties

    def _add_all_receipts(self) -> None:
        """Adds every other receipt of a party of whom money was taken back."""
        parties = self._memory.parties
        self._alive.want(
            known.document
            for known in self._state.live("payments", self._company.guid)
            if known.record.get("retailer_ref") in parties
            and known.document not in self._aside
            and known.document not in self._receipts
        )
        for kind in _MONEY:
            for voucher in self._read(kind, self._alive.wanted_ranges(kind)):
                try:
                    self._receipts.append(receipt_of(voucher, self._masters, self._reading))
                except UnreadableVoucherError as error:
                    self._set_aside(voucher.guid, error)

    def _state_presence(self) -> None:
        """Says which documents are there unchanged, so that the core withdraws the others."""
        for kind, tables in _TABLES.items():
            for table in tables:
                self._reading.present.update((table, guid) for guid in self._alive.unchanged(kind))
                self._reading.present.update((table, guid) for guid in self._aside)
        # The other side of a sale or a payment, where it has one.
        self._reading.present.update((part.table, guid) for guid, part in self._memory.settlements.items())
        first = self._config.history_from or date.min
        self._reading.complete += [
            CompletePeriod(scope=self._company.guid, table=table, from_on=first, to_on=date.max)
            for table in LEDGER_TABLES
        ]

    def _has_sent(self) -> bool:
        return any(self._state.has_live(table, self._company.guid) for table in LEDGER_TABLES)

    def _add_totals(self) -> None:
        opening: list[tuple[Table, str, Decimal]] = [
            ("invoices", f"{item.on:%Y-%m}", item.amount) for item in self._opening if item.on
        ]
        self._reading.erp_totals, self.months_without_total = month_totals(
            self._counted(), [*self._memory.settled_amounts(), *opening]
        )

    def _counted(self) -> Iterator[tuple[Table, str, Decimal | None]]:
        """Table, month and amount of what counts; nothing of a negative receipt or of a sale that only settles."""
        for kind, table in _OF_ONE_CLASS:
            for guid, month, amount, is_debtors in self._alive.amounts(kind):
                is_settled = guid in self._memory.settlements and not self._is_stated(table, guid)
                if is_debtors and guid not in self._memory.reversals and not is_settled:
                    yield table, month, amount
                elif self._is_stated(table, guid):
                    yield table, month, None

    def _is_stated(self, table: Table, guid: str) -> bool:
        """Whether a document is live here, whichever party Tally names: of a receipt it may be the bank."""
        return self._items.holds_document(table, guid) or self._state.has_live(table, self._company.guid, guid)


def _is_debtors(line: CensusLine, by_name: Mapping[str, Ledger]) -> bool:
    ledger = by_name.get(line.party)
    return ledger is None or (ledger.is_debtor and bool(ledger.guid))


def _sees(lines: KnownLines, kind: VoucherClass, line: CensusLine, by_name: Mapping[str, Ledger]) -> bool:
    ledger = by_name.get(line.party)
    party = "" if ledger is None else ledger.guid
    return lines.see(kind, line, party, is_debtors=_is_debtors(line, by_name))


class _Either:
    """What either of two containers holds."""

    def __init__(self, first: Container[str], second: Container[str]) -> None:
        self._first, self._second = first, second

    def __contains__(self, guid: object) -> bool:
        return guid in self._first or guid in self._second
