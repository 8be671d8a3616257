"""Large ledgers in the simulators of Tally and SAP Business One, each served by a process of its own."""

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from altscore_connector.config import SapB1Config, TallyConfig
from altscore_libs.testing import self_signed
from simulators_sap_b1 import entities as sap_entities
from simulators_sap_b1.entities import Entity
from simulators_sap_b1.ledger import Application, Company, Document, Partner, Payment, Posting
from simulators_sap_b1.server import make_servers
from simulators_sap_b1.service import Service
from simulators_sap_b1.sessions import Sessions
from simulators_tally.generated import GeneratedCompany
from simulators_tally.server import served

SHOPS = 400
FIRST_ON = date(2025, 4, 1)
_DAYS = 600
_BOUNCED = 500  # of so many receipts one comes back
_RECEIPT_BEFORE = 5_149  # so many vouchers before a bounce lies a receipt of the same shop
_GUID = "7d1f0f3e-8a60-4a0e-9d4f-1c2d3e4f5a6b"
_COMPANY = "Large Traders"
_DATABASE, _USER, _PASSWORD = "SBOLARGE", "altscore", "a-password"


def _day(number: int, rows: int) -> date:
    """Documents are spread evenly over the days, oldest first."""
    return FIRST_ON + timedelta(days=number * _DAYS // rows)


def _shop(number: int) -> int:
    """Every shop has documents of every kind."""
    return (number + number // 100) % SHOPS


def _paise(number: int) -> int:
    return (number % 90_000 + 100) * 100 + 50


def _tally_voucher(number: int, rows: int) -> dict[str, Any]:
    """Of a hundred vouchers 50 are sales, 44 receipts, 3 credit notes, 2 discounts, and 1 is a refund or a bounce."""
    bounced = number % _BOUNCED == 99 and number > _RECEIPT_BEFORE
    paise = _paise(number - _RECEIPT_BEFORE if bounced else number)
    part, shop = number % 100, f"Shree Ganesh Kirana {_shop(number):03d}"
    kind = next(
        name
        for end, name in ((50, "Sales"), (94, "Receipt"), (97, "Credit Note"), (99, "Journal"), (100, "Payment"))
        if part < end
    )
    sign = -1 if kind in ("Sales", "Payment") else 1
    names = {"Sales": f"S/{number:07d}", "Receipt": f"S/{max(0, number - 50):07d}"}
    is_named = kind == "Sales" or (kind == "Receipt" and number % 3 == 0)
    bill = {
        "name": names[kind] if is_named else "",
        "type": ("New Ref" if kind == "Sales" else "Agst Ref") if is_named else "On Account",
        "paise": sign * paise,
    }
    other = {"Sales": "Sales", "Credit Note": "Sales", "Journal": "Discount"}.get(kind, "HDFC Bank")
    return {
        "guid": f"{_GUID}-{number:08x}",
        "master_id": number + 1,
        "alter_id": number + 1,
        "type": kind,
        "date": f"{_day(number, rows):%Y%m%d}",
        "number": str(number),
        "narration": "cheque returned unpaid" if bounced else "",
        "entries": [
            {"ledger": shop, "paise": sign * paise, "bills": [bill]},
            {"ledger": other, "paise": -sign * paise},
        ],
    }


def tally_company(rows: int) -> GeneratedCompany:
    """A company with so many vouchers."""
    fixed = {"HDFC Bank": "Bank Accounts", "Sales": "Sales Accounts", "Discount": "Expenses"}
    names = [*fixed.items(), *((f"Shree Ganesh Kirana {shop:03d}", "Sundry Debtors") for shop in range(SHOPS))]
    return GeneratedCompany(
        {
            "name": _COMPANY,
            "guid": _GUID,
            "books_from": f"{FIRST_ON:%Y%m%d}",
            "as_of": f"{_day(rows, rows):%Y%m%d}",
            "groups": [{"name": name, "parent": "", "reserved": name} for name in (*fixed.values(), "Sundry Debtors")],
            "voucher_types": [
                {"name": name, "parent": name} for name in ("Sales", "Receipt", "Credit Note", "Payment", "Journal")
            ],
            "ledgers": [
                {"name": name, "parent": group, "guid": f"{_GUID}-9{number:07x}", "alter_id": number + 1}
                for number, (name, group) in enumerate(names)
            ],
            "vouchers": [_tally_voucher(number, rows) for number in range(rows)],
        }
    )


def sap_company(rows: int) -> Company:
    """A company with so many documents: half invoices, else payments, some credit notes and returned cheques."""
    at = datetime(2025, 4, 1, 9)  # noqa: DTZ001 - the company's own clock has no zone
    company = Company(database=_DATABASE, user=_USER, password=_PASSWORD, currency="INR", moves_invoices=False, now=at)
    for shop in range(SHOPS):
        code = f"C{shop:05d}"
        company.partners[code] = Partner(code, f"Shree Ganesh Kirana {shop:03d}", {}, [], [], at)
    for number in range(rows):
        part, code, paise = number % 100, f"C{_shop(number):05d}", _paise(number)
        on, entry = _day(number, rows).isoformat(), number + 1
        if part < 53:
            kind = "invoice" if part < 50 else "credit_note"
            company.documents[kind, entry] = Document(
                kind="invoice" if part < 50 else "credit_note",
                entry=entry,
                number=entry,
                partner=code,
                on=on,
                due_on=on,
                paise=paise,
                updated_at=at,
                created_on=on,
            )
            continue
        applied = [Application("invoice", entry - 53, paise)] if number % 3 == 0 else []
        company.payments[entry] = Payment(
            entry=entry,
            number=entry,
            partner=code,
            on=on,
            cash_paise=0,
            transfer_paise=paise,
            cheques=[],
            applied=applied,
        )
        if number % _BOUNCED == 99:
            company.postings[entry] = Posting(
                entry=entry,
                on=on,
                partner=code,
                paise=paise,
                is_debit=True,
                source="ttJournalEntry",
                source_entry=entry,
                reference=str(entry),
            )
    return company


class _QuickService(Service):
    """A service whose company stands still, so that a page need not make every entity anew."""

    def __init__(self, company: Company) -> None:
        super().__init__(company, Sessions(timeout_s=3_600, limit=10))
        self._entities: dict[str, list[Entity]] = {}

    def entities(self, name: str) -> list[Entity]:
        """All entities of a set, made once."""
        if name not in self._entities:
            self._entities[name] = sap_entities.entities(self.company, name)
        return self._entities[name]


def _serve_tally(rows: int, _folder: Path, told: Connection) -> None:
    with served() as (url, tally):
        tally.open_only(tally_company(rows))
        told.send(url)
        told.poll(None)  # until the other end is closed


def _serve_sap(rows: int, folder: Path, told: Connection) -> None:
    service = _QuickService(sap_company(rows))
    layer, _ = make_servers(service, host="127.0.0.1", port=0, control_port=0, certificate=self_signed(folder))
    Thread(target=layer.serve_forever, daemon=True).start()
    told.send(f"https://127.0.0.1:{layer.server_port}")
    told.poll(None)  # until the other end is closed


@contextmanager
def _process(serve: Callable[[int, Path, Connection], None], rows: int, folder: Path) -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(rows, folder, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield str(ours.recv())
    finally:
        ours.close()
        process.join(10)
        process.terminate()


@contextmanager
def large_tally(rows: int) -> Iterator[TallyConfig]:
    """A Tally with a company of so many vouchers."""
    with tempfile.TemporaryDirectory() as folder, _process(_serve_tally, rows, Path(folder)) as url:
        yield TallyConfig(url, (_COMPANY,))


@contextmanager
def large_sap_b1(rows: int) -> Iterator[SapB1Config]:
    """A Service Layer with a company of so many documents."""
    with tempfile.TemporaryDirectory() as name, _process(_serve_sap, rows, Path(name)) as url:
        folder = Path(name)
        password = folder / "password"
        password.write_text(_PASSWORD, encoding="utf-8")
        password.chmod(0o600)
        yield SapB1Config(
            url=url, company_db=_DATABASE, user=_USER, password_file=password, ca_file=folder / "server.crt"
        )
