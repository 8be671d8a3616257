"""The document shows every figure, says what is missing, and takes nothing for markup."""

from datetime import UTC, date, datetime

import pytest
from altscore_admin.compliance import domain
from altscore_admin.compliance.domain import Range, Section
from altscore_admin.compliance.rendering import render_html, render_pdf

SERIES = [{"period": f"2026-0{month}-01", "consent_granted": month, "consent_revoked": 1} for month in (1, 2, 3)]
SECTIONS = [
    Section("consents", "chain", figures={"consent_granted": 6, "consent_revoked": 3}, series=SERIES),
    Section("fairness", "chain", figures={"lowest_of_runs": None}),
    Section("refusals", "chain", problem="<script>alert(1)</script>"),
]
REPORT = domain.report_of(
    "rep_" + "0" * 32,
    Range(date(2026, 1, 1), date(2026, 3, 31)),
    SECTIONS,
    made_at=datetime(2026, 5, 20, 8, 0, tzinfo=UTC),
    today=date(2026, 5, 20),
)


def test_every_plot_has_a_text_that_says_the_same() -> None:
    html = render_html(REPORT)
    assert html.count("<img ") == 1
    assert html.count("Stacked by period, 2026-01 to 2026-03: consent granted 6, consent revoked 3 in all.") == 2


def test_what_is_missing_is_said_and_what_is_not_known_is_no_zero() -> None:
    html = render_html(REPORT)
    assert "Not complete" in html
    assert "अपूर्ण" in html
    assert "not measurable" in html


def test_texts_are_escaped() -> None:
    assert "<script>" not in render_html(REPORT)


def test_the_pdf_is_one() -> None:
    pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))  # type: ignore[arg-type]  # Pango may be missing
    assert render_pdf(REPORT).startswith(b"%PDF-")
