"""The portal on a real PostgreSQL with its own schema; the services that it calls are small applications."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_admin.portal.app import create_app, create_internal_app
from altscore_admin.portal.clients import PortalClients
from altscore_admin.portal.codes.domain import code_context
from altscore_admin.portal.codes.service import CodeHasher
from altscore_admin.portal.crypto import PortalKeys
from altscore_admin.portal.dependencies import Services
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.wiring import SignInAt, create_services
from altscore_libs.clock import FixedClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database, api_client, postgres_fixtures
from altscore_libs.testing_postgres import HANG_S
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

template, database, pool = postgres_fixtures("portal", Path(__file__).parents[2] / "migrations_portal")
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
KEYS = PortalKeys(b"k" * 32)
CATALOGUE = SchemaCatalog.load(SCHEMAS)
CHEAP_ARGON2ID = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""At its real cost the hash of two codes takes longer than most tests."""
NORTH, SOUTH = "dist_north", "dist_south"
EMAILS = {NORTH: "owner@north.example", SOUTH: "owner@south.example"}
PHONES = {NORTH: "9000000001", SOUTH: "9000000002"}
BATCHES = {NORTH: "bat_" + "1" * 32, SOUTH: "bat_" + "2" * 32}
RETAILERS = {NORTH: "ret_" + "1" * 16, SOUTH: "ret_" + "2" * 16}
COOKIE = "__Host-altscore_portal"


@dataclass
class Owners:
    """The services that own the data: each knows both distributors, and is asked for one of them by its path."""

    asked: list[str] = field(default_factory=list)
    invites: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    is_down: bool = False

    async def answer(self, request: Request) -> JSONResponse:
        """What belongs to the distributor in the path."""
        distributor, _, what = request.path_params["rest"].partition("/")
        self.asked.append(f"{request.method} {request.url.path}")
        if self.is_down:
            return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
        body = await request.json() if request.method == "POST" else {}
        if what.startswith("batches/") and what != f"batches/{BATCHES[distributor]}":
            return JSONResponse({"code": "NOT_FOUND"}, 404)
        if what == "contacts":
            items = [
                {"retailer_id": identifier, "contact_ref": "pcr_" + "0" * 32}
                for identifier in body["retailer_ids"]
                if identifier == RETAILERS[distributor]
            ]
            return JSONResponse({"items": items})
        if what == "invites" and request.method == "POST":
            is_new = (distributor, body) not in self.invites
            self.invites.append((distributor, body))
            return JSONResponse({"invite_id": "inv_" + "0" * 32, "status": "open", "created": is_new})
        return JSONResponse(readings(distributor)["batch" if what.startswith("batches/") else what])

    def clients(self) -> PortalClients:
        """Clients of all of them."""
        app = Starlette(
            routes=[Route("/internal/portal/distributors/{rest:path}", self.answer, methods=["GET", "POST"])]
        )

        def client() -> ServiceClient:
            transport = httpx.ASGITransport(app=app)
            return ServiceClient("https://other.test", tls=None, timeout_s=HANG_S, attempts=1, transport=transport)

        return PortalClients(ingestion=client(), consent=client(), vault=client(), score=client())


def readings(distributor: str) -> dict[str, dict[str, Any]]:
    """What the owning services say of a distributor; every text of it names the distributor's own ids alone."""
    batch = {
        "batch_id": BATCHES[distributor],
        "erp_type": "tally_prime",
        "state": "complete",
        "received_at": "2026-05-20T07:00:00Z",
        "completed_at": "2026-05-20T07:00:01Z",
        "submitted": 10,
        "accepted": 8,
        "quarantined": 2,
        "duplicate": 0,
        "completeness": "90.0",
        "reprocessed_from": None,
    }
    reason = {"field": "due_date", "reason": "is not a date"}
    erp = {"count": 2, "amount_inr": "1250.50"}
    bronze = {"documents": 2, "records": 2, "amount_inr": "1250.49"}
    month = {"table": "invoices", "month": "2026-04", "erp": erp, "bronze": bronze, "compared": True, "agrees": False}
    summary = {name: batch[name] for name in ("submitted", "accepted", "quarantined", "duplicate")}
    times = {"last_received_at": batch["received_at"], "last_accepted_at": None}
    record = {"batch_id": batch["batch_id"], "received_at": batch["received_at"], "table": "invoices", "position": 3}
    return {
        "sync": {
            "summary": {"batches": 1, **summary, **times},
            "coverage": [{"table": "invoices", "first_on": "2026-04-01", "last_on": "2026-05-19"}],
            "heartbeat": None,
            "installation": None,
            "totals": {"compared": True, "agrees": False, "months": [month]},
        },
        "batches": {"items": [batch], "next_cursor": None},
        "batch": {"batch": batch, "reasons": [{**reason, "table": "invoices", "records": 2}]},
        "quarantine": {"items": [{**record, "record_key": "INV-7", "reasons": [reason]}], "next_cursor": None},
        "retailers": {
            "items": [
                {
                    "retailer_id": RETAILERS[distributor],
                    "shop_name": "Shop",
                    "gst": "XXXX…A1Z9",
                    "gst_status": "verified",
                    "phone": "0000",
                    "has_contact": True,
                }
            ],
            "next_cursor": None,
        },
        "invites": {"items": [], "next_cursor": None},
        "credentials": credentials(),
    }


