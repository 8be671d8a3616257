"""Live Bronze is what the uploaded files say, to the paisa, whatever is exported, cut off or uploaded twice.

The model keeps invoices by number and knows nothing of batches, orders or withdrawals.
"""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import Store, Wiring, World, live_rows
from .test_delivery import cut_off
from .test_routes import NAME, csv

HEADER = "Invoice No,Invoice Date,Party,Amount,Paid,Status"


class Invoice(NamedTuple):
    """A row of a file."""

    number: str
    paise: int
    paid_paise: int
    is_cancelled: bool


class Export(NamedTuple):
    """One file: its rows, whether it is complete for the month, and what befalls its upload."""

    rows: list[Invoice]
    is_complete: bool
    is_cut_off: bool
    is_repeated: bool


ROWS = st.lists(
    st.builds(
        Invoice,
        number=st.sampled_from(["S/1", "S/2", "S/3"]),
        paise=st.sampled_from([100_000, 150_000]) | st.integers(1, 3),
        paid_paise=st.sampled_from([0, 0, 1, 70_000]),
        is_cancelled=st.sampled_from([False, False, True]),
    ),
    max_size=3,
    unique_by=lambda row: row.number,
)
EXPORTS = st.lists(
    st.builds(Export, rows=ROWS, is_complete=st.booleans(), is_cut_off=st.booleans(), is_repeated=st.booleans()),
    min_size=1,
    max_size=5,
)


def _text(rows: list[Invoice]) -> str:
    lines = [
        f"{row.number},05-07-2025,Om Traders,{row.paise / 100:.2f},{row.paid_paise / 100:.2f},"
        + ("Cancelled" if row.is_cancelled else "")
        for row in rows
    ]
    return csv(*lines, header=HEADER)


async def _live(world: World, distributor_id: str) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Amounts of the live invoices, and the sums of their live payments, by number."""
    rows = await world.pool.fetch("SELECT batch_id FROM batch WHERE distributor_id = $1", distributor_id)
    objects = [world.bronze(row["batch_id"], distributor_id) for row in rows]
    invoices = {
        key[0].split("@")[0]: row["amount_inr"]
        for key, row in live_rows(objects, "invoices").items()
        if not row["is_cancelled"]
    }
    payments: dict[str, Decimal] = defaultdict(Decimal)
    for row in live_rows(objects, "payments").values():
        if not row["is_cancelled"]:
            payments[row["invoice_id"].split("@")[0]] += row["amount_inr"]
    return invoices, dict(payments)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(exports=EXPORTS)
async def test_live_bronze_is_what_the_files_say(
    world: World, object_store: Store, wiring: Wiring, exports: list[Export]
) -> None:
    distributor_id = f"dist_{uuid4().hex[:12]}"
    connector = await world.onboard(distributor_id)
    await world.services.distributors.open_backfill(distributor_id, 24)
    broken = cut_off(world, object_store, wiring, after=0)
    model: dict[str, Invoice] = {}
    for export in exports:
        name, upload_id = NAME if export.is_complete else "invoices.csv", str(uuid4())
        text = _text(export.rows)
        if export.is_cut_off:
            answer = await broken.upload(connector, name, text, upload_id=upload_id)
            assert answer.status_code in (202, 503), answer.text
        if not (export.is_cut_off and answer.status_code == 202):
            answer = await world.upload(connector, name, text, upload_id=upload_id)
            assert answer.status_code == 202, answer.text
        if export.is_repeated:
            again = await world.upload(connector, name, text, upload_id=upload_id)
            assert (again.status_code, again.json()["result"]) == (409, answer.json())
        if export.is_complete:
            model.clear()
        model |= {row.number: row for row in export.rows}
        standing = [row for row in model.values() if not row.is_cancelled]
        invoices, payments = await _live(world, distributor_id)
        assert invoices == {row.number: Decimal(row.paise).scaleb(-2) for row in standing}
        assert payments == {row.number: Decimal(row.paid_paise).scaleb(-2) for row in standing if row.paid_paise}
