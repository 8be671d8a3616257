"""What an ERP says of its own ledger is compared with Bronze; who differs is named, and nobody's night stops."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.erp_totals import NAMED_MONTHS, comparison_of, newest_statements
from altscore_pipelines.storage import FolderStorage
from conftest import GoldenRun, Pipeline
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_sql import LakeSql
from ledgers import Batch, golden_ledger

pytestmark = pytest.mark.timeout(600)
MAY = "2026-05"


def full(sequence: int | None = None) -> Batch:
    """Rows in every table: an invoice in two parts, a payment of two lines, a return; 300, 90 and 10 rupees of May."""
    batch = Batch("dist_one", 1, schema_version=2, sequence=sequence).master("asha")
    batch.invoice("asha", "A#1", "2026-05-01", amount="100.00").invoice("carl", "A#2", "2026-05-01", amount="200.00")
    batch.payment("asha", "P", "2026-05-02", amount="40.00", line_no=1)
    batch.payment("carl", "P", "2026-05-02", amount="50.00", line_no=2)
    return batch.returned("carl", "R", "2026-05-31", amount="10.00")


def second(sequence: int | None = None) -> Batch:
    """A later batch with a row in every table, of a month that nobody asks about."""
    batch = Batch("dist_one", 2, schema_version=2, sequence=sequence).master("carl")
    batch.invoice("carl", "Z", "2024-01-01", amount="1.00").payment("carl", "ZP", "2024-01-02", amount="1.00")
    return batch.returned("carl", "ZR", "2024-01-03", amount="1.00")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSql:
    return LakeSql(tmp_path_factory.mktemp("erp"), [full(), second()], ("asha",))


def outcomes(lake: LakeSql, batch: Batch, later: Batch | None = None) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Outcome and reason by table and month; every other control holds."""
    assert lake.run([batch, later or second()]) == []
    rows = [row for row in lake.table("silver", "control/erp") if row["month"] != "2024-01"]
    return {(row["table_name"], row["month"]): (row["outcome"], row["reason"]) for row in rows}


AGREES, SILENT = ("agrees", None), ("not_compared", "not_stated")


@pytest.mark.parametrize("count", [1, 2])
def test_a_month_agrees_whether_the_erp_counts_documents_or_their_parts(lake: LakeSql, count: int) -> None:
    batch = full().states("invoices", MAY, count, "300.00").states("payments", MAY, count, "90.00")
    expected = {("invoices", MAY): AGREES, ("payments", MAY): AGREES, ("returns", MAY): SILENT}
    assert outcomes(lake, batch) == expected


@pytest.mark.parametrize(
    ("count", "amount", "reason"),
    [(2, "300.01", "missing"), (2, "299.99", "extra"), (3, "300.00", "count"), (0, "300.00", "count")],
)
def test_a_paisa_or_a_document_is_a_difference_and_is_named(
    lake: LakeSql, count: int, amount: str, reason: str
) -> None:
    assert outcomes(lake, full().states("invoices", MAY, count, amount))["invoices", MAY] == ("differs", reason)


def test_a_month_that_only_the_erp_has_is_missing_in_bronze(lake: LakeSql) -> None:
    batch = full().states("invoices", "2026-04", 1, "5.00").states("invoices", "2026-03", 0, "0.00")
    months = outcomes(lake, batch)
    assert months["invoices", "2026-04"] == ("differs", "missing")
    assert months["invoices", "2026-03"] == AGREES


def test_what_was_cancelled_or_corrected_is_in_neither_total(lake: LakeSql) -> None:
    later = second(sequence=2)
    later.invoice("asha", "A#1", "2026-05-01", amount="70.00", version=2, sequence=2)
    later.payment("carl", "P", "2026-05-02", amount="50.00", line_no=2, version=2, sequence=2, is_cancelled=True)
    later.states("invoices", MAY, 1, "270.00").states("payments", MAY, 1, "40.00")
    months = outcomes(lake, full(sequence=1), later)
    assert (months["invoices", MAY], months["payments", MAY]) == (AGREES, AGREES)


def test_a_statement_that_records_came_after_is_compared_with_nothing(lake: LakeSql) -> None:
    """A sync is under way: its last batch will carry the totals."""
    stated = full(sequence=1).states("invoices", MAY, 2, "300.00").states("returns", MAY, 1, "10.00")
    later = second(sequence=2).invoice("asha", "B", "2026-05-09", amount="5.00")
    months = outcomes(lake, stated, later)
    assert months["invoices", MAY] == ("not_compared", "moved_on")
    assert months["returns", MAY] == AGREES


ROWS = st.lists(
    st.tuples(st.sampled_from(["A", "A#1", "B", "C#2"]), st.integers(1, 12), st.integers(1, 10**12), st.booleans()),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[0],
)


