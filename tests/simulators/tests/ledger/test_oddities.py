"""What real ledgers hold beside plain trade: each oddity is there, in its share, and named in the truth."""

import json
from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
import pytest
from altscore_connector.config import CsvConfig, TallyConfig
from altscore_connector.csvdrop.reader import read_drop
from altscore_connector.records import Reading
from altscore_connector.state import State
from altscore_connector.tally.reader import read_tally
from simulators_ledger.behaviour import make_population
from simulators_ledger.csv_drop import to_csv_drop
from simulators_ledger.latent import latent_pd
from simulators_ledger.model import BEHAVIOURS, NONE, Ints, Ledger
from simulators_ledger.oddities import FRAUDS, ON_ACCOUNT_SHARE, PLAIN, REALISTIC, TRAITS
from simulators_ledger.runs import DEMO_CAST, LATE_DAYS, demo_ledgers, run_demo, run_training, training_ledgers
from simulators_ledger.tally_company import to_tally_company
from simulators_tally.generated import GeneratedCompany
from simulators_tally.server import served

from .test_ledger import digest_of, options

COMPANY, GUID = "Odd & Sons", "0b1f0f3e-8a60-4a0e-9d4f-1c2d3e4f5a6c"
MANY = replace(REALISTIC, **dict.fromkeys(TRAITS, 0.06))


@pytest.fixture(scope="module")
def ledgers() -> list[Ledger]:
    """Twelve distributors of a training run in which every oddity is frequent."""
    return training_ledgers(options(retailers=600, months=36, distributors=4), oddities=MANY)


def own(ledger: Ledger, name: str) -> list[tuple[int, int]]:
    """Number in the ledger of its retailers with an oddity, and the day on which that begins."""
    population = ledger.population
    place = {number: i for i, number in enumerate(ledger.members.tolist())}
    begins = population.month_starts[population.traits.from_month]
    return [(place[number], int(begins[number])) for number in population.traits.of(name).tolist() if number in place]


def of_retailer(ledger: Ledger, retailer: int) -> Ints:
    """Its live invoices."""
    return np.flatnonzero((ledger.invoices.retailer == retailer) & ~ledger.invoices.is_cancelled)


def unpaid_paise(ledger: Ledger, retailer: int) -> int:
    """What it bought and neither paid nor gave back; what was written off is unpaid."""
    good = ~ledger.payments.is_bounced & (ledger.payments.retailer == retailer)
    goods = ~ledger.returns.is_write_off & (ledger.returns.retailer == retailer)
    bought = ledger.invoices.paise[of_retailer(ledger, retailer)].sum()
    return int(bought - ledger.payments.paise[good].sum() - ledger.returns.paise[goods].sum())


def typical_paise(ledger: Ledger, retailer: int) -> float:
    return float(ledger.invoices.paise[of_retailer(ledger, retailer)].mean())


def test_plain_trade_has_no_oddity() -> None:
    for ledger in training_ledgers(options(retailers=120, months=18), oddities=PLAIN):
        assert all(not ledger.population.traits.of(name).size for name in TRAITS)
        assert not ledger.returns.is_write_off.any()
        assert not ledger.payments.is_reversal.any()
        assert (ledger.invoices.entered_day == ledger.invoices.day).all()
        assert ledger.end_on == ledger.population.end_on


def test_the_same_seed_writes_the_same_training_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run_training(options(tmp_path / name, retailers=150, months=20))
    first = digest_of(tmp_path / "one")
    assert {"latent.parquet", "truth.json", "identity_map.parquet"} < set(first)
    assert first == digest_of(tmp_path / "two")


@pytest.mark.parametrize(("run", "retailers"), [(run_demo, 440), (run_training, 900)])
def test_the_truth_lists_who_has_what_in_the_share_that_was_asked_for(tmp_path: Path, run: Any, retailers: int) -> None:
    run(options(tmp_path, retailers=retailers))
    oddities = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["oddities"]
    listed = oddities["retailers"]
    for name in TRAITS:
        expected = max(1, round(getattr(REALISTIC, name) * retailers))
        assert len(listed[name]) == (expected + expected % 2 if name == "circular" else expected), name
    everybody = [retailer for names in listed.values() for retailer in names]
    assert len(everybody) == len(set(everybody)) == len(oddities["from_month"])
    assert oddities["written_off"]
    assert len(set(oddities["districts"].values())) in {8, 24}


