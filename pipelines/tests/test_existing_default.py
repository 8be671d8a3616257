"""What is open for more than 90 days, the figure of eligibility rule EXISTING_DEFAULT."""

import asyncio
from collections.abc import Callable

import pytest
from conftest import Pipeline
from ledgers import Batch, retailer_id

pytestmark = pytest.mark.timeout(600)


def test_the_open_part_of_invoices_more_than_90_days_past_due_is_summed(new_pipeline: Callable[..., Pipeline]) -> None:
    batch = Batch("dist_one", 1)
    for name in ("asha", "dev"):
        batch.master(name)
    # The snapshot is 1 June 2026: 2 March is 91 days before it, 3 March 90.
    batch.invoice("asha", "A1", "2026-01-10", amount="1000.00", due="2026-03-02")
    batch.invoice("asha", "A2", "2026-01-20", amount="400.00", due="2026-02-01")
    batch.payment("asha", "AP", "2026-04-02", amount="150.00", invoice_id="A2")
    batch.invoice("asha", "A3", "2026-01-25", amount="700.00", due="2026-03-03")
    batch.invoice("dev", "D1", "2026-01-10", amount="900.00", due="2026-01-20")
    batch.payment("dev", "DP", "2026-05-30", amount="900.00", invoice_id="D1")
    batch.invoice("dev", "D2", "2026-05-31", amount="50.00", due="2026-06-30")
    pipeline = new_pipeline()
    pipeline.write([batch])
    rows = pipeline.gold(asyncio.run(pipeline.run()))
    assert rows[retailer_id("asha")]["overdue_90_amount_inr"] == 1000 + 250
    assert rows[retailer_id("dev")]["overdue_90_amount_inr"] == 0, "paid late, but paid"
