"""One company: its census, what was altered, what waits, and what is gone."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from altscore_connector.config import TallyConfig
from altscore_connector.errors import UnreadableVoucherError
from altscore_connector.records import LEDGER_TABLES, CompletePeriod, Finding, Item, Reading, Table
from altscore_connector.state import State
from altscore_connector.tally.mapping import (
    Masters,
    Receipt,
    invoice_items,
    payment_items,
    receipt_of,
    retailer_items,
    return_items,
)
from altscore_connector.tally.masters import Company, read_ledgers
from altscore_connector.tally.memory import Memory, Settlement
from altscore_connector.tally.opening import state_opening_bills
from altscore_connector.tally.reversals import is_money_in, reversals_of, undo
from altscore_connector.tally.totals import month_totals
from altscore_connector.tally.vouchers import (
    CLASSES,
    Census,
    CensusLine,
    Voucher,
    VoucherClass,
    read_vouchers,
    take_census,
)
from altscore_connector.tally.wire import TallyPort

_TABLES: dict[VoucherClass, tuple[Table, ...]] = {
    "Sales": ("invoices",),
    "Receipt": ("payments",),
    "CreditNote": ("returns",),
    "Payment": (),
    "Journal": ("payments", "returns"),
}
_MONEY: tuple[VoucherClass, ...] = ("Receipt", "Payment", "Journal")
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
        self._reading = Reading()
        self._alive: dict[VoucherClass, list[CensusLine]] = {}
        self._opening: list[Item] = []
        self._waiting: set[str] = set()
        self._aside: set[str] = set()
        self.months_without_total: set[tuple[Table, str]] = set()

    def read_into(self, reading: Reading) -> None:
        """Reads the company.

        Raises:
            TallyError: an answer does not hold.
        """
        self._reading = reading
        ledgers = read_ledgers(self._port, self._company)
        censuses = {kind: self._census(kind) for kind in CLASSES}
        is_empty = not any(census.lines or census.unreadable for census in censuses.values())
        if is_empty and self._has_sent():
            # Zero rows are what a wrong company, period or education mode gives; they never mean deletion.
            # Should it be a restored backup, Tally counts from the start again, and may have passed our mark by then.
            reading.findings.append(Finding(kind="held", rule="no_vouchers_left", file=self._place))
            self._memory.forget_counter()
            reading.marks |= self._memory.save(highest={}, again=self._memory.again)
            return
        highest = max((line.alter_id for census in censuses.values() for line in census.lines), default=0)
        if self._memory.went_back(max(highest, self._company.last_alter_id or 0)):
            reading.findings.append(Finding(kind="note", rule="alter_id_went_back", file=self._place))
        self._masters = Masters(
            ledgers={ledger.name: ledger for ledger in ledgers},
            default_credit_days=self._config.default_credit_days,
            scope=self._company.guid,
            place=self._place,
            order_offset=self._memory.order_offset,
        )
        reading.items.extend(retailer_items(ledgers, self._config.district_prefix, masters=self._masters, reading=reading))
        self._opening = state_opening_bills(ledgers, self._masters, reading)
        self._alive = {kind: self._alive_lines(census) for kind, census in censuses.items()}
        changed = {kind: self._changed(kind) for kind in CLASSES}
        vouchers = {kind: self._read(kind, guids) for kind, guids in changed.items()}
        self._read_sales_and_notes(vouchers)
        self._read_money(vouchers)
        self._state_presence()
        self._add_totals()
        reading.marks |= self._memory.save(
            highest={kind: [line.alter_id for line in census.lines] for kind, census in censuses.items()},
            again=self._aside | self._waiting,
        )

    def _census(self, kind: VoucherClass) -> Census:
        census = take_census(self._port, self._company, voucher_class=kind, history_from=self._config.history_from)
        for guid, error in census.unreadable.items():
            self._set_aside(guid, error)
        return census

    def _alive_lines(self, census: Census) -> list[CensusLine]:
        """The vouchers that count today; a later one waits, and is asked for again when its day has come."""
        lines = [line for line in census.lines if line.is_alive]
        self._reading.note("cancelled_or_optional", len(census.lines) - len(lines))
        for line in lines:
            if line.on > self._today:
                self._waiting.add(line.guid)
                finding = Finding(kind="held", rule="post_dated", file=self._place, key=line.guid, field="Date")
                self._reading.findings.append(finding)
        return [line for line in lines if line.on <= self._today]

    def _changed(self, kind: VoucherClass) -> set[str]:
        since = self._memory.since(kind)
        return {line.guid for line in self._alive[kind] if line.alter_id > since or line.guid in self._memory.again}

    def _read(self, kind: VoucherClass, guids: set[str]) -> list[Voucher]:
        vouchers = []
        for guid, voucher in read_vouchers(self._port, self._company, kind, census=self._alive[kind], selected=guids):
            if isinstance(voucher, UnreadableVoucherError):
                self._set_aside(guid, voucher)
            else:
                vouchers.append(voucher)
        self._reading.note("vouchers_read", len(vouchers))
        return vouchers

    def _set_aside(self, guid: str, error: UnreadableVoucherError) -> None:
        """Leaves a voucher out; what is known of it stays, and it is asked for again at every sync."""
        self._aside.add(guid)
        self._reading.findings.append(
            Finding(kind="set_aside", rule=error.rule, file=self._place, key=guid, field=error.field)
        )

    def _read_sales_and_notes(self, vouchers: dict[VoucherClass, list[Voucher]]) -> None:
        for voucher in vouchers["Sales"]:
            items = self._converted(voucher, lambda voucher: invoice_items(voucher, self._masters, self._reading))
            self._reading.note("sales_without_debtor", int(items == []))
        for voucher in vouchers["CreditNote"]:
            items = self._converted(voucher, lambda voucher: return_items(voucher, self._masters, self._reading))
            self._reading.note("credit_notes_without_debtor", int(items == []))

    def _converted(self, voucher: Voucher, convert: Callable[[Voucher], Iterator[Item]]) -> list[Item] | None:
        """States the records of a voucher; None when it had to be set aside."""
        try:
            items = list(convert(voucher))
        except UnreadableVoucherError as error:
            self._set_aside(voucher.guid, error)
            return None
        self._reading.items.extend(items)
        return items

    def _read_money(self, vouchers: dict[VoucherClass, list[Voucher]]) -> None:
        """Receipts with what took them back; a reversal makes the receipts of its party be read again."""
        memory = self._memory
        memory.keep_alive({line.guid for lines in self._alive.values() for line in lines} | self._aside)
        receipts = [
            receipt
            for kind in _MONEY
            for voucher in vouchers[kind]
            if (receipt := self._money_of(voucher, kind)) is not None
        ]
        if memory.reversals_changed or memory.parties & self._touched(receipts):
            receipts = self._with_all_receipts(receipts)
            receipts, lost = undo(receipts, memory.all_reversals())
            memory.lost = {reversal.guid for reversal in lost}
        for guid in sorted(memory.lost):
            self._reading.findings.append(
                Finding(kind="set_aside", rule="reversal_without_receipt", file=self._place, key=guid)
            )
        for receipt in receipts:
            self._reading.items.extend(payment_items(receipt, self._masters))
            is_bounced = any(line.bounced_on for line in receipt.lines)
            self._reading.note("bounced_receipts", int(is_bounced))
            self._reading.note("receipts_without_debtor", int(not receipt.lines))

    def _money_of(self, voucher: Voucher, kind: VoucherClass) -> Receipt | None:
        """What a voucher brings in; what it takes back, or settles without money, is remembered or stated here."""
        try:
            reversals, others = reversals_of(voucher, kind, self._masters)
            receipt, settlement = None, Settlement()
            if kind == "Receipt" or (kind == "Journal" and is_money_in(voucher, self._masters)):
                receipt = receipt_of(voucher, self._masters, self._reading)
            elif kind == "Journal":
                items = list(return_items(voucher, self._masters, self._reading))
                self._reading.items.extend(items)
                settlement = Settlement.of("returns", items)
            if kind == "Journal" and receipt is not None:
                settlement = Settlement.of("payments", list(payment_items(receipt, self._masters)))
        except UnreadableVoucherError as error:
            self._set_aside(voucher.guid, error)
            return None
        self._memory.remember(voucher.guid, reversals, settlement)
        self._reading.note("refunds_and_charges", others)
        return receipt if receipt is not None and (receipt.lines or kind == "Receipt") else None

    def _touched(self, receipts: Iterable[Receipt]) -> set[str]:
        """Parties of receipts that were altered or are gone, as they are now and as they were acknowledged."""
        fresh = list(receipts)
        parties = {line.party for receipt in fresh for line in receipt.lines}
        altered = {receipt.voucher.guid for receipt in fresh}
        alive = {line.guid for kind in _MONEY for line in self._alive[kind]}
        for known in self._state.live("payments", self._company.guid):
            if known.document in altered or known.document not in alive:
                parties.add(str(known.record.get("retailer_ref")))
        return parties

    def _with_all_receipts(self, fresh: list[Receipt]) -> list[Receipt]:
        """The given receipts and every other one of a party of whom money was taken back."""
        read = {receipt.voucher.guid for receipt in fresh}
        parties = self._memory.parties
        others = {
            known.document
            for known in self._state.live("payments", self._company.guid)
            if known.record.get("retailer_ref") in parties and known.document not in read | self._aside
        }
        receipts = list(fresh)
        for kind in _MONEY:
            for voucher in self._read(kind, others & {line.guid for line in self._alive[kind]}):
                try:
                    receipts.append(receipt_of(voucher, self._masters, self._reading))
                except UnreadableVoucherError as error:
                    self._set_aside(voucher.guid, error)
        return receipts

    def _state_presence(self) -> None:
        """Says which documents are there unchanged, so that the core withdraws the others."""
        for kind, tables in _TABLES.items():
            unchanged = {line.guid for line in self._alive[kind]} - self._changed(kind)
            for table in tables:
                self._reading.present |= {(table, guid) for guid in unchanged | self._aside}
        first = self._config.history_from or date.min
        self._reading.complete += [
            CompletePeriod(scope=self._company.guid, table=table, from_on=first, to_on=date.max)
            for table in LEDGER_TABLES
        ]

    def _has_sent(self) -> bool:
        return any(self._state.live(table, self._company.guid) for table in LEDGER_TABLES)

    def _add_totals(self) -> None:
        census: dict[Table, list[CensusLine]] = {}
        for kind, table in _OF_ONE_CLASS:
            counted: list[CensusLine] = []
            others: list[CensusLine] = []
            for line in self._alive[kind]:
                (counted if self._counts(line) else others).append(line)
            stated = self._stated(table) if others else set()
            census[table] = counted + [replace(line, amount=None) for line in others if line.guid in stated]
        opening: list[tuple[Table, str, Decimal]] = [
            ("invoices", f"{item.on:%Y-%m}", item.amount) for item in self._opening if item.on
        ]
        self._reading.erp_totals, self.months_without_total = month_totals(
            census, [*self._memory.settled_amounts(), *opening]
        )

    def _stated(self, table: Table) -> set[str]:
        """Documents that are live here, whichever party Tally names: of a receipt it may be the bank."""
        read = {item.document for item in self._reading.items if item.table == table}
        return read | {known.document for known in self._state.live(table, self._company.guid)}

    def _counts(self, line: CensusLine) -> bool:
        """Whether a voucher is one of a debtor; a negative receipt brings nothing in."""
        ledger = self._masters.ledgers.get(line.party)
        if line.guid in self._memory.reversing:
            return False
        return ledger is None or (ledger.is_debtor and bool(ledger.guid))
