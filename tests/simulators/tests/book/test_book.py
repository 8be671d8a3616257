"""The generator: the same seed gives the same bytes, and a book keeps the rules of trade."""

import argparse
import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from simulators_book.csv_drop import indian
from simulators_book.identities import check_digit, make_shops, nobodys_gstin
from simulators_book.model import NONE, Book
from simulators_book.runs import DEMO_CAST, demo_books, run_demo, run_training
from simulators_book.truth import personas


def options(out: Path | None = None, **changes: object) -> argparse.Namespace:
    values: dict[str, object] = {
        "seed": 7, "as_of": date(2026, 11, 21), "months": 18, "retailers": 120, "out": out,
        "distributor_a": "dist_a", "distributor_b": "dist_b", "distributors": 3,
    }  # fmt: skip
    return argparse.Namespace(**(values | changes))


@pytest.fixture(scope="module")
def books() -> list[Book]:
    return demo_books(options())


def digest_of(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run_demo(options(tmp_path / name))
    run_demo(options(tmp_path / "other", seed=8))
    first = digest_of(tmp_path / "one")
    assert len(first) > 30
    assert first == digest_of(tmp_path / "two")
    assert first != digest_of(tmp_path / "other")


def test_payments_and_returns_never_exceed_an_invoice(books: list[Book]) -> None:
    for book in books:
        good = ~book.payments.is_bounced & (book.payments.invoice != NONE)
        settled = np.zeros(book.invoices.day.size, dtype=np.int64)
        np.add.at(settled, book.payments.invoice[good], book.payments.paise[good])
        np.add.at(settled, book.returns.invoice, book.returns.paise)
        assert good.sum() > 1000
        assert (settled <= book.invoices.paise).all()


def test_a_retailer_never_pays_more_than_he_bought(books: list[Book]) -> None:
    for book in books:
        size = book.members.size
        good = ~book.payments.is_bounced
        alive = ~book.invoices.is_cancelled
        bought = np.bincount(book.invoices.retailer[alive], weights=book.invoices.paise[alive], minlength=size)
        paid = np.bincount(book.payments.retailer[good], weights=book.payments.paise[good], minlength=size)
        back = np.bincount(book.returns.retailer, weights=book.returns.paise, minlength=size)
        assert (paid + back <= bought).all()


def test_nothing_is_paid_before_it_was_bought_and_nothing_after_the_last_day(books: list[Book]) -> None:
    for book in books:
        named = book.payments.invoice != NONE
        assert (book.payments.day[named] >= book.invoices.day[book.payments.invoice[named]]).all()
        assert max(book.payments.day.max(), book.invoices.day.max(), book.returns.day.max()) < book.population.days


def test_the_book_holds_every_oddity(books: list[Book]) -> None:
    for book in books:
        lines = np.bincount(book.payments.receipt)
        seen = {
            "on account": (book.payments.invoice == NONE).any(),
            "multi-bill receipts": (lines > 1).any(),
            "bounces": book.payments.is_bounced.any(),
            "returns": book.returns.day.size > 0,
            "corrections": (book.invoices.first_paise != NONE).any(),
            "cancelled": book.invoices.is_cancelled.any(),
            "missing due dates": (~book.invoices.has_terms).any(),
        }
        assert [name for name, found in seen.items() if not found] == []


def test_twelve_shops_buy_from_both_distributors(books: list[Book]) -> None:
    assert len(set(books[0].members.tolist()) & set(books[1].members.tolist())) == 12


def test_a_thin_book_has_only_this_months_unpaid_invoices(books: list[Book]) -> None:
    for number in DEMO_CAST.thin:
        book = next(book for book in books if number in book.members)
        retailer = int(np.flatnonzero(book.members == number)[0])
        days = book.invoices.day[book.invoices.retailer == retailer]
        assert 1 <= days.size <= 6
        assert days.min() >= book.population.month_starts[-1]
        assert not (book.payments.retailer == retailer).any()


def test_short_histories_stay_below_six_months(books: list[Book]) -> None:
    for number in DEMO_CAST.short:
        book = next(book for book in books if number in book.members)
        retailer = int(np.flatnonzero(book.members == number)[0])
        days = book.invoices.day[book.invoices.retailer == retailer]
        assert days.size >= 4
        assert book.population.days - days.min() < 150


def test_identities_belong_to_nobody() -> None:
    shops = make_shops(7, 400)
    gstins = [shop.gstin for shop in shops if shop.gstin]
    assert len(gstins) == len(set(gstins)) > 250
    assert {gstin[7:11] for gstin in gstins} == {"0000"}
    right = {shop.gst_status: check_digit(shop.gstin[:14]) == shop.gstin[14] for shop in shops if shop.gstin}
    assert right == {"verified": True, "invalid": False}
    assert all(shop.phone is None or 9_000_000_000 <= int(shop.phone) < 9_000_001_000 for shop in shops)
    assert nobodys_gstin("27", 0) == "27AAAPA0000A1Z" + check_digit("27AAAPA0000A1Z")


def test_check_digit_agrees_with_a_published_number() -> None:
    assert check_digit("01AAACI1681G2Z") == "2"


def test_most_personas_agree_and_some_do_not(books: list[Book]) -> None:
    replies = [entry["behaviour"] for entry in personas(books).values()]
    assert set(replies) == {"haan", "nahi", "unclear", "silent"}
    assert replies.count("haan") / len(replies) > 0.7


@pytest.mark.parametrize(("paise", "text"), [(11_800_000, "1,18,000.00"), (-118_000, "(1,180.00)"), (5, "0.05")])
def test_amounts_are_grouped_as_in_india(paise: int, text: str) -> None:
    assert indian(paise) == text


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("training")
    run_training(options(out, retailers=300, months=36))
    return out


def test_bronze_manifests_name_their_files_and_totals(training: Path) -> None:
    manifests = sorted(training.rglob("manifest.json"))
    assert len(manifests) == 3
    for path in manifests:
        manifest = json.loads(path.read_text())
        assert manifest["accepted"] == manifest["submitted"] == sum(file["rows"] for file in manifest["files"])
        for file in manifest["files"]:
            assert hashlib.sha256((path.parent / file["name"]).read_bytes()).hexdigest() == file["sha256"]
        invoices = pq.read_table(path.parent / "invoices.parquet")
        total = sum(Decimal(line["amount_inr"]) for line in manifest["totals"] if line["table"] == "invoices")
        assert total == pc.sum(invoices["amount_inr"]).as_py()


def test_bronze_has_the_agreed_types_and_no_person(training: Path) -> None:
    table = ds.dataset(sorted(map(str, training.rglob("invoices.parquet")))).to_table()
    types = {field.name: str(field.type) for field in table.schema}
    assert types["amount_inr"] == "decimal128(15, 2)"
    assert types["invoice_on"] == types["due_on"] == "date32[day]"
    assert types["ingested_at"] == "timestamp[us, tz=UTC]"
    assert types["content_version"] == types["line_count"] == types["schema_version"] == "int32"
    assert set(table["sealed_identity"].to_pylist()) == {b""}
    assert pc.max(table["content_version"]).as_py() == 2


def test_every_token_is_in_the_identity_map_and_overlap_shares_a_retailer(training: Path) -> None:
    known = pq.read_table(training / "identity_map.parquet")
    tokens = set(known["subject_token"].to_pylist())
    used = ds.dataset(sorted(map(str, training.rglob("retailers.parquet")))).to_table()["subject_token"].to_pylist()
    assert set(used) == tokens
    assert len(set(known["retailer_id"].to_pylist())) == 300 < len(tokens)
