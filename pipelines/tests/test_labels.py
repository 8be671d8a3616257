"""Labels worked out by hand (decisions 54, 70, 93, 94): snapshot 1 October 2025, ledger until 31 May 2026."""

from datetime import date
from pathlib import Path

import pytest
from lake_sql import LakeSql
from ledgers import Batch, retailer_id

pytestmark = pytest.mark.timeout(900)
SNAPSHOT = "2025-10-01"
Row = tuple[str, str, str]  # a day, an amount, and the due day of an invoice or the invoice that a credit names

# Invoices, payments and returns of one retailer; label_bad and label_invoices.
CASES: dict[str, tuple[list[Row], list[Row], list[Row], tuple[int, int] | tuple[None, int] | None]] = {
    # bought in October to December: the term of 91 days begins with the due day
    "paid 90 days late": ([("2025-10-10", "100.00", "2025-10-25")], [("2026-01-23", "100.00", "1")], [], (0, 1)),
    "paid 91 days late": ([("2025-10-10", "100.00", "2025-10-25")], [("2026-01-24", "100.00", "1")], [], (1, 1)),
    "a paisa never paid": ([("2025-12-31", "100.00", "2026-01-15")], [("2026-01-15", "99.99", "1")], [], (1, 1)),
    "bought before and after": (
        [("2025-06-01", "100.00", "2025-06-15"), ("2025-10-10", "100.00", "2025-10-25")],
        [("2025-10-25", "100.00", "2")],
        [],
        (0, 1),  # the old debt is a feature; what was bought since decides
    ),
    "given up after due": (
        [("2025-10-10", "100.00", "2025-10-25")],
        [("2025-10-20", "60.00", "1")],
        [("2025-11-05", "40.00", "1")],
        (1, 1),
    ),
    "sent back before due": ([("2025-10-10", "100.00", "2025-10-25")], [], [("2025-10-20", "100.00", "1")], (0, 1)),
    "term ends on the ledger's last day": (
        [("2025-12-01", "100.00", "2026-03-01")],
        [("2026-03-01", "100.00", "1")],
        [],
        (0, 1),
    ),
    "term ends a day later": ([("2025-12-01", "100.00", "2026-03-02")], [], [], (None, 1)),
    # bought nothing: what was open on 1 October decides, 91 days after the later of its due day and the snapshot
    "stopped, never paid": ([("2025-05-01", "100.00", "2025-05-15")], [], [], (1, 0)),
    "stopped, paid after 90 days": (
        [("2025-05-01", "100.00", "2025-05-15")],
        [("2025-12-30", "100.00", "1")],
        [],
        (0, 0),
    ),
    "stopped, paid after 91 days": (
        [("2025-05-01", "100.00", "2025-05-15")],
        [("2025-12-31", "100.00", "1")],
        [],
        (1, 0),
    ),
    "stopped, due later, paid 90 days late": (
        [("2025-09-20", "100.00", "2025-10-20")],
        [("2026-01-18", "100.00", "1")],
        [],
        (0, 0),
    ),
    "stopped, due later, paid 91 days late": (
        [("2025-09-20", "100.00", "2025-10-20")],
        [("2026-01-19", "100.00", "1")],
        [],
        (1, 0),
    ),
    "stopped, one of two paid": (
        [("2025-08-01", "100.00", "2025-08-15"), ("2025-09-01", "100.00", "2025-09-15")],
        [("2025-10-05", "100.00", "1")],
        [],
        (1, 0),
    ),
    "stopped, given up after the snapshot": (
        [("2025-08-01", "100.00", "2025-08-15")],
        [],
        [("2025-11-01", "100.00", "1")],
        (1, 0),
    ),
    "stopped, a part given up before, the rest paid": (
        [("2025-06-01", "100.00", "2025-06-15")],
        [("2025-10-20", "60.00", "1")],
        [("2025-09-01", "40.00", "1")],
        (0, 0),
    ),
    "stopped, sent back after the snapshot": (
        [("2025-09-20", "100.00", "2025-10-20")],
        [],
        [("2025-10-02", "100.00", "1")],
        (0, 0),
    ),
    "stopped, given up before and after the snapshot": (
        [("2025-06-01", "100.00", "2025-06-15")],
        [("2025-10-20", "60.00", "1")],
        [("2025-09-01", "20.00", "1"), ("2025-10-05", "20.00", "1")],
        (1, 0),
    ),
    "stopped, given up on the day of the snapshot": (
        [("2025-06-01", "100.00", "2025-06-15")],
        [("2025-10-20", "60.00", "1")],
        [("2025-10-01", "40.00", "1")],
        (1, 0),
    ),
    "stopped, term beyond the ledger": ([("2025-09-20", "100.00", "2026-03-02")], [], [], (None, 0)),
    "stopped, given up before": ([("2025-05-01", "100.00", "2025-05-15")], [], [("2025-08-01", "100.00", "1")], None),
    "stopped, nothing open": ([("2025-05-01", "100.00", "2025-05-15")], [("2025-09-30", "100.00", "1")], [], None),
    "bought again in January": (
        [("2025-05-01", "100.00", "2025-05-15"), ("2026-01-01", "100.00", "2026-01-15")],
        [("2025-05-15", "100.00", "1")],
        [],
        None,
    ),
}


