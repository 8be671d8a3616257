"""GET /v1/lender/…: each answer is that of the session's own lender, whatever the request says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_admin.portal.clients import PortalClients
from altscore_admin.portal.lender_portfolio.service import LenderService
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.sessions.domain import Person
from altscore_admin.portal.wiring import SignInAt, create_services
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, Database
from altscore_libs.testing_postgres import HANG_S
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .conftest import CATALOGUE, EMAILS, KEYS, NORTH, Owners, Portal

MINE, THEIRS = "lender_north", "lender_south"
RETAILERS = {MINE: "ret_" + "1" * 16, THEIRS: "ret_" + "2" * 16}
AT = "2026-05-20T08:00:00Z"
ROUTES = ("portfolio", "portfolio/history", "retailers", "alerts", "usage", "usage/days", "credentials", "download.csv")


@dataclass
class Score:
    """The score service by its contract: it knows both lenders, and answers for the one in the path."""

    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refusal: tuple[int, str] | None = None
    refuses_after: int = 0

    async def answer(self, request: Request) -> JSONResponse:
        """What belongs to the lender in the path."""
        lender, _, what = request.path_params["rest"].partition("/")
        self.asked.append((f"{lender}/{what}", dict(request.query_params)))
        if self.refusal is not None and len(self.asked) > self.refuses_after:
            return JSONResponse({"code": self.refusal[1]}, self.refusal[0])
        if what.startswith("retailers/"):
            if what != f"retailers/{RETAILERS[lender]}":
                return JSONResponse({"code": "CONSENT_NOT_GRANTED"}, 403)
            return JSONResponse(view_of(RETAILERS[lender]))
        return JSONResponse(self._body(lender, what, request.query_params.get("cursor")))

    def _body(self, lender: str, what: str, cursor: str | None) -> dict[str, Any]:
        count = {"standing": "B", "retailers": 1, "recommended_limit_inr": 5, "counted_at": AT}
        if what == "portfolio":
            numbers = dict.fromkeys(("recommended_limit_inr", "low_confidence", "blocked", "consents_ending"), 0)
            return {"counted_at": AT, "retailers": 1, **numbers, "items": [count], "lender_id": lender}
        if what == "usage":
            quota = {"name": "day", "limit": 5000, "window_s": 86_400, "used": 1, "remaining": 4999}
            return {"items": [quota], "disclosures_per_retailer_a_day": 3}
        if what == "usage/days":
            day = {"day": "2026-05-20", "served": 1, "refusals": [{"code": "RATE_LIMIT_EXCEEDED", "calls": 2}]}
            return {"counted_since": AT, "items": [day], "lender_id": lender}
        if what == "download":
            follows = cursor is None
            return {"lines": f"{RETAILERS[lender]}\r\n", "next_cursor": RETAILERS[lender] if follows else None}
        items: dict[str, dict[str, Any]] = {
            "portfolio/history": {**count, "month": "2026-05"},
            "retailers": row_of(RETAILERS[lender]),
            "alerts": {"kind": "blocked", "retailer_id": RETAILERS[lender], "at": AT},
            "credentials": {
                "client_id": lender,
                "is_active": True,
                "onboarded_at": AT,
                "secret_since": None,
                "rotation_due": True,
                "former_valid_until": [],
                "secret_hash": "no field of the portal",
            },
        }
        return {"items": [items[what]], "next_cursor": None, "purposes": []}

    def client(self) -> ServiceClient:
        """A client of it."""
        app = Starlette(routes=[Route("/internal/portal/lenders/{rest:path}", self.answer)])
        transport = httpx.ASGITransport(app=app)
        return ServiceClient("https://score.test", tls=None, timeout_s=HANG_S, attempts=1, transport=transport)


def row_of(retailer_id: str) -> dict[str, Any]:
    """A row as score gives it."""
    return {
        "retailer_id": retailer_id,
        "state": "scored",
        "code": None,
        "score_id": "scr_1",
        "altscore": 724,
        "risk_band": "B",
        "probability_of_default": 0.082,
        "recommended_limit_inr": 175_000,
        "low_confidence": False,
        "scored_at": AT,
        "expires_at": AT,
        "purposes": ["working_capital_loan"],
        "consent_expires_at": AT,
        "gst": "no field of the portal",
    }


def view_of(retailer_id: str) -> dict[str, Any]:
    """A view as score gives it, of a retailer that is blocked."""
    return {
        "retailer_id": retailer_id,
        "score": None,
        "code": "DATA_INSUFFICIENT",
        "retry_after_s": None,
        "is_repeated": False,
        "purpose": "working_capital_loan",
        "consent_expires_at": AT,
        "history": [],
    }


@pytest.fixture
def score() -> Score:
    return Score()


@pytest.fixture
async def dashboards(database: Database, pool: asyncpg.Pool, owners: Owners, clock: FixedClock, score: Score) -> Portal:
    """The portal with two lenders, and the owner of a distributor."""
    others = owners.clients()
    clients = PortalClients(
        ingestion=others.ingestion, consent=others.consent, vault=others.vault, score=score.client()
    )
    outbox = Outbox(CATALOGUE, "portal", clock, mac_key=OUTBOX_KEY)
    sign_in = SignInAt(ProviderClient(monotonic=lambda: 0.0), "https://altscore.test")
    services = create_services(pool, outbox=outbox, clock=clock, keys=KEYS, clients=clients, sign_in=sign_in)
    return Portal(services, pool=pool, database=database, clock=clock)


@asynccontextmanager
async def officer(portal: Portal, lender: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with the session of a person at a lender, whom its identity provider has proven."""
    person_id = await portal.enrol(
        NORTH, kind="lender", organisation_id=lender, email=f"officer@{lender}.example".replace("_", "-"),
        phone=None, lender_scope=None, purpose=None,
    )  # fmt: skip
    async with transaction(portal.pool) as connection:
        opened = await portal.services.sessions.open(
            connection, Person(person_id, "lender", lender), sign_in="oidc", former_token=None
        )
    assert opened is not None
    async with portal.browser() as client:
        client.cookies.set("__Host-altscore_lender", opened.token)
        yield client