def counted(rows: Sequence[tuple[str, int, int, bool]]) -> dict[int, tuple[int, int]]:
    """Documents and paise of what is not cancelled, by month: another way than the SQL's."""
    months: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for key, month, paise, is_cancelled in rows:
        if not is_cancelled:
            months[month].append((key.partition("#")[0], paise))
    return {month: (len({key for key, _ in live}), sum(paise for _, paise in live)) for month, live in months.items()}


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, off=st.sampled_from([-1, 0, 1]))
def test_a_ledger_that_states_what_it_holds_agrees_and_by_one_paisa_more_or_less_it_differs(
    lake: LakeSql, rows: list[tuple[str, int, int, bool]], off: int
) -> None:
    batch = full()
    batch.rows["invoices"].clear()
    for key, month, paise, is_cancelled in rows:
        amount = str(Decimal(paise).scaleb(-2))
        batch.invoice("asha", key, f"2025-{month:02d}-15", amount=amount, is_cancelled=is_cancelled)
    expected = {}
    for month, (documents, paise) in counted(rows).items():
        batch.states("invoices", f"2025-{month:02d}", documents, str(Decimal(paise + off).scaleb(-2)))
        expected["invoices", f"2025-{month:02d}"] = {-1: "differs", 0: "agrees", 1: "differs"}[off]
    months = outcomes(lake, batch)
    assert {key: outcome for key, (outcome, _) in months.items() if key[0] == "invoices"} == expected


def test_the_newest_statement_counts_by_sequence_then_by_arrival(tmp_path: Path) -> None:
    noon = datetime(2026, 5, 31, 12, tzinfo=UTC)
    for number, sequence, hour, amount in ((1, 5, 0, "1.00"), (2, 7, 1, "2.00"), (3, 6, 2, "3.00"), (4, 7, 3, "4.00")):
        at = noon.replace(hour=12 + hour)
        stated = Batch("dist_one", number, sequence=sequence, ingested_at=at).states("invoices", MAY, 1, amount)
        stated.write(tmp_path)
    Batch("dist_two", 5).states("invoices", MAY, 1, "9.00").write(tmp_path)
    newest = newest_statements(read_bronze(FolderStorage(tmp_path)).batches)
    assert [(row.distributor_id, row.amount_paise) for row in newest] == [("dist_one", 400), ("dist_two", 900)]


def test_of_many_months_that_differ_the_newest_are_named() -> None:
    rows = [
        {
            "table_name": "invoices",
            "distributor_id": "dist_one",
            "month": f"{2020 + number // 12}-{number % 12 + 1:02d}",
            "erp_documents": 1,
            "erp_inr": Decimal("1.00"),
            "bronze_documents": 0,
            "bronze_records": 0,
            "bronze_inr": Decimal("0.00"),
            "outcome": "differs",
            "reason": "missing",
        }
        for number in range(40)
    ]
    (ledger,) = comparison_of(pa.Table.from_pylist(rows)).ledgers
    assert (ledger.differing, len(ledger.differences)) == (40, NAMED_MONTHS)
    assert ledger.differences[0]["month"] == "2023-04"
    assert comparison_of(None).document() == {"agreeing": 0, "differing": 0, "not_compared": 0, "ledgers": []}


async def test_a_ledger_that_differs_is_named_and_everybody_has_the_same_gold(
    golden_run: GoldenRun, new_pipeline: Callable[..., Pipeline], caplog: pytest.LogCaptureFixture
) -> None:
    batches = golden_ledger()
    batches[1].states("invoices", MAY, 6, "50500.01").states("payments", "2026-04", 1, "150.00")
    told, untold = new_pipeline(), golden_run.after_silver()
    told.write(batches)
    with caplog.at_level(logging.INFO, "altscore.pipeline"):
        runs = [(untold, untold.finish(golden_run.run_id)), (told, await told.run())]
    gold, documents = [], []
    for pipeline, run_id in runs:
        gold.append(pipeline.lake.read(f"gold/run={run_id}/retailer_features/part-0.parquet").body)
        documents.append(pipeline.manifest(run_id)["erp_comparison"])
    assert gold[0] == gold[1]
    silent, stated = documents
    assert (silent["agreeing"], silent["differing"]) == (0, 0)
    assert {ledger["distributor_id"] for ledger in silent["ledgers"]} == {"dist_one", "dist_two"}
    assert (stated["agreeing"], stated["differing"]) == (1, 1)
    (two,) = [ledger for ledger in stated["ledgers"] if ledger["distributor_id"] == "dist_two"]
    (gap,) = two["differences"]
    assert (gap["table"], gap["month"], gap["gap"]) == ("invoices", MAY, "missing")
    assert (gap["erp"]["amount_inr"], gap["bronze"]["amount_inr"]) == ("50500.01", "50500.00")
    (line,) = [record for record in caplog.records if record.message == "ledger differs from its ERP"]
    assert (line.__dict__["distributor_id"], line.__dict__["months"]) == ("dist_two", [f"invoices {MAY} (missing)"])
    silences = [record for record in caplog.records if record.message == "ledgers not compared with their ERP"]
    assert [record.__dict__["count"] for record in silences] == [2, 2]


def test_a_statement_that_is_none_sets_its_batch_aside(tmp_path: Path) -> None:
    Batch("dist_one", 1, sync_to=date(2026, 5, 30)).write(tmp_path)
    Batch("dist_two", 2).states("invoices", MAY, -1, "5.00").write(tmp_path)
    content = read_bronze(FolderStorage(tmp_path))
    assert [batch.distributor_id for batch in content.batches] == ["dist_one"]
    assert [(batch.object_name, batch.reason) for batch in content.set_aside] == [("manifest.json", "not a manifest")]
