"""The generator: the same seed gives the same bytes, and a ledger keeps the rules of trade."""

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
from simulators_ledger.csv_drop import indian
from simulators_ledger.identities import check_digit, make_shops, nobodys_gstin
from simulators_ledger.model import NONE, Ledger
from simulators_ledger.runs import DEMO_CAST, demo_ledgers, run_demo, run_training
from simulators_ledger.truth import personas


def options(out: Path | None = None, **changes: object) -> argparse.Namespace:
    values: dict[str, object] = {
        "seed": 7, "as_of": date(2026, 11, 21), "months": 18, "retailers": 120, "out": out,
        "distributor_a": "dist_a", "distributor_b": "dist_b", "distributors": 3,
    }  # fmt: skip
    return argparse.Namespace(**(values | changes))


@pytest.fixture(scope="module")
def ledgers() -> list[Ledger]:
    return demo_ledgers(options())


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


def test_payments_and_returns_never_exceed_an_invoice(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        good = ~ledger.payments.is_bounced & (ledger.payments.invoice != NONE)
        settled = np.zeros(ledger.invoices.day.size, dtype=np.int64)
        np.add.at(settled, ledger.payments.invoice[good], ledger.payments.paise[good])
        np.add.at(settled, ledger.returns.invoice, ledger.returns.paise)
        assert good.sum() > 1000
        assert (settled <= ledger.invoices.paise).all()


def test_a_retailer_never_pays_more_than_he_bought(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        size = ledger.members.size
        good = ~ledger.payments.is_bounced
        alive = ~ledger.invoices.is_cancelled
        bought = np.bincount(ledger.invoices.retailer[alive], weights=ledger.invoices.paise[alive], minlength=size)
        paid = np.bincount(ledger.payments.retailer[good], weights=ledger.payments.paise[good], minlength=size)
        back = np.bincount(ledger.returns.retailer, weights=ledger.returns.paise, minlength=size)
        assert (paid + back <= bought).all()


def test_nothing_is_paid_before_it_was_bought_and_nothing_after_the_last_day(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        named = ledger.payments.invoice != NONE
        assert (ledger.payments.day[named] >= ledger.invoices.day[ledger.payments.invoice[named]]).all()
        assert (
            max(ledger.payments.day.max(), ledger.invoices.day.max(), ledger.returns.day.max()) < ledger.population.days
        )


def test_the_ledger_holds_every_oddity(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        lines = np.bincount(ledger.payments.receipt)
        seen = {
            "on account": (ledger.payments.invoice == NONE).any(),
            "multi-bill receipts": (lines > 1).any(),
            "bounces": ledger.payments.is_bounced.any(),
            "returns": ledger.returns.day.size > 0,
            "corrections": (ledger.invoices.first_paise != NONE).any(),
            "cancelled": ledger.invoices.is_cancelled.any(),
            "missing due dates": (~ledger.invoices.has_terms).any(),
        }
        assert [name for name, is_seen in seen.items() if not is_seen] == []


def test_twelve_shops_buy_from_both_distributors(ledgers: list[Ledger]) -> None:
    assert len(set(ledgers[0].members.tolist()) & set(ledgers[1].members.tolist())) == 12


def test_a_thin_ledger_has_only_this_months_unpaid_invoices(ledgers: list[Ledger]) -> None:
    for number in DEMO_CAST.thin:
        ledger = next(ledger for ledger in ledgers if number in ledger.members)
        retailer = int(np.flatnonzero(ledger.members == number)[0])
        days = ledger.invoices.day[ledger.invoices.retailer == retailer]
        assert 1 <= days.size <= 6
        assert days.min() >= ledger.population.month_starts[-1]
        assert not (ledger.payments.retailer == retailer).any()


def test_short_histories_stay_below_six_months(ledgers: list[Ledger]) -> None:
    for number in DEMO_CAST.short:
        ledger = next(ledger for ledger in ledgers if number in ledger.members)
        retailer = int(np.flatnonzero(ledger.members == number)[0])
        days = ledger.invoices.day[ledger.invoices.retailer == retailer]
        assert days.size >= 4
        assert ledger.population.days - days.min() < 150


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


def test_most_personas_agree_and_some_do_not(ledgers: list[Ledger]) -> None:
    replies = [entry["behaviour"] for entry in personas(ledgers).values()]
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
