"""A compliance report as PDF: headings in English and Hindi, figures with their sources, plots with their texts."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from altscore_libs.instants import INDIA

from altscore_admin.compliance.plots import plot_of
from altscore_admin.compliance.templating import environment


def render_html(report: Mapping[str, Any]) -> str:
    """The report as the HTML that the PDF is made of."""
    plots = {section["name"]: plot for section in report["sections"] if (plot := plot_of(section)) is not None}
    made_at = datetime.fromisoformat(report["made_at"]).astimezone(INDIA)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            plots={name: _source_of(plot.svg) for name, plot in plots.items()},
            texts={name: plot.text for name, plot in plots.items()},
            made_at=made_at.strftime("%d-%m-%Y %H:%M IST"),
        )
    )


def render_pdf(report: Mapping[str, Any]) -> bytes:
    """The report as a tagged PDF.

    Raises:
        OSError: the system's text layout (Pango) or its fonts are missing.
    """
    # Imported here: the library loads Pango when it is imported, and only this function needs it.
    from weasyprint import HTML  # noqa: PLC0415
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    # A report holds everything that it shows: neither files nor other machines are reached for.
    fetcher = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    document = HTML(string=render_html(report), url_fetcher=fetcher)
    content: bytes = document.write_pdf(pdf_tags=True)
    return content


def _source_of(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