# Under a horizon of 45 days: the last day of the ledger, and the label of a retailer who bought in October and paid.
SHORT_DAYS = 45
SHORT: dict[str, tuple[str, tuple[int | None, int]]] = {
    "three months are seen": ("2025-12-31", (0, 1)),
    "a day of three months is missing": ("2025-12-30", (None, 1)),
}


def short_ledgers() -> list[Batch]:
    """A ledger of its own for each."""
    batches = []
    for number, (name, (covered_on, _)) in enumerate(SHORT.items(), 2):
        batch = Batch(f"dist_short_{number}", number, sync_to=date.fromisoformat(covered_on))
        batch.master(name).invoice(name, name, "2025-10-10", amount="100.00", due="2025-10-25")
        batch.payment(name, f"{name} P", "2025-10-25", amount="100.00", invoice_id=name)
        batches.append(batch.returned("nobody", f"{name} R", "2025-10-25", amount="1.00"))
    return batches


def ledger() -> Batch:
    """All cases in one ledger; credits name their invoice."""
    batch = Batch("dist_one", 1).master("asha")
    for name, (invoices, payments, returns, _) in CASES.items():
        for number, (on, amount, due_on) in enumerate(invoices, 1):
            batch.invoice(name, f"{name} {number}", on, amount=amount, due=due_on)
        for on, amount, number_named in payments:
            batch.payment(name, f"{name} P{number_named}", on, amount=amount, invoice_id=f"{name} {number_named}")
        for place, (on, amount, number_named) in enumerate(returns):
            batch.returned(
                name, f"{name} R{number_named}{place}", on, amount=amount, invoice_id=f"{name} {number_named}"
            )
    return batch


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int | None, int]]:
    more = {"label_snapshots": [SNAPSHOT]}
    lake = LakeSql(tmp_path_factory.mktemp("labels"), [ledger()], tuple(CASES), more)
    assert lake.run([ledger()]) == []
    return {row["retailer_id"]: (row["label_bad"], row["label_invoices"]) for row in lake.table("gold", "labels")}


def test_three_months_must_be_seen_under_a_shorter_horizon_too(tmp_path: Path) -> None:
    more = {"label_snapshots": [SNAPSHOT], "label_days": SHORT_DAYS}
    lake = LakeSql(tmp_path, short_ledgers(), tuple(SHORT), more)
    lake.run(short_ledgers())
    labels = {row["retailer_id"]: (row["label_bad"], row["label_invoices"]) for row in lake.table("gold", "labels")}
    assert labels == {retailer_id(name): label for name, (_, label) in SHORT.items()}


@pytest.mark.parametrize("case", CASES)
def test_a_label_is_what_became_of_the_invoices_that_count(
    labels: dict[str, tuple[int | None, int]], case: str
) -> None:
    assert labels.get(retailer_id(case)) == CASES[case][3]