async def test_every_route_asks_for_the_sessions_own_lender_and_names_its_person(
    dashboards: Portal, score: Score
) -> None:
    async with officer(dashboards, MINE) as client:
        for route in (*ROUTES, f"retailers/{RETAILERS[MINE]}"):
            answer = await client.get(f"/v1/lender/{route}")
            assert answer.status_code == 200, (route, answer.text)
            assert THEIRS not in answer.text
            assert "no field of the portal" not in answer.text
    assert {path.split("/")[0] for path, _ in score.asked} == {MINE}
    assert len({query["person_id"] for _, query in score.asked}) == 1


async def test_what_a_request_says_of_a_lender_or_a_person_is_refused_or_ignored(
    dashboards: Portal, score: Score
) -> None:
    async with officer(dashboards, MINE) as client:
        for name in ("lender_id", "person_id", "organisation_id"):
            assert (await client.get("/v1/lender/retailers", params={name: THEIRS})).status_code == 400
            assert (await client.get("/v1/lender/alerts", params={name: THEIRS})).status_code == 400
            assert (await client.get("/v1/lender/portfolio", params={name: THEIRS})).status_code == 200
        assert (await client.get(f"/v1/lender/retailers/..%2F..%2F{THEIRS}%2Fportfolio")).status_code in (400, 404)
    assert {path.split("/")[0] for path, _ in score.asked} == {MINE}


async def test_unknown_and_another_lenders_retailers_are_refused_alike(dashboards: Portal) -> None:
    async with officer(dashboards, MINE) as client:
        answers = [
            await client.get(f"/v1/lender/retailers/{retailer}") for retailer in (RETAILERS[THEIRS], "ret_" + "a" * 16)
        ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len({answer.text.replace(answer.headers["x-request-id"], "") for answer in answers}) == 1


async def test_nobody_and_a_distributors_owner_are_refused(dashboards: Portal, score: Score) -> None:
    await dashboards.enrol(NORTH)
    async with dashboards.browser() as nobody, dashboards.signed_in(NORTH) as owner:
        assert EMAILS[NORTH]
        for client in (nobody, owner):
            for route in ROUTES:
                assert (await client.get(f"/v1/lender/{route}")).status_code == 401
    assert score.asked == []


async def test_a_refusal_of_score_is_told_without_its_words(dashboards: Portal, score: Score) -> None:
    async with officer(dashboards, MINE) as client:
        for refusal, expected in (((403, "FORBIDDEN"), 403), ((500, "INTERNAL_ERROR"), 503), ((403, "OTHER"), 503)):
            score.refusal = refusal
            for route in ("portfolio", "download.csv"):
                assert (await client.get(f"/v1/lender/{route}")).status_code == expected


async def test_a_download_is_put_together_from_its_parts(dashboards: Portal, score: Score) -> None:
    async with officer(dashboards, MINE) as client:
        answer = await client.get("/v1/lender/download.csv")
    assert answer.text == f"{RETAILERS[MINE]}\r\n" * 2
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="portfolio.csv"'
    assert [query.get("cursor") for _, query in score.asked] == [None, RETAILERS[MINE]]


async def test_a_download_whose_later_part_cannot_be_read_does_not_look_whole(dashboards: Portal, score: Score) -> None:
    score.refusal, score.refuses_after = (503, "SERVICE_UNAVAILABLE"), 1
    person = Person("per_" + "1" * 32, "lender", MINE)
    parts = LenderService(dashboards.services.lenders.clients).download(person)
    assert (await anext(parts)).decode() == f"{RETAILERS[MINE]}\r\n"
    with pytest.raises(Unavailable):
        await anext(parts)
