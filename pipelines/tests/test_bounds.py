"""Any batch within the bounds of ingestion goes through the lake: nothing overflows, no check fails (decision 86)."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from conftest import Pipeline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_sql import LakeSql
from ledgers import AS_OF, LARGEST_INR, Batch, largest_ledger, retailer_id

pytestmark = pytest.mark.timeout(900)
EARLIEST_ON, LATEST_ON = date(2000, 1, 1), AS_OF
MAX_ORDER = 2**53 - 1
MAX_PAISE = 1_000_000_000_000
CONSENTED = ("asha", "bina")
NAMES = (*CONSENTED, "carl")
DISTRIBUTORS = ("dist_one", "dist_two")

amounts = (st.sampled_from([1, MAX_PAISE]) | st.integers(1, MAX_PAISE)).map(lambda paise: f"{Decimal(paise) / 100:.2f}")
days = st.sampled_from([EARLIEST_ON, AS_OF - timedelta(days=1), LATEST_ON]) | st.dates(EARLIEST_ON, LATEST_ON)
recent_days = days | st.dates(AS_OF - timedelta(days=400), LATEST_ON)
credit_days = st.none() | st.sampled_from([0, 3 * 365]) | st.integers(0, 120)
line_counts = st.none() | st.sampled_from([0, 100_000]) | st.integers(1, 60)


@st.composite
def batches(draw: Any) -> list[Batch]:
    """One batch of each distributor: corrections, cancellations, bounces, credits that name foreign invoices."""
    return [draw(batch(name, number)) for number, name in enumerate(DISTRIBUTORS, 1)]


def statement(draw: Any, schema_version: int) -> dict[str, Any]:
    """The order of a statement, in files that have it."""
    orders = st.sampled_from([0, 1, MAX_ORDER])
    if schema_version == 1:
        return {}
    return {"source_order": draw(orders), "sequence": draw(orders), "is_outdated": draw(st.booleans())}


@st.composite
def batch(draw: Any, distributor: str, number: int) -> Batch:
    filled = Batch(distributor, number, schema_version=number).master(
        draw(st.sampled_from(NAMES)), district="Pune", gst_status="verified"
    )
    named = st.none() | st.integers(0, 12).map(lambda n: f"i{n}")
    bills = st.none() | st.sampled_from(["B/1", "B/2"])
    for n in range(draw(st.integers(1, 12))):
        on, credit = draw(recent_days), draw(credit_days)
        filled.invoice(
            draw(st.sampled_from(NAMES)),
            f"i{n // 2 if n < 4 else n}",
            on.isoformat(),
            amount=draw(amounts),
            due=None if credit is None else (on + timedelta(days=credit)).isoformat(),
            version=n % 2 + 1,
            bill_ref=draw(bills),
            line_count=draw(line_counts),
            is_cancelled=draw(st.booleans()),
            **statement(draw, number),
        )
    for n in range(draw(st.integers(1, 8))):
        filled.payment(
            draw(st.sampled_from(NAMES)),
            f"p{n // 2}",
            draw(recent_days).isoformat(),
            amount=draw(amounts),
            **statement(draw, number),
            line_no=n % 2 + 1,
            invoice_id=draw(named),
            bill_ref=draw(bills),
            payment_method=draw(st.none() | st.sampled_from(["upi", "cash"])),
            is_bounced=draw(st.booleans()),
        )
    for n in range(draw(st.integers(1, 4))):
        on = draw(recent_days).isoformat()
        filled.returned(
            draw(st.sampled_from(NAMES)),
            f"q{n}",
            on,
            amount=draw(amounts),
            invoice_id=draw(named),
            **statement(draw, number),
        )
    return filled


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSql:
    return LakeSql(tmp_path_factory.mktemp("bounds"), largest_ledger(1), CONSENTED)


def agree(lake: LakeSql, written: list[Batch]) -> None:
    """Gold has everyone, and Silver's and Gold's rupees are those of the records."""
    totals = lake.table("silver", "control/totals")
    invoiced = sum(row["amount_inr"] for batch in written for row in batch.rows["invoices"])
    assert sum(row["bronze_inr"] for row in totals if row["table_name"] == "invoices") == invoiced
    silver: dict[str, Decimal] = {}
    for row in lake.table("silver", "invoice"):
        silver[row["retailer_id"]] = silver.get(row["retailer_id"], Decimal(0)) + row["open_inr"]
    gold = {row["retailer_id"]: row for row in lake.table("gold", "retailer_features")}
    assert gold.keys() == {row["retailer_id"] for row in lake.table("silver", "retailer")}
    for key, owed in silver.items():
        assert gold[key]["exposure_inr"] == pytest.approx(float(owed), rel=1e-12)


def gold_row(lake: LakeSql, name: str) -> dict[str, Any]:
    """The features of one retailer."""
    (row,) = [row for row in lake.table("gold", "retailer_features") if row["retailer_id"] == retailer_id(name)]
    return row


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(written=batches())
def test_any_batch_within_the_bounds_goes_through_the_lake(lake: LakeSql, written: list[Batch]) -> None:
    assert lake.run(written) == []
    agree(lake, written)


def test_thousands_of_the_largest_amounts_overflow_nothing(lake: LakeSql) -> None:
    written = largest_ledger(3_000)
    assert lake.run(written) == []
    agree(lake, written)
    row = gold_row(lake, "asha")
    assert row["gmv_6m_inr"] == (2 * 3_000 - 2) * Decimal(LARGEST_INR)
    assert row["basket_cv"] == 0


def test_sums_whose_products_exceed_38_digits_are_taken_as_doubles(lake: LakeSql) -> None:
    count = 4_000_000
    silver = f"""
        select '{retailer_id("asha")}' as retailer_id, 'dist_one' as distributor_id, 'L' || i as invoice_id,
            null::varchar as bill_ref, date '2026-04-01' + (i % 20)::integer as invoice_on, date '2026-06-30' as due_on,
            'stated' as due_on_source, ({LARGEST_INR} - (i % 2) * 1000000000)::decimal(15, 2) as amount_inr,
            amount_inr as amount_capped_inr, 0::decimal(15, 2) as returned_inr, 0::decimal(15, 2) as written_off_inr,
            0::decimal(15, 2) as paid_inr, amount_inr as open_inr, null::date as settled_on,
            null::varchar as sku_category, (i % 3)::integer as line_count,
            date '{AS_OF}' as account_as_of_on, 'r' || i as record_id
        from range({count}) as numbers (i)"""
    replaced = {"silver_invoice": silver}
    lake.run(largest_ledger(1), replaced=replaced)
    row = gold_row(lake, "asha")
    mean = 9_500_000_000
    assert row["basket_mean_inr"] == pytest.approx(mean)
    assert row["basket_cv"] == pytest.approx(0.5e9 / mean, rel=1e-6)
    assert row["gmv_6m_inr"] == count * Decimal(mean) - 2 * Decimal(LARGEST_INR)
    assert row["gmv_cv"] == pytest.approx(1, rel=1e-6)  # one month of two
    assert row["exposure_inr"] == pytest.approx(count * float(mean))


async def test_the_largest_amounts_go_through_a_whole_run(new_pipeline: Callable[..., Pipeline]) -> None:
    pipeline = new_pipeline(consented=CONSENTED)
    pipeline.write(largest_ledger(4))
    gold = pipeline.gold(await pipeline.run())
    assert gold[retailer_id("asha")]["exposure_inr"] == 0
