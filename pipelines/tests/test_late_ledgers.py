"""An account is as old as its own ledger: a ledger that comes late moves no feature by its lateness alone."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from altscore_pipelines.bronze_manifest import Manifest
from altscore_pipelines.late_ledgers import LateLedger, late_ledgers
from conftest import Pipeline
from lake_sql import LakeSql
from ledgers import AS_OF, Batch, golden_ledger, retailer_id, token

pytestmark = pytest.mark.timeout(1_200)
LAST_ON = AS_OF - timedelta(days=1)
# asha's distributor alone is late, bina's never, dev buys from both: what asha and bina buy.
LATE, FRESH = "dist_late", "dist_fresh"
BUYERS = {LATE: ("asha", "dev"), FRESH: ("bina", "dev")}
# What depends on the snapshot itself.
OF_THE_SNAPSHOT = {"as_of_on", "ledger_late_days"}
GoldOf = Callable[[int], dict[str, dict[str, Any]]]
SUMS = (
    "invoices_3m", "invoices_6m", "invoices_12m", "order_days_3m", "order_days_6m", "order_days_12m", "bounce_count",
    "overdue_amount_inr", "overdue_count", "exposure_inr",
    "gmv_3m_inr", "gmv_6m_inr", "gmv_12m_inr", "active_distributors_count", "distributors_count",
)  # fmt: skip
GREATEST = ("delay_max_days", "overdue_max_age_days", "tenure_days", "months_history", "ledger_late_days")


def ledger(distributor: str, *, last_on: date, buyers: Sequence[str], omitted: Sequence[str] = ()) -> Batch:
    """A ledger of fourteen months, read on the night after `last_on`: payers of every kind, returns, bounces."""
    filled = Batch(distributor, sorted(BUYERS).index(distributor) + 1, sync_to=last_on, schema_version=2)
    for name in (*buyers, "carl"):  # carl never consents, so that every table has rows
        filled.master(name, district="Pune")
        if name not in omitted:
            _trade(filled, name, last_on, step=9 if distributor == LATE else 7)
    return filled


def _trade(filled: Batch, name: str, last_on: date, *, step: int) -> None:
    days = [date(2025, 3, 20) + timedelta(days=step * number) for number in range(70)]
    for number, on in enumerate(day for day in days if day <= last_on):
        key = f"{name}-{number}"
        due_on = on + timedelta(days=(14, 21, 30)[number % 3])
        paid_on = on + timedelta(days=(5, 14, 40, 75, 0)[number % 5])
        filled.invoice(
            name,
            key,
            on.isoformat(),
            amount=f"{1000 + 37 * (number % 11)}.00",
            due=("~" if number % 4 == 0 else "") + due_on.isoformat(),
            line_count=number % 6 + 1,
        )
        if number % 5 != 4 and paid_on <= last_on:
            bounced_on = paid_on + timedelta(days=20) if number % 9 == 2 else None
            is_bounced = bounced_on is not None and bounced_on <= last_on
            filled.payment(
                name,
                f"{key}-p",
                paid_on.isoformat(),
                amount=f"{600 + 37 * (number % 11)}.00",
                invoice_id=key,
                payment_method=("upi", "cash", "cheque")[number % 3],
                is_bounced=is_bounced,
                bounced_on=bounced_on if is_bounced else None,
            )
        if number % 8 == 3 and on + timedelta(days=3) <= last_on:
            filled.returned(name, f"{key}-r", (on + timedelta(days=3)).isoformat(), amount="90.00", invoice_id=key)


def both(*, late_days: int = 0, omitted: Sequence[str] = ()) -> list[Batch]:
    """Both ledgers, the one that many days behind the other; `omitted` are unknown to it."""
    return [
        ledger(FRESH, last_on=LAST_ON, buyers=BUYERS[FRESH]),
        ledger(LATE, last_on=LAST_ON - timedelta(days=late_days), buyers=BUYERS[LATE], omitted=omitted),
    ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSql:
    return LakeSql(tmp_path_factory.mktemp("late"), both(), ("asha", "bina", "dev"))


def gold(lake: LakeSql, batches: Sequence[Batch], as_of_on: date = AS_OF) -> dict[str, dict[str, Any]]:
    """Gold rows by name; every dbt test holds."""
    assert lake.run(batches, as_of_on=as_of_on) == []
    names = {retailer_id(name): name for name in ("asha", "bina", "dev")}
    return {names[row["retailer_id"]]: row for row in lake.table("gold", "retailer_features")}


def without(row: dict[str, Any], left_out: set[str] = OF_THE_SNAPSHOT) -> dict[str, Any]:
    """The columns that must be equal."""
    return {name: value for name, value in row.items() if name not in left_out}


@pytest.fixture(scope="module")
def gold_of(lake: LakeSql) -> GoldOf:
    """Gold where the one ledger is so many days behind the other, made once; nobody changes a row."""
    return cache(lambda late_days: gold(lake, both(late_days=late_days)))


@pytest.fixture(scope="module")
def on_time(gold_of: GoldOf) -> dict[str, dict[str, Any]]:
    return gold_of(0)


@pytest.mark.parametrize("late_days", [1, 7, 14, 30, 45])
def test_a_late_ledger_gives_the_features_of_the_day_it_reaches_and_moves_nobody_else(
    lake: LakeSql,
    gold_of: GoldOf,
    on_time: dict[str, dict[str, Any]],
    late_days: int,
) -> None:
    late = gold_of(late_days)
    earlier = gold(lake, both(), as_of_on=AS_OF - timedelta(days=late_days))
    assert without(late["asha"]) == without(earlier["asha"])
    assert late["asha"]["as_of_on"] == AS_OF
    assert late["asha"]["ledger_late_days"] == late_days
    assert late["bina"] == on_time["bina"]
    assert on_time["asha"]["overdue_count"] > 5  # the experiment moves something where the rule is missing


def test_the_festive_share_is_that_of_october_and_november_net_of_returns(on_time: dict[str, dict[str, Any]]) -> None:
    filled = ledger(FRESH, last_on=LAST_ON, buyers=BUYERS[FRESH])
    events = [
        (row[day], sign * row["amount_inr"])
        for table, day, sign in (("invoices", "invoice_on", 1), ("returns", "returned_on", -1))
        for row in filled.rows[table]
        if row["subject_token"] == token(FRESH, "bina") and row[day] >= date(2025, 6, 1)
    ]
    festive = sum(amount for on, amount in events if on.month in (10, 11))
    share = float(festive) / float(sum(amount for _, amount in events))
    assert on_time["bina"]["festive_share"] == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize("late_days", [0, 7, 30, 45])
def test_a_retailer_of_both_is_the_sum_of_its_accounts_each_on_its_own_day(gold_of: GoldOf, late_days: int) -> None:
    rows = gold_of(late_days)
    asha, bina, dev = rows["asha"], rows["bina"], rows["dev"]
    assert {name: dev[name] for name in SUMS} == {name: asha[name] + bina[name] for name in SUMS}
    assert {name: dev[name] for name in GREATEST} == {name: max(asha[name], bina[name]) for name in GREATEST}
    assert dev["recency_days"] == min(asha["recency_days"], bina["recency_days"])
    festive = [row["festive_share"] * row["gmv_12m_inr"] for row in (asha, bina)]
    assert dev["festive_share"] * dev["gmv_12m_inr"] == pytest.approx(sum(festive), rel=1e-12)
    assert dev["data_as_of_on"] == LAST_ON - timedelta(days=late_days)


def test_a_ledger_of_46_days_is_in_no_feature_and_still_in_silver_and_in_the_totals(lake: LakeSql) -> None:
    unknown = gold(lake, both(omitted=("asha", "dev")))
    rows = gold(lake, both(late_days=46))
    assert rows["dev"] == unknown["dev"] | {"distributors_count": 1}
    assert rows["bina"] == unknown["bina"]
    asha = rows["asha"]
    assert (asha["data_as_of_on"], asha["ledger_late_days"], asha["distributors_count"]) == (None, None, 0)
    assert (asha["recency_days"], asha["overdue_amount_inr"], asha["invoices_12m"]) == (None, None, 0)
    assert asha["completeness"] == 10  # the verified GSTIN: GR-5 blocks below 50
    invoices = [row for row in lake.table("silver", "invoice") if row["retailer_id"] == retailer_id("asha")]
    assert len(invoices) > 30
    totals = [row for row in lake.table("silver", "control/totals") if row["distributor_id"] == LATE]
    assert sum(row["silver_count"] for row in totals if row["table_name"] == "invoices") >= 2 * len(invoices)


def test_a_batch_without_records_says_that_the_ledger_has_no_news_so_it_is_not_late(
    lake: LakeSql, on_time: dict[str, dict[str, Any]]
) -> None:
    """dist_late sold nothing for ten days, was read every night, and its connector says so."""
    silent = both(late_days=10)
    assert gold(lake, silent)["asha"]["ledger_late_days"] == 10
    told = gold(lake, [*silent, Batch(LATE, 9, sync_to=LAST_ON)])
    assert (told["asha"]["ledger_late_days"], told["asha"]["data_as_of_on"]) == (0, LAST_ON)
    assert told["asha"]["recency_days"] > on_time["asha"]["recency_days"]
    assert told["bina"] == on_time["bina"]


def test_an_event_of_the_day_that_a_ledger_does_not_cover_is_not_known(lake: LakeSql, gold_of: GoldOf) -> None:
    on_the_day = both(late_days=7)
    next_on = (LAST_ON - timedelta(days=6)).isoformat()
    before = gold_of(7)
    on_the_day[1].invoice("asha", "next", next_on, amount="5.00").payment("asha", "next-p", next_on, amount="900.00")
    on_the_day[1].returned("asha", "next-r", next_on, amount="1.00")
    assert gold(lake, on_the_day) == before
    totals = [row for row in lake.table("silver", "control/totals") if row["distributor_id"] == LATE]
    assert sum(row["future_count"] for row in totals) == 3


PERIODS = [
    ("2026-05-31T01:30:00Z", "2026-05-31T23:59:59Z", "2026-05-30"),  # 07:00 in India: its own day is not over
    ("2026-05-31T18:29:59Z", "2026-05-31T23:59:59Z", "2026-05-30"),
    ("2026-05-31T18:30:00Z", "2026-05-31T23:59:59Z", "2026-05-31"),  # midnight in India
    ("2026-05-31T18:30:00Z", "2026-05-30T23:59:59Z", "2026-05-30"),  # what came last bears the day before
    ("2026-05-31T18:30:00Z", "2026-05-30T23:59:59+05:30", "2026-05-30"),
    ("2026-05-31T18:30:00Z", "2026-05-30T23:59:58+05:30", "2026-05-29"),
    ("2026-05-31T18:30:00Z", "2026-05-30T23:59:59", "2026-05-30"),  # without a zone: the ledger's own clock
    ("2026-05-31T18:30:00Z", "2026-05-30T12:00:00Z", "2026-05-29"),
    ("2026-05-31T01:30:00Z", None, "2026-05-30"),
    ("2026-06-01T05:00:00Z", "2026-05-31T01:30:00Z", "2026-05-30"),  # read at 07:00, delivered a day later
    ("2026-05-31T20:00:00Z", "2026-05-31T18:29:58Z", "2026-05-30"),  # read a second too early for its day
    ("2026-05-31T20:00:00Z", "2026-05-31T18:30:00Z", "2026-05-31"),  # read at midnight
    ("2026-05-31T20:00:00Z", "2026-05-30T18:29:59Z", "2026-05-30"),  # amid a sync: no day beyond the earlier sync's
    ("2026-05-31T20:00:00Z", "2000-01-01T00:00:00Z", "1999-12-31"),  # amid the first sync: none at all
]


@pytest.mark.parametrize(("ingested_at", "sync_to", "expected"), PERIODS)
def test_a_day_is_covered_when_it_was_over_in_india_before_the_batch_came_and_before_its_period_ended(
    ingested_at: str, sync_to: str | None, expected: str
) -> None:
    manifest = Manifest.model_validate(
        {
            "schema_version": 2,
            "batch_id": "bat_1",
            "distributor_id": "dist_one",
            "ingested_at": ingested_at,
            "sync_to": sync_to,
            "files": (),
            "totals": (),
        }
    )
    assert manifest.covered_on() == date.fromisoformat(expected)


def rows_of(*late_days: int) -> pa.Table:
    """Rows of silver_ledger, of dist_0, dist_1 …"""
    return pa.Table.from_pylist(
        [
            {
                "distributor_id": f"dist_{number}",
                "covered_on": LAST_ON - timedelta(days=days),
                "account_as_of_on": AS_OF - timedelta(days=days),
                "late_days": days,
                "is_counted": days <= 45,
            }
            for number, days in enumerate(late_days)
        ]
    )


def test_a_ledger_is_named_from_the_second_day_and_worse_from_the_15th_and_the_46th() -> None:
    named = late_ledgers(rows_of(0, 1, 2, 14, 15, 45, 46))
    assert [(late.late_days, late.effect) for late in named] == [
        (2, "warned"), (14, "warned"), (15, "low_confidence"), (45, "low_confidence"), (46, "left_out"),
    ]  # fmt: skip
    assert named[0] == LateLedger(distributor_id="dist_2", covered_on=date(2026, 5, 29), late_days=2, effect="warned")
    assert late_ledgers(None) == []


async def test_a_run_names_the_late_ledger_in_its_manifest_and_its_log(
    new_pipeline: Callable[..., Pipeline], caplog: pytest.LogCaptureFixture
) -> None:
    """The snapshot is the day after the freshest ledger's; a sync at 07:00 does not reach its own day."""
    pipeline = new_pipeline()
    batches = golden_ledger()
    batches[1].sync_to = date(2026, 5, 10)  # dist_two; dist_one is read at 07:00
    for batch in (batches[0], batches[2]):
        batch.sync_to, batch.ingested_at = date(2026, 6, 1), datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
    pipeline.write(batches)
    run_id = await pipeline.run(as_of_on=None)
    document = pipeline.manifest(run_id)
    assert document["as_of_on"] == "2026-06-01"
    late = {"distributor_id": "dist_two", "covered_on": "2026-05-10", "late_days": 21, "effect": "low_confidence"}
    assert document["late_ledgers"] == [late]
    (line,) = [record for record in caplog.records if record.message == "late ledger"]
    assert (line.levelname, line.__dict__["distributor_id"], line.__dict__["late_days"]) == ("WARNING", "dist_two", 21)
    rows = pipeline.gold(run_id)
    names = ("asha", "dev")
    assert [rows[retailer_id(name)]["ledger_late_days"] for name in names] == [0, 21]
    assert [rows[retailer_id(name)]["data_as_of_on"] for name in names] == [date(2026, 5, 31), date(2026, 5, 10)]
