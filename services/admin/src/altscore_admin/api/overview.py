"""What operations see first: the same figures as JSON and as one plain page."""

import base64
import hashlib
from html import escape
from typing import Annotated, Any

from altscore_libs.db import transaction
from altscore_libs.openapi import error_responses
from altscore_libs.types import IsoInstant
from altscore_libs.web import router as make_router
from fastapi import Depends
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from altscore_admin import store
from altscore_admin.api.auth import REFUSALS, TheDesk, require
from altscore_admin.desk import Desk
from altscore_admin.domain import instant
from altscore_admin.operators import Operator
from altscore_admin.roles import Permission

router = make_router(responses=error_responses(*REFUSALS))
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;width:100%;margin:0 0 2rem}th,td{text-align:left;padding:.35rem .6rem;"
    "border-bottom:1px solid #d8dee4}dl{display:flex;gap:2rem}dt{color:#57606a}dd{margin:0;font-size:1.6rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class DistributorRow(BaseModel):
    """A distributor and how many invites went out for him."""

    distributor_id: str
    name: str
    status: str
    requested_at: IsoInstant
    invited: int


class LenderRow(BaseModel):
    """A lender."""

    lender_id: str
    name: str
    status: str
    requested_at: IsoInstant


class PromotionRow(BaseModel):
    """A proposal or promotion."""

    promotion_id: str
    kind: str
    model_name: str
    model_version: str
    status: str
    proposed_by: str
    approved_by: str | None
    proposed_at: IsoInstant


class OverviewOut(BaseModel):
    """Counts and the lists behind them."""

    counts: dict[str, int]
    distributors: list[DistributorRow]
    lenders: list[LenderRow]
    promotions: list[PromotionRow]


async def _overview(desk: Desk) -> OverviewOut:
    async with transaction(desk.pool) as connection:
        return OverviewOut(
            counts=dict(await store.overview(connection)),
            distributors=[DistributorRow(**dict(row)) for row in await store.distributors(connection)],
            lenders=[LenderRow(**dict(row)) for row in await store.lenders(connection)],
            promotions=[PromotionRow(**dict(row)) for row in await store.promotions(connection)],
        )


@router.get("/v1/admin/overview")
async def get_overview(
    desk: TheDesk, _operator: Annotated[Operator, Depends(require(Permission.READ_OVERVIEW))]
) -> OverviewOut:
    """Partners, invites, promotions and anomalies in figures."""
    return await _overview(desk)


@router.get("/", response_class=HTMLResponse)
async def get_page(
    desk: TheDesk, operator: Annotated[Operator, Depends(require(Permission.READ_OVERVIEW, by_browser=True))]
) -> HTMLResponse:
    """The same for a browser."""
    return HTMLResponse(page(await _overview(desk), operator.operator_id), headers=_HEADERS)


def page(overview: OverviewOut, operator_id: str) -> str:
    """The page; every value is escaped."""
    counts = "".join(
        f"<div><dt>{escape(name.replace('_', ' '))}</dt><dd>{number}</dd></div>"
        for name, number in overview.counts.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>AltScore operations</title>'
        f"<style>{_STYLE}</style></head><body><h1>AltScore operations</h1>"
        f"<p>Signed in as {escape(operator_id)}.</p><dl>{counts}</dl>"
        + _table("Distributors", overview.distributors)
        + _table("Lenders", overview.lenders)
        + _table("Promotions", overview.promotions)
        + "</body></html>"
    )


def _table(title: str, rows: list[Any]) -> str:
    if not rows:
        return f"<h2>{escape(title)}</h2><p>None yet.</p>"
    columns = list(type(rows[0]).model_fields)
    head = "".join(f"<th>{escape(column.replace('_', ' '))}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_shown(getattr(row, column)))}</td>" for column in columns) + "</tr>"
        for row in rows
    )
    return f"<h2>{escape(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return instant(value) if hasattr(value, "astimezone") else str(value)
