"""The overview: what the database of this service holds, in figures and as a page."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.instants import format_instant
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from altscore_admin.overview import store
from altscore_admin.overview.schemas import DistributorRow, LenderRow, OverviewOut, PromotionRow


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return format_instant(value, "seconds") if isinstance(value, datetime) else str(value)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(cell=_cell, label=_label)
_STYLE_DIGEST = hashlib.sha256(_templates.get_template("overview.css").render().encode()).digest()
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(_STYLE_DIGEST).decode()}'",
    "Referrer-Policy": "no-referrer",
}


def render_page(overview: OverviewOut, operator_id: str) -> str:
    """The overview as HTML; every value is escaped."""
    tables = {
        "Distributors": [row.model_dump() for row in overview.distributors],
        "Lenders": [row.model_dump() for row in overview.lenders],
        "Promotions": [row.model_dump() for row in overview.promotions],
    }
    page = _templates.get_template("overview.html")
    return page.render(counts=overview.counts, tables=tables, operator_id=operator_id)


@dataclass(frozen=True)
class OverviewService:
    """Reads the overview."""

    pool: asyncpg.Pool

    async def read(self) -> OverviewOut:
        """Partners, invites, promotions and anomalies in figures."""
        async with transaction(self.pool) as connection:
            return OverviewOut(
                counts=dict(await store.counts(connection)),
                distributors=[DistributorRow(**dict(row)) for row in await store.distributors(connection)],
                lenders=[LenderRow(**dict(row)) for row in await store.lenders(connection)],
                promotions=[PromotionRow(**dict(row)) for row in await store.promotions(connection)],
            )
