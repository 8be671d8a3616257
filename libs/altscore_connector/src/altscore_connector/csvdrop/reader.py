"""Rows of dropped files become records; a bad cell goes out as it was read, so that the server can quarantine it."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.files import DroppedFile, arrived, held_back, read_table
from altscore_connector.csvdrop.values import on_one_line, read_date, read_money, said
from altscore_connector.errors import DropError
from altscore_connector.records import Item, Reading, Record, Table, Value, without_empty
from altscore_connector.state import State

INVOICE_COLUMNS = ("Invoice No", "Invoice Date", "Due Date", "Party", "GSTIN", "Phone", "Amount", "Paid", "Paid Date")
RECEIPT_COLUMNS = ("Receipt No", "Receipt Date", "Party", "GSTIN", "Phone", "Invoice No", "Amount", "Mode")
_TOTAL = frozenset({"total", "grand total"})
_BOUNCE = re.compile(r"bounc|dishono|unpaid|return", re.I)
_METHODS = (("upi", "upi"), ("cash", "cash"), ("neft", "neft"), ("rtgs", "neft"), ("imps", "neft"), ("che", "cheque"))
Row = Mapping[str, str]


def read_drop(config: CsvConfig, distributor_id: str, state: State) -> Reading:
    """Reads every file that arrived and was not completely sent before; unreadable files stay and are counted."""
    reading = Reading()
    if not config.folder.is_dir():
        raise DropError("the drop folder does not exist")
    ready = arrived(config.folder, settle_s=config.settle_s)
    reading.note("files_held_back", held_back(config.folder, ready))
    parties: dict[str, dict[str, Value]] = {}
    for path, data in ready:
        if state.is_finished(hashlib.sha256(data).hexdigest()):
            reading.note("files_known")
            continue
        try:
            items = _read_file(read_table(path, data), config, distributor_id, parties, reading)
        except DropError as error:
            reading.note(f"files_refused: {error}")
            continue
        reading.items += items
        reading.files.append((hashlib.sha256(data).hexdigest(), path.name))
        reading.note("files_read")
    reading.items += [Item("retailers", ref, without_empty(record)) for ref, record in sorted(parties.items())]
    return reading


def archive(config: CsvConfig, reading: Reading) -> None:
    """Moves sent files away, named by digest, so that the same name with other bytes is a new version."""
    if config.archive is None:
        return
    config.archive.mkdir(parents=True, exist_ok=True)
    for digest, name in reading.files:
        source = config.folder / name
        if source.exists() and hashlib.sha256(source.read_bytes()).hexdigest() == digest:
            source.replace(config.archive / f"{digest[:16]}-{name}")
            beside = source.with_name(name + ".sha256")
            beside.unlink(missing_ok=True)


def party_ref(distributor_id: str, name: str) -> str:
    """Reference of a party known only by its name in the distributor's book; the name itself does not travel in it."""
    compatible = unicodedata.normalize("NFKC", name)
    visible = "".join(character for character in compatible if unicodedata.category(character) != "Cf")
    normal = on_one_line(visible).casefold()
    return "party:" + hashlib.sha256(f"{distributor_id}|{normal}".encode()).hexdigest()[:24]


class _File:
    """One file on its way to records."""

    def __init__(self, table: DroppedFile, config: CsvConfig, distributor_id: str, reading: Reading) -> None:
        self.digest = table.digest
        self.config = config
        self.distributor_id = distributor_id
        self.reading = reading
        self.lines: dict[str, int] = {}

    def day(self, text: str) -> str:
        """ISO date, or the cell as it is."""
        found = read_date(text, self.config.date_format)
        return found.isoformat() if found else text.strip()

    def item(self, table: Table, key: str, record: Record) -> Item:
        return Item(table, key, without_empty(record), self.digest)


def _read_file(
    table: DroppedFile,
    config: CsvConfig,
    distributor_id: str,
    parties: dict[str, dict[str, Value]],
    reading: Reading,
) -> list[Item]:
    header = set(table.header)
    kind = next((name for name, need in _KINDS.items() if need <= header), None)
    if kind is None:
        raise DropError("a column is missing")
    rows = [dict(zip(table.header, (*row, *("",) * len(table.header)), strict=False)) for row in table.rows]
    totals = [row for row in rows if _is_total(row)]
    rows = [row for row in rows if not _is_total(row)]
    _check_total(rows, totals, reading)
    reading.note("rows_with_extra_cells", sum(1 for row in table.rows if len(row) > len(table.header)))
    file = _File(table, config, distributor_id, reading)
    items: list[Item] = []
    for row in rows:
        items += _invoice_row(file, row) if kind == "invoices" else _receipt_row(file, row)
        _note_party(file, row, parties)
    reading.note("rows", len(rows))
    _add_totals(rows, items, reading)
    return items


_KINDS = {
    "invoices": {"Invoice No", "Invoice Date", "Party", "Amount"},
    "receipts": {"Receipt No", "Receipt Date", "Party", "Amount"},
}


def _is_total(row: Row) -> bool:
    number = row.get("Receipt No", row.get("Invoice No", "")).strip()
    return not number and row.get("Party", "").strip().lower() in _TOTAL


