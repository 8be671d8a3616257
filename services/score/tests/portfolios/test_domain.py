"""Cells of a download, and months of India's calendar."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from altscore_score.portfolios.domain import csv_lines, first_month


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text(text: str) -> None:
    [[cell, other]] = csv.reader(io.StringIO(csv_lines([[text, "ret_1"]]), newline=""))
    assert (cell, other) == (f"'{text}", "ret_1")


def test_any_text_comes_back_as_it_was() -> None:
    row = ['a "quoted" shop', "one,two", "ends\r\nhere", "दुकान", ""]
    assert list(csv.reader(io.StringIO(csv_lines([row]), newline=""))) == [row]


def test_a_month_begins_in_india() -> None:
    last_evening = datetime(2026, 5, 31, 18, 30, tzinfo=UTC)  # midnight in India
    assert first_month(last_evening, back=0) == date(2026, 6, 1)
    assert first_month(last_evening, back=6) == date(2025, 12, 1)
