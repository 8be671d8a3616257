"""One look at the configured companies of a Tally."""

from decimal import Decimal

from altscore_connector.config import TallyConfig
from altscore_connector.records import AMOUNT_FIELD, Item, Reading, Table
from altscore_connector.state import State
from altscore_connector.tally.mapping import (
    Masters,
    invoice_items,
    mark_bounced,
    payment_items,
    retailer_items,
    return_items,
    reversals,
)
from altscore_connector.tally.masters import Company, find_company, read_ledgers
from altscore_connector.tally.vouchers import (
    CLASSES,
    CensusLine,
    Voucher,
    VoucherClass,
    read_vouchers,
    take_census,
)
from altscore_connector.tally.wire import TallyPort

_TABLE_OF: dict[VoucherClass, Table] = {"Sales": "invoices", "Receipt": "payments", "CreditNote": "returns"}
Census = dict[VoucherClass, list[CensusLine]]


def read_tally(config: TallyConfig, state: State) -> Reading:
    """Reads every configured company: all debtors, the vouchers altered since the last finished sync.

    Raises:
        TallyError: a reply does not hold; nothing of this reading is sent then.
    """
    reading = Reading()
    port = TallyPort(config.url, timeout_s=config.timeout_s)
    try:
        for name in config.companies:
            _read_company(port, find_company(port, name), config=config, state=state, reading=reading)
    finally:
        port.close()
    return reading


def _read_company(port: TallyPort, company: Company, config: TallyConfig, state: State, reading: Reading) -> None:
    ledgers = read_ledgers(port, company)
    masters = Masters({ledger.name: ledger for ledger in ledgers}, config.default_credit_days)
    reading.items += retailer_items(ledgers, config.district_prefix, reading)
    census: Census = {
        kind: take_census(port, company, voucher_class=kind, history_from=config.history_from) for kind in CLASSES
    }
    mark = f"tally:{company.guid}:alter_id"
    since = int(state.mark(mark) or 0)
    items, lost = _changed(port, company, census=census, masters=masters, since=since, reading=reading)
    if lost and since:
        # A cheque of an earlier sync bounced: its receipt is found only in the whole ledger.
        items, lost = _changed(port, company, census=census, masters=masters, since=0, reading=Reading())
    reading.note("reversals_without_receipt", lost)
    reading.items += items
    reading.items += _vanished(company, census, state=state, reading=reading)
    highest = max((line.alter_id for lines in census.values() for line in lines), default=since)
    reading.marks[mark] = str(max(since, highest))


def _changed(
    port: TallyPort, company: Company, census: Census, masters: Masters, *, since: int, reading: Reading
) -> tuple[list[Item], int]:
    """The records of vouchers with an AlterID above `since`, and how many reversals found no receipt."""
    fresh = {kind: [line for line in lines if line.alter_id > since] for kind, lines in census.items()}
    vouchers = {kind: _alive(port, company, kind=kind, census=lines, reading=reading) for kind, lines in fresh.items()}
    invoices = [item for voucher in vouchers["Sales"] for item in invoice_items(voucher, masters, reading)]
    returns = [item for voucher in vouchers["CreditNote"] for item in return_items(voucher, masters, reading)]
    lines = [line for voucher in vouchers["Receipt"] for line in payment_items(voucher, masters, reading)]
    payments, lost = mark_bounced(lines, reversals(vouchers["Payment"], masters, reading), reading)
    items = [*invoices, *payments, *returns]
    for kind, table in _TABLE_OF.items():
        _add_total(reading, table, census=fresh[kind], items=items)
    return items, lost


def _alive(
    port: TallyPort, company: Company, kind: VoucherClass, census: list[CensusLine], reading: Reading
) -> list[Voucher]:
    vouchers = list(read_vouchers(port, company, voucher_class=kind, census=census)) if census else []
    reading.note("vouchers_read", len(vouchers))
    reading.note("cancelled", sum(1 for voucher in vouchers if voucher.is_cancelled))
    reading.note("optional", sum(1 for voucher in vouchers if voucher.is_optional and not voucher.is_cancelled))
    return [voucher for voucher in vouchers if not voucher.is_cancelled and not voucher.is_optional]


def _add_total(reading: Reading, table: Table, census: list[CensusLine], items: list[Item]) -> None:
    """Tally's own totals, from the census alone; a company that leaves amounts out has none."""
    alive = [line for line in census if line.is_alive]
    known = {line.guid: line.amount for line in alive if line.amount is not None}
    reading.note(f"{table}_without_total", len(alive) - len(known))
    ours = sum((item.amount for item in items if item.table == table and item.key.split("#")[0] in known), Decimal(0))
    reading.add_erp_total(table, len(known), sum(known.values(), Decimal(0)), ours=ours)


def _vanished(company: Company, census: Census, state: State, reading: Reading) -> list[Item]:
    """Invoices that we sent and that are cancelled, optional or gone now; zero rows never mean deletion."""
    alive = {line.guid for line in census["Sales"] if line.is_alive}
    if not alive:
        return []
    gone = []
    for key, body in state.invoices_like(f"{company.guid}-").items():
        if key.split("#", 1)[0] in alive or body.get("is_cancelled"):
            continue
        record = {**body, "is_cancelled": True, AMOUNT_FIELD["invoices"]: Decimal(str(body["amount_inr"]))}
        if "line_count" in record:
            record["line_count"] = int(record["line_count"])
        gone.append(Item("invoices", key, record))
    reading.note("cancelled_later", len(gone))
    return gone