def _check_total(rows: list[dict[str, str]], totals: list[dict[str, str]], reading: Reading) -> None:
    """The file's own total must be that of its rows, broken ones included; else somebody lost a row."""
    amounts = [read_money(row["Amount"]) for row in rows]
    known = [amount for amount in amounts if amount is not None]
    for total in totals:
        said_total = read_money(total["Amount"])
        if said_total is None or len(known) != len(amounts):
            reading.note("totals_not_comparable")
        elif said_total != sum(known, Decimal(0)):
            raise DropError("the total line differs from the rows")
        else:
            reading.note("totals_agree")


def _add_totals(rows: list[dict[str, str]], items: list[Item], reading: Reading) -> None:
    """What the columns of a file add up to, beside what our records of it add up to."""
    amounts = [amount for row in rows if (amount := read_money(row["Amount"])) is not None]
    paid = [amount for row in rows if (amount := read_money(row.get("Paid", ""))) is not None and amount]
    is_receipts = any("Receipt No" in row for row in rows)
    columns: dict[Table, list[Decimal]] = {"payments": amounts if is_receipts else paid}
    if not is_receipts:
        columns["invoices"] = [amount for amount in amounts if amount >= 0]
        columns["returns"] = [-amount for amount in amounts if amount < 0]
    for table, column in columns.items():
        ours = sum((item.amount for item in items if item.table == table), Decimal(0))
        reading.add_erp_total(table, len(column), sum(column, Decimal(0)), ours=ours)


def _note_party(file: _File, row: Row, parties: dict[str, dict[str, Value]]) -> None:
    name = on_one_line(row.get("Party", ""))
    if not name:
        return
    ref = party_ref(file.distributor_id, name)
    known = parties.setdefault(ref, {"retailer_ref": ref, "shop_name": name[:200], "active": True})
    for field, column in (("gst", "GSTIN"), ("phone", "Phone")):
        if (value := said(row.get(column, ""))) is not None:
            if known.get(field) not in (None, value):
                file.reading.note(f"parties_with_several_{field}")
            known[field] = value


def _invoice_row(file: _File, row: Row) -> Iterator[Item]:
    number, amount = row["Invoice No"].strip(), read_money(row["Amount"])
    ref = party_ref(file.distributor_id, row["Party"])
    if amount is not None and amount < 0:
        record: Record = {
            "return_id": number,
            "retailer_ref": ref,
            "return_date": file.day(row["Invoice Date"]),
            "amount_inr": -amount,
        }
        yield file.item("returns", number, record)
        return
    due, is_default = _due(file, row)
    record = {
        "invoice_id": number,
        "retailer_ref": ref,
        "invoice_date": file.day(row["Invoice Date"]),
        "due_date": due,
        "due_date_is_default": is_default or None,
        "amount_inr": row["Amount"].strip() if amount is None else amount,
    }
    broken = amount is None or not number or _is_broken_date(file, row["Invoice Date"])
    file.reading.note("broken_rows", int(broken or _is_broken_date(file, row.get("Due Date", ""), may_lack=True)))
    yield file.item("invoices", number, record)
    yield from _paid_in_row(file, row, number, ref)


def _is_broken_date(file: _File, text: str, *, may_lack: bool = False) -> bool:
    if may_lack and said(text) is None:
        return False
    return read_date(text, file.config.date_format) is None


def _due(file: _File, row: Row) -> tuple[str | None, bool]:
    """The due date; default terms, flagged, only where the distributor agreed to some."""
    if (written := said(row.get("Due Date", ""))) is not None:
        return file.day(written), False
    on = read_date(row["Invoice Date"], file.config.date_format)
    if on is None or file.config.default_credit_days is None:
        return None, False
    return (on + timedelta(days=file.config.default_credit_days)).isoformat(), True


def _paid_in_row(file: _File, row: Row, number: str, ref: str) -> Iterator[Item]:
    written = row.get("Paid", "").strip()
    paid = read_money(written) if written else Decimal(0)
    if paid == 0:
        return
    record: Record = {
        "payment_id": f"paid:{number}",
        "retailer_ref": ref,
        "invoice_id": number,
        "paid_date": file.day(row.get("Paid Date", "")) or "missing",
        "amount_paid_inr": written if paid is None else paid,
    }
    file.reading.note("paid_in_row")
    yield file.item("payments", f"paid:{number}#1", record)


def _receipt_row(file: _File, row: Row) -> Iterator[Item]:
    number, amount = row["Receipt No"].strip(), read_money(row["Amount"])
    file.lines[number] = file.lines.get(number, 0) + 1
    mode = row.get("Mode", "").lower()
    record: Record = {
        "payment_id": number,
        "line_no": file.lines[number],
        "retailer_ref": party_ref(file.distributor_id, row["Party"]),
        "invoice_id": said(row.get("Invoice No", "")),
        "paid_date": file.day(row["Receipt Date"]),
        "amount_paid_inr": row["Amount"].strip() if amount is None else amount,
        "payment_method": next((method for word, method in _METHODS if word in mode), "other" if mode else None),
        "is_bounced": bool(_BOUNCE.search(mode)) or None,
    }
    file.reading.note("broken_rows", int(amount is None or not number or _is_broken_date(file, row["Receipt Date"])))
    yield file.item("payments", f"{number}#{file.lines[number]}", record)
