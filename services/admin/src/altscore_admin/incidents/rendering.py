"""A notice as PDF."""

import asyncio
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from altscore_admin.errors import ReportNotDrawn


def render_notice_html(document: Mapping[str, Any]) -> str:
    """The HTML that the PDF is made of; every value is escaped."""
    templates = Environment(
        loader=PackageLoader("altscore_admin.incidents"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    templates.filters["label"] = lambda name: str(name).replace("_", " ")
    return templates.get_template("notice.html.j2").render(document=document)


async def render_notice(document: Mapping[str, Any]) -> bytes:
    """The notice as PDF.

    Raises:
        ReportNotDrawn: the system's text layout (Pango) or its fonts are missing.
    """
    try:
        return await asyncio.to_thread(_draw, render_notice_html(document))
    except (OSError, ImportError) as error:
        raise ReportNotDrawn("this process cannot draw the PDF; the JSON holds the same") from error


def _draw(html: str) -> bytes:
    # Imported here: the library loads Pango when it is imported, and only this function needs it.
    from weasyprint import HTML  # noqa: PLC0415
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    content: bytes = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf(pdf_tags=True)
    return content