def test_nobody_of_the_cast_has_an_oddity() -> None:
    traits = demo_ledgers(options(retailers=440))[0].population.traits
    cast = {*DEMO_CAST.thin, *DEMO_CAST.short, *DEMO_CAST.steady, *DEMO_CAST.strained, *range(10, 22)}
    assert cast.isdisjoint(number for name in TRAITS for number in traits.of(name).tolist())


def test_who_stops_buys_no_more_and_some_pay_and_some_do_not(ledgers: list[Ledger]) -> None:
    """Of those who owe, half of the debts or more are still open or written off; the others owe next to nothing."""
    shares: dict[str, list[float]] = {"stopped_paid": [], "stopped_owing": []}
    for ledger in ledgers:
        in_default = np.asarray(ledger.population.withheld.any(axis=1))
        for name, owed_shares in shares.items():
            for retailer, begins in own(ledger, name):
                days = ledger.invoices.day[of_retailer(ledger, retailer)]
                assert (days < begins).all()
                last = (days >= begins - 60).sum()
                is_told = name == "stopped_owing" or not in_default[ledger.members[retailer]]
                if is_told and last >= 3:
                    owed_shares.append(unpaid_paise(ledger, retailer) / typical_paise(ledger, retailer) / last)
    assert min(len(owed_shares) for owed_shares in shares.values()) > 8
    assert np.median(shares["stopped_owing"]) > 0.5
    assert np.median(shares["stopped_paid"]) < 0.05


def test_seasonal_shops_are_closed_outside_their_season(ledgers: list[Ledger]) -> None:
    seen = 0
    for ledger in ledgers:
        for retailer, _ in own(ledger, "seasonal"):
            months = {ledger.on(day).month for day in ledger.invoices.day[of_retailer(ledger, retailer)].tolist()}
            assert len(months) <= 6  # five, and the day on which a month's last order falls over its end
            seen += bool(months)
    assert seen > 15


def test_a_circle_trades_equal_amounts_to_and_fro_and_pays_at_once(ledgers: list[Ledger]) -> None:
    population = ledgers[0].population
    flows: dict[int, set[tuple[int, int]]] = {}
    for ledger in ledgers:
        days = ledger.invoices.day
        for retailer, begins in own(ledger, "circular"):
            rows = of_retailer(ledger, retailer)
            flow = {(int(days[i]), int(ledger.invoices.paise[i])) for i in rows.tolist() if days[i] >= begins}
            flows.setdefault(int(ledger.members[retailer]), set()).update(flow)
    pairs = population.traits.of("circular").reshape(-1, 2).tolist()
    assert len(pairs) > 10
    for first, second in pairs:
        answered = sum(_has(flows[second], day + 1, paise) for day, paise in flows[first])
        rounds = (population.days - int(population.month_starts[population.traits.from_month[first]])) // 9
        assert answered >= rounds - 1 - LATE_DAYS


def _has(flow: set[tuple[int, int]], day: int, paise: int) -> bool:
    return any(on == day and 0.98 * paise <= amount <= paise for on, amount in flow)


def test_split_purchases_are_several_invoices_of_one_day(ledgers: list[Ledger]) -> None:
    most = []
    for ledger in ledgers:
        for retailer, begins in own(ledger, "split"):
            days = ledger.invoices.day[of_retailer(ledger, retailer)]
            for is_after in (False, True):
                counts = Counter(days[(days >= begins) == is_after].tolist())
                if len(counts) > 5:
                    most.append((is_after, float(np.median(list(counts.values())))))
    assert {is_after for is_after, _ in most} == {False, True}
    assert all(median >= 3 if is_after else median == 1 for is_after, median in most)


def test_inflated_invoices_are_ten_times_as_high(ledgers: list[Ledger]) -> None:
    ratios = []
    for ledger in ledgers:
        for retailer, begins in own(ledger, "inflated"):
            rows = of_retailer(ledger, retailer)
            days, paise = ledger.invoices.day[rows], ledger.invoices.paise[rows]
            if min((days < begins).sum(), (days >= begins).sum()) >= 10:
                ratios.append(float(np.median(paise[days >= begins]) / np.median(paise[days < begins])))
    assert len(ratios) > 10
    assert 8 < np.median(ratios) < 12.5