def credentials() -> dict[str, Any]:
    """Times of a certificate and a key, and a field that must not be passed on."""
    return {
        "certificates": [
            {
                "fingerprint": "a" * 64,
                "created_at": "2026-05-01T00:00:00Z",
                "accepted_until": "2026-05-25T00:00:00Z",
                "revoked_at": None,
                "certificate_pem": "no field of the portal",
            }
        ],
        "api_keys": [
            {
                "key_number": 1,
                "valid_from": "2026-05-01T00:00:00Z",
                "accepted_until": "2026-06-07T00:00:00Z",
                "used_at": None,
                "revoked_at": None,
            }
        ],
        "ssh_keys": [],
    }


@cache
def applications() -> tuple[FastAPI, FastAPI]:
    """What browsers reach and what admin asks, once for all tests: routes' schemas cost more than most tests."""
    return create_app(None), create_internal_app(None)


class Portal:
    """The portal, whom it writes to, and its audit."""

    def __init__(self, services: Services, *, pool: asyncpg.Pool, database: Database, clock: FixedClock) -> None:
        self.services, self.pool, self.clock = services, pool, clock
        self.app, self.internal = applications()
        for app in (self.app, self.internal):
            app.state.services = services
        object.__setattr__(services.codes, "hasher", CodeHasher(CHEAP_ARGON2ID))
        self.database = database

    async def enrol(self, distributor: str, **changes: Any) -> str:
        """Enrols the owner of a distributor, as admin does; their id."""
        body = {
            "kind": "distributor",
            "organisation_id": distributor,
            "organisation_name": distributor.removeprefix("dist_").title() + " Traders",
            "email": EMAILS[distributor],
            "phone": PHONES[distributor],
            "language": "hi",
            "lender_scope": ["lender_one"],
            "purpose": "credit_assessment",
        }
        answer = await self.ask("POST", "/people", json=body | changes)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["person_id"])

    async def ask(self, method: str, path: str, *, caller: str | None = "admin", **options: Any) -> httpx.Response:
        """A request to the internal application."""
        async with api_client(self.internal, caller) as client:
            return await client.request(method, f"/internal/admin{path}", **options)

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        """A browser of nobody yet."""
        async with api_client(self.app) as client:
            yield client

    async def start(self, client: httpx.AsyncClient, email: str) -> str:
        """Asks for codes; the challenge."""
        answer = await client.post("/v1/portal/otp", json={"email": email})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["challenge_id"])

    async def codes(self, challenge_id: str) -> dict[str, str]:
        """The codes that wait to be sent, as the body of the verification."""
        rows = await self.pool.fetch(
            "SELECT channel, code_ciphertext FROM outgoing_code WHERE challenge_id = $1", challenge_id
        )
        plain = {
            row["channel"]: KEYS.decrypt(bytes(row["code_ciphertext"]), code_context(challenge_id, row["channel"]))
            for row in rows
        }
        assert all(re.fullmatch("[0-9]{6}", code) for code in plain.values())
        return {"challenge_id": challenge_id, "email_code": plain["email"], "phone_code": plain["sms"]}

    async def verify(self, client: httpx.AsyncClient, body: dict[str, str]) -> httpx.Response:
        """Types the codes."""
        return await client.post("/v1/portal/otp/verify", json=body)

    @asynccontextmanager
    async def signed_in(self, distributor: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser whose person is signed in; it carries the token of unsafe methods."""
        async with self.browser() as client:
            challenge_id = await self.start(client, EMAILS[distributor])
            answer = await self.verify(client, await self.codes(challenge_id))
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
            yield client

    async def audited(self) -> list[dict[str, Any]]:
        """Every audit event."""
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE name = 'audit_event' ORDER BY id")
        return [CATALOGUE.decode("audit_event", row["payload"]) for row in rows]

    async def last_audited(self) -> dict[str, Any]:
        """The newest audit event."""
        return (await self.audited())[-1]


@pytest.fixture
def owners() -> Owners:
    return Owners()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def portal(database: Database, pool: asyncpg.Pool, owners: Owners, clock: FixedClock) -> Portal:
    """The portal with the owners of two distributors."""
    outbox = Outbox(CATALOGUE, "portal", clock, mac_key=OUTBOX_KEY)
    sign_in = SignInAt(ProviderClient(monotonic=lambda: 0.0), "https://altscore.test")
    services = create_services(pool, outbox=outbox, clock=clock, keys=KEYS, clients=owners.clients(), sign_in=sign_in)
    world = Portal(services, pool=pool, database=database, clock=clock)
    for distributor in (NORTH, SOUTH):
        await world.enrol(distributor)
    return world
