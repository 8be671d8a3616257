"""A debt that was given up is no payment (decision 93): what counts as a write-off, and what features say of it."""

from decimal import Decimal
from typing import Any

import pytest
from lake_sql import LakeSql
from ledgers import Batch, retailer_id, with_write_offs

pytestmark = pytest.mark.timeout(900)


def ledger() -> Batch:
    """A ledger with a row in every table; asha's invoices are for the test to add."""
    batch = Batch("dist_one", 1).master("bina").invoice("bina", "B1", "2026-05-01", amount="10.00")
    return batch.payment("bina", "BP", "2026-05-02", amount="1.00").returned("bina", "BR", "2026-05-02", amount="1.00")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSql:
    return LakeSql(tmp_path_factory.mktemp("write-offs"), [ledger()], ("asha", "bina"))


def silver(lake: LakeSql, batch: Batch) -> dict[str, dict[str, Any]]:
    """Silver's invoices by id, after a run in which every check of dbt holds."""
    assert lake.run([batch]) == []
    return {row["invoice_id"]: row for row in lake.table("silver", "invoice")}


def gold(lake: LakeSql, name: str) -> dict[str, Any]:
    """The features of one retailer."""
    (row,) = [row for row in lake.table("gold", "retailer_features") if row["retailer_id"] == retailer_id(name)]
    return row


# An invoice of 1,000.00 of 1 February, due on 1 March.
CORNERS = {
    "everything on the due day": ("2026-03-01", "1000.00", False),
    "30 % a day after": ("2026-03-02", "300.00", False),
    "a paisa more than 30 % a day after": ("2026-03-02", "300.01", True),
    "a paisa 45 days after": ("2026-04-15", "0.01", False),
    "a paisa 46 days after": ("2026-04-16", "0.01", True),
}


def test_a_return_long_past_due_or_of_a_large_part_past_due_is_a_write_off(lake: LakeSql) -> None:
    batch = ledger()
    for name, (returned_on, amount, _) in CORNERS.items():
        batch.invoice("asha", name, "2026-02-01", amount="1000.00", due="2026-03-01")
        batch.returned("asha", f"R {name}", returned_on, amount=amount, invoice_id=name)
    rows = silver(lake, batch)
    sides = {name: (rows[name]["returned_inr"], rows[name]["written_off_inr"]) for name in CORNERS}
    expected = {
        name: (Decimal(0), Decimal(amount)) if is_write_off else (Decimal(amount), Decimal(0))
        for name, (_, amount, is_write_off) in CORNERS.items()
    }
    assert sides == expected


def test_a_large_part_by_our_own_choice_of_invoice_is_no_write_off_before_the_45_days(lake: LakeSql) -> None:
    batch = ledger()
    batch.invoice("asha", "recent", "2026-04-16", amount="1000.00", due="2026-05-01")
    batch.invoice("bina", "old", "2026-03-01", amount="1000.00", due="2026-03-31")
    batch.returned("asha", "R1", "2026-05-02", amount="900.00").returned("bina", "R2", "2026-05-16", amount="1.00")
    rows = silver(lake, batch)
    assert [int(rows[key]["written_off_inr"]) for key in ("recent", "old")] == [0, 1]


def test_settlement_means_payment(lake: LakeSql) -> None:
    rows = silver(lake, with_write_offs(ledger()))
    columns = ("returned_inr", "written_off_inr", "paid_inr", "open_inr")
    assert {key: [int(rows[key][name]) for name in columns] for key in ("W1", "W2", "W3")} == {
        "W1": [0, 700, 300, 0],
        "W2": [0, 400, 600, 0],
        "W3": [300, 0, 700, 0],
    }
    settled = {key: rows[key]["settled_on"] for key in ("W1", "W2", "W3")}
    assert [str(settled[key]) for key in ("W1", "W2", "W3")] == ["None", "None", "2026-03-31"]


# 1 June 2026: W1 is 121 days past due and W2 90, as if they were open; W3 was paid on its day.
WRITTEN_OFF = {
    "delay_mean_days": 211 / 3,
    "delay_max_days": 121,
    "on_time_ratio": 1 / 3,
    "late_15_ratio": 2 / 3,
    "late_30_ratio": 2 / 3,
    "paid_ratio": 1600 / 2700,
    "partial_payment_ratio": 2 / 3,  # WP1 and WP2 left a part that nobody paid
    # nothing of it is owed any more
    "overdue_amount_inr": 0,
    "overdue_count": 0,
    "overdue_max_age_days": 0,
    "exposure_inr": 0,
    # WR3 alone brought goods back
    "return_rate": 300 / 3000,
    "return_count_ratio": 1 / 3,
    # a limit rests on what remained of the purchases: every credit note lowers it
    "gmv_6m_inr": Decimal("1600.00"),
}


def test_a_write_off_ages_as_an_unpaid_invoice_and_is_neither_owed_nor_returned(lake: LakeSql) -> None:
    silver(lake, with_write_offs(ledger()))
    row = gold(lake, "asha")
    by_hand = {k: pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for k, v in WRITTEN_OFF.items()}
    assert {name: row[name] for name in WRITTEN_OFF} == by_hand


def test_only_the_part_of_a_return_that_went_to_an_old_debt_is_a_write_off(lake: LakeSql) -> None:
    batch = ledger()
    batch.invoice("asha", "old", "2026-02-01", amount="1000.00", due="2026-03-01")
    batch.invoice("asha", "new", "2026-05-01", amount="200.00", due="2026-05-31")
    batch.returned("asha", "R", "2026-05-10", amount="500.00", invoice_id="new")
    rows = silver(lake, batch)
    assert (rows["new"]["returned_inr"], rows["new"]["written_off_inr"]) == (Decimal(200), Decimal(0))
    assert (rows["old"]["returned_inr"], rows["old"]["written_off_inr"]) == (Decimal(0), Decimal(300))
    row = gold(lake, "asha")
    assert (row["return_rate"], row["return_count_ratio"]) == (pytest.approx(200 / 1200), pytest.approx(1 / 2))
    assert row["exposure_inr"] == row["overdue_amount_inr"] == 700