def test_back_dated_bills_stand_in_a_year_before_the_shop_bought_and_were_entered_later(ledgers: list[Ledger]) -> None:
    seen = 0
    for ledger in ledgers:
        inv = ledger.invoices
        for retailer, begins in own(ledger, "back_dated"):
            forged = of_retailer(ledger, retailer)
            forged = forged[inv.day[forged] < begins]
            assert forged.size >= 20
            assert (inv.entered_day[forged] == begins).all()
            assert unpaid_paise(ledger, retailer) < inv.paise[of_retailer(ledger, retailer)].sum()
            seen += 1
    assert seen > 15


def test_a_write_off_is_one_by_the_rule_of_the_lake_and_nothing_more_is_paid(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        inv, ret, pay = ledger.invoices, ledger.returns, ledger.payments
        chosen = np.flatnonzero(ret.is_write_off)
        assert chosen.size > 50
        bill = ret.invoice[chosen]
        late_days = ret.day[chosen] - inv.day[bill] - inv.credit_days[bill]
        is_large = (late_days > 0) & (ret.paise[chosen] > 0.3 * inv.paise[bill])
        assert ((late_days > 45) | is_large).all()
        assert is_large.any()
        settled = np.zeros(inv.day.size, dtype=np.int64)
        good = (pay.invoice != NONE) & ~pay.is_bounced
        np.add.at(settled, pay.invoice[good], pay.paise[good])
        assert (settled[bill] + ret.paise[chosen] <= inv.paise[bill]).all()


def test_a_third_of_the_debts_that_nobody_pays_is_written_off() -> None:
    none = training_ledgers(options(retailers=400), oddities=replace(REALISTIC, write_offs=0.0))
    every = training_ledgers(options(retailers=400), oddities=replace(REALISTIC, write_offs=1.0))
    some = training_ledgers(options(retailers=400))
    counts = [sum(int(ledger.returns.is_write_off.sum()) for ledger in run) for run in (none, some, every)]
    assert counts[0] == 0
    assert counts[1] / counts[2] == pytest.approx(REALISTIC.write_offs, abs=0.06)


@pytest.mark.parametrize("make", [demo_ledgers, training_ledgers])
def test_69_percent_of_receipts_name_no_bill(make: Any) -> None:
    named, receipts = 0, 0
    for ledger in make(options(retailers=440)):
        named += np.unique(ledger.payments.receipt[ledger.payments.invoice != NONE]).size
        receipts += np.unique(ledger.payments.receipt).size
    assert 1 - named / receipts == pytest.approx(ON_ACCOUNT_SHARE, abs=0.03)


def test_the_late_ledger_ends_days_before_the_others_and_says_so(tmp_path: Path) -> None:
    run_training(options(tmp_path, retailers=150, months=20))
    ends = {}
    for path in tmp_path.rglob("manifest.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        ends[manifest["distributor_id"]] = date.fromisoformat(manifest["sync_to"][:10])
        for table, column in (("invoices", "invoice_on"), ("payments", "paid_on"), ("returns", "returned_on")):
            days = ds.dataset(path.parent / f"{table}.parquet").to_table()[column].to_pylist()
            assert days
            assert max(days) <= ends[manifest["distributor_id"]]
    assert sorted((max(ends.values()) - end).days for end in ends.values()) == [0, 0, LATE_DAYS]


def test_bronze_says_when_money_went_back_and_knows_districts_by_master_or_gstin(tmp_path: Path) -> None:
    run_training(options(tmp_path, retailers=300, months=20))
    payments = ds.dataset(sorted(map(str, tmp_path.rglob("payments.parquet")))).to_table().to_pylist()
    assert {row["schema_version"] for row in payments} == {2}
    assert {row["is_bounced"] for row in payments} == {True, False}
    assert all((row["bounced_on"] is not None) == row["is_bounced"] for row in payments)
    assert all(row["bounced_on"] >= row["paid_on"] for row in payments if row["is_bounced"])
    retailers = ds.dataset(sorted(map(str, tmp_path.rglob("retailers.parquet")))).to_table().to_pylist()
    known = Counter((row["erp_type"], row["gst_status"], row["district"] is not None) for row in retailers)
    assert {key for key in known if key[0] == "csv"} == {
        ("csv", "verified", False),
        ("csv", "invalid", False),
        ("csv", "absent", False),
    }
    assert all(is_known for erp_type, _, is_known in known if erp_type == "tally_prime")
    identities = ds.dataset(tmp_path / "identity_map.parquet").to_table().to_pylist()
    assert {row["gst_verified"] for row in identities} == {True, False}
    assert all((row["gst_state"] is not None) == row["gst_verified"] for row in identities)
    assert len({row["gst_state"] for row in identities}) == 9  # eight states, and none


def test_districts_differ_in_risk() -> None:
    plain, regional = (
        make_population(5, 4000, as_of=date(2026, 10, 31), months=18, oddities=oddities)
        for oddities in (PLAIN, replace(PLAIN, region_spread=0.2))
    )
    assert not plain.districts.size
    means = [regional.latent.base[regional.districts == district].mean() for district in range(24)]
    by_chance = [plain.latent.base[regional.districts == district].mean() for district in range(24)]
    assert np.std(means) > 1.5 * np.std(by_chance)


def returned(reading: Reading) -> Counter[str]:
    return Counter(str(item.amount) for item in reading.items if item.record.get("is_bounced"))


def test_connectors_read_receipts_that_were_entered_twice_as_returned(tmp_path: Path) -> None:
    a, b = demo_ledgers(options(), oddities=replace(REALISTIC, reversals=0.05))
    for ledger in (a, b):
        assert ledger.payments.is_reversal.sum() > 20
    to_csv_drop(b, tmp_path / "csv")
    reading = read_drop(CsvConfig(tmp_path / "csv", settle_s=0, payments="receipts"), "dist_b", State(":memory:"))
    assert sum(returned(reading).values()) == int(b.payments.is_bounced.sum())
    to_tally_company(a, tmp_path / "company.json", name=COMPANY, guid=GUID)
    with served() as (url, tally):
        tally.open_only(GeneratedCompany.from_file(tmp_path / "company.json"))
        reading = read_tally(TallyConfig(url, (COMPANY,)), State(":memory:"))
    amounts = Counter(f"{int(paise) / 100:.2f}" for paise in a.payments.paise[a.payments.is_bounced])
    assert returned(reading) == amounts


def test_a_bill_that_is_dated_back_has_the_alter_id_of_its_entry(tmp_path: Path) -> None:
    ledger = next(ledger for ledger in demo_ledgers(options(retailers=440), oddities=MANY) if own(ledger, "back_dated"))
    to_tally_company(ledger, tmp_path / "company.json", name=COMPANY, guid=GUID)
    vouchers = json.loads((tmp_path / "company.json").read_text(encoding="utf-8"))["vouchers"]
    parties = {ledger.shop(retailer).name: begins - 60 for retailer, begins in own(ledger, "back_dated")}
    forged = [
        voucher
        for voucher in vouchers
        if voucher["type"] in {"Sales", "Tax Invoice"}
        and (begins := parties.get(voucher["entries"][0]["ledger"])) is not None
        and voucher["date"] < ledger.on(begins).strftime("%Y%m%d")  # two months or more before their entry
    ]
    assert len(forged) > 15
    dates = sorted(voucher["date"] for voucher in vouchers)
    for voucher in forged:
        assert voucher["alter_id"] > bisect_left(dates, voucher["date"]) + 100


def test_the_latent_state_ranks_defaults_and_knows_who_plans_to_stop() -> None:
    population = make_population(5, 3000, as_of=date(2026, 10, 31), months=24, oddities=MANY)
    month = 15
    chance = latent_pd(population, month, seed=5)
    assert ((chance >= 0) & (chance <= 1)).all()
    buys = population.rate[:, month : month + 3].sum(axis=1) > 3
    ahead = slice(month, month + 3)
    bad = np.asarray((population.withheld[:, ahead] & (population.rate[:, ahead] > 0.5)).any(axis=1))
    ranks = np.argsort(np.argsort(chance[buys]))
    is_bad = bad[buys]
    positive = int(is_bad.sum())
    auroc = (ranks[is_bad].sum() - positive * (positive - 1) / 2) / (positive * (buys.sum() - positive))
    assert auroc > 0.85
    owing = population.traits.of("stopped_owing")
    soon = owing[population.traits.from_month[owing] == month + 1]
    active = soon[population.rate[soon, month] > 2]
    assert active.size
    assert chance[active].min() > 0.6


def test_frauds_are_committed_by_retailers_under_stress() -> None:
    population = make_population(5, 2000, as_of=date(2026, 10, 31), months=24, oddities=MANY)
    forging = np.concatenate([population.traits.of(name) for name in FRAUDS])
    others = np.setdiff1d(np.arange(2000), forging)
    regular = np.equal(population.behaviour, BEHAVIOURS.index("regular"))
    gap = (
        population.latent.base[forging][regular[forging]].mean()
        - population.latent.base[others][regular[others]].mean()
    )
    assert 0.5 < gap < 1.1
