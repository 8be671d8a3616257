"""A real PostgreSQL with the admin schema; the five services that admin calls are played by small applications."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_admin.app import create_app
from altscore_admin.clients import UpstreamClients
from altscore_admin.dependencies import Services
from altscore_admin.main import create_services
from altscore_admin.operators.service import DevelopmentOperators, new_file
from altscore_libs.clock import FixedClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.hpke import HpkeDecryptor
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.testing import SCHEMAS, SoftwareSigner, api_client, pg_server, postgres_fixtures
from altscore_libs.testing_postgres import HANG_S
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures("admin", Path(__file__).parents[1] / "migrations")
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
HPKE_KEY = X25519PrivateKey.generate()
ROLES = {
    "ops-1": ["engineering_ops"],
    "ops-2": ["engineering_ops"],
    "ml-1": ["ml_engineer"],
    "ml-2": ["ml_engineer"],
    "legal-1": ["legal_compliance"],
    "risk-1": ["credit_risk_analyst"],
    "super-1": ["super_admin"],
}
CSR = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"
DISTRIBUTOR = {"distributor_id": "dist_north", "name": "North Traders", "csr_pem": CSR}
LENDER = {"lender_id": "lender_one", "name": "Lender One"}
Answer = tuple[int, dict[str, Any]]


def retailer(number: int) -> str:
    """A retailer id."""
    return f"ret_{number:016x}"


def contact_ref(retailer_id: str) -> str:
    """What the vault gives out for the phone of record of a retailer."""
    return "pcr_" + retailer_id.removeprefix("ret_").rjust(32, "0")


@dataclass
class Upstreams:
    """The other services: what they know, what they were asked, and whether they answer."""

    retailers: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    invites: dict[str, dict[str, Any]] = field(default_factory=dict)
    consent_refuses: set[str] = field(default_factory=set)
    distributors: set[str] = field(default_factory=set)
    lenders: set[str] = field(default_factory=set)
    access_commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused_batches: dict[str, Answer] = field(default_factory=dict)
    is_down: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    async def distributor(self, request: Request, body: dict[str, Any]) -> Answer:
        identifier = request.path_params["id"]
        if "CERTIFICATE REQUEST" not in body["csr_pem"]:
            return 400, {"code": "INVALID_REQUEST"}
        public = {"distributor_id": identifier, "certificate_pem": "cert", "ca_pem": "ca"}
        if identifier in self.distributors:
            return 200, public
        self.distributors.add(identifier)
        return 201, public | {"api_key": "ak_secret", "signing_secret": "ss_secret"}

    async def backfill(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"open_until": f"2026-05-20T{8 + body['hours']:02}:00:00Z"}

    async def max_amount(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, body

    async def rotate_key(self, request: Request, body: dict[str, Any]) -> Answer:
        if body["csr_pem"] is not None and "CERTIFICATE REQUEST" not in body["csr_pem"]:
            return 400, {"code": "INVALID_REQUEST"}
        return 201, {
            "api_key": "ak_secret_2",
            "signing_secret": "ss_secret_2",
            "valid_from": "2026-05-20T08:00:00Z",
            "expires_at": "2026-06-26T08:00:00Z",
            "previous_valid_until": None if body["end_previous"] else "2026-05-27T08:00:00Z",
            "certificate_pem": body["csr_pem"] and "cert_2",
            "ca_pem": body["csr_pem"] and "ca",
        }

    async def revoke(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"revoked_at": "2026-05-20T08:00:00Z", "keys": 2, "certificates": 1}

    async def reprocess(self, request: Request, body: dict[str, Any]) -> Answer:
        if request.path_params["batch"] in self.refused_batches:
            return self.refused_batches[request.path_params["batch"]]
        stays = {"table": "payments", "field": "amount_paid_inr", "rule": "is not a number", "records": 4}
        counts = {"accepted": 3, "outdated": 1, "duplicate": 2}
        return 200, {"batch_id": "bat_" + "2" * 32, "remaining": [stays], **counts}

    async def lender(self, request: Request, body: dict[str, Any]) -> Answer:
        identifier = request.path_params["id"]
        if identifier in self.lenders:
            return 200, {"client_id": identifier}
        self.lenders.add(identifier)
        test = {"test_client_id": f"test_{identifier}", "test_client_secret": "ts_secret"}
        return 201, {"client_id": identifier, "client_secret": "cs_secret", **test}

    async def change_access(self, request: Request, body: dict[str, Any]) -> Answer:
        identifier, kind = request.path_params["id"], request.path_params["kind"]
        if identifier not in self.lenders:
            return 404, {"code": "NOT_FOUND"}
        is_repeated = body["order_id"] in self.access_commands
        self.access_commands.setdefault(body["order_id"], {"kind": kind, **body})
        content: dict[str, Any] = {"client_id": identifier, "is_repeated": is_repeated}
        if kind == "rotate-secret" and not is_repeated:
            return 201, content | {"client_secret": "cs_secret_2", "former_valid_until": "2026-05-20T09:00:00Z"}
        return 200, content

    async def page(self, request: Request, body: dict[str, Any]) -> Answer:
        retailers, after = self.retailers[request.path_params["id"]], request.query_params.get("after", "")
        rest = [pair for pair in sorted(retailers) if pair[0] > after]
        page = rest[:3]  # smaller than asked for, so that every test of invites pages
        return 200, {
            "retailers": [
                {
                    "retailer_id": retailer_id,
                    "reachable": has_phone,
                    "contact_ref": contact_ref(retailer_id) if has_phone else None,
                }
                for retailer_id, has_phone in page
            ],
            "next": page[-1][0] if len(rest) > 3 else None,
        }

    async def confirm(self, request: Request, body: dict[str, Any]) -> Answer:
        retailer_id = request.path_params["id"]
        known = self.retailers.get(body["distributor_id"], [])
        if retailer_id not in {identifier for identifier, _ in known}:
            return 404, {"code": "NOT_FOUND"}
        self.retailers[body["distributor_id"]] = [(name, has or name == retailer_id) for name, has in known]
        return 200, {"retailer_id": retailer_id, "contact_ref": contact_ref(retailer_id)}

    async def invite(self, request: Request, body: dict[str, Any]) -> Answer:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await request.is_disconnected()
        self.in_flight -= 1
        if body["retailer_id"] in self.consent_refuses:
            return 409, {"code": "CONFLICT"}
        created = body["retailer_id"] not in self.invites
        self.invites.setdefault(body["retailer_id"], body)
        return 200, {"invite_id": "inv_" + "0" * 32, "status": "open", "created": created}

    async def entries(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"entries": [{"seq": 1, "payload": "{}", "asked": dict(request.query_params)}], "next": None}

    async def search(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"entries": [{"seq": 2, "asked": dict(request.query_params)}], "next": "1.00000000"}

    async def history(self, request: Request, body: dict[str, Any]) -> Answer:
        retailer_id = request.path_params["id"]
        return 200, {"retailer_id": retailer_id, "invites": [{"invite_id": "inv_1"}], "records": []}

    def application(self, service: str) -> Starlette:
        """One service's part of the contract."""

        def answers(method: Callable[[Request, dict[str, Any]], Awaitable[Answer]]) -> Any:
            async def endpoint(request: Request) -> JSONResponse:
                if service in self.is_down:
                    return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
                body = await request.json() if await request.body() else {}
                self.asked.append((f"{request.method} {request.url.path}", body))
                status, content = await method(request, body)
                return JSONResponse(content, status)

            return endpoint

        distributor = "/internal/admin/distributors/{id}"
        routes = {
            "ingestion": [
                Route(distributor, answers(self.distributor), methods=["PUT"]),
                Route(f"{distributor}/backfill", answers(self.backfill), methods=["POST"]),
                Route(f"{distributor}/max-amount", answers(self.max_amount), methods=["POST"]),
                Route(f"{distributor}/rotate-key", answers(self.rotate_key), methods=["POST"]),
                Route(f"{distributor}/revoke", answers(self.revoke), methods=["POST"]),
                Route(f"{distributor}/quarantine/{{batch}}/reprocess", answers(self.reprocess), methods=["POST"]),
            ],
            "score": [
                Route("/internal/admin/lenders/{id}", answers(self.lender), methods=["PUT"]),
                Route("/internal/admin/lenders/{id}/{kind}", answers(self.change_access), methods=["POST"]),
            ],
            "vault": [
                Route(f"{distributor}/retailers", answers(self.page)),
                Route("/internal/admin/retailers/{id}/phones/confirm", answers(self.confirm), methods=["POST"]),
            ],
            "consent": [
                Route("/internal/admin/invites", answers(self.invite), methods=["POST"]),
                Route("/v1/consent/{id}/history", answers(self.history)),
            ],
            "audit": [
                Route("/internal/entries", answers(self.entries)),
                Route("/internal/search", answers(self.search)),
            ],
        }
        return Starlette(routes=routes[service])

    def clients(self) -> UpstreamClients:
        """Clients of all of them."""

        def client(service: str) -> ServiceClient:
            transport = httpx.ASGITransport(app=self.application(service))
            return ServiceClient("https://other.test", tls=None, timeout_s=HANG_S, attempts=1, transport=transport)

        return UpstreamClients(**{name: client(name) for name in ("ingestion", "score", "consent", "vault", "audit")})


class Operations:
    """The service under test and the operators in front of it."""

    def __init__(self, services: Services, tokens: dict[str, str], pool: asyncpg.Pool) -> None:
        self.services = services
        self.tokens = tokens
        self.pool = pool
        self.app = create_app(services)
        self._catalog = SchemaCatalog.load(SCHEMAS)

    @asynccontextmanager
    async def by(self, operator: str | None) -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client that carries the operator's token."""
        async with api_client(self.app) as client:
            if operator is not None:
                client.headers["Authorization"] = f"Bearer {self.tokens[operator]}"
            yield client

    async def post(self, operator: str | None, path: str, body: Any) -> httpx.Response:
        """One request."""
        async with self.by(operator) as client:
            return await client.post(path, json=body)

    async def events(self, name: str = "audit_event") -> list[dict[str, Any]]:
        """Events of that name in the outbox, in order."""
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE name = $1 ORDER BY id", name)
        return [self._catalog.decode(name, row["payload"]) for row in rows]

    async def audited(self) -> list[tuple[str, str, str]]:
        """Action, actor and outcome of every audit event."""
        return [(event["action"], event["actor"], event["outcome"]) for event in await self.events()]

    async def whole_database(self) -> str:
        """Every row of every table as text."""
        tables = await self.pool.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        texts = []
        for row in tables:
            texts += await self.pool.fetch(f"SELECT t::text AS line FROM {row['tablename']} t")
            if row["tablename"] == "outbox":
                texts += await self.pool.fetch("SELECT encode(payload, 'escape') AS line FROM outbox")
        assert texts
        return "\n".join(row["line"] for row in texts)


@pytest.fixture
def upstreams() -> Upstreams:
    return Upstreams()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def signer() -> SoftwareSigner:
    return SoftwareSigner("promotion")


@pytest.fixture
def operations(
    pool: asyncpg.Pool, upstreams: Upstreams, clock: FixedClock, signer: SoftwareSigner, tmp_path: Path
) -> Operations:
    content, tokens = new_file(ROLES.items())
    (tmp_path / "operators.json").write_text(json.dumps(content), encoding="utf-8")
    services = create_services(
        pool=pool,
        outbox=Outbox(SchemaCatalog.load(SCHEMAS), "admin", clock),
        clock=clock,
        upstream=upstreams.clients(),
        signer=signer,
        keys=signer.public_keys(),
        operators=DevelopmentOperators.load(tmp_path / "operators.json"),
        decryptor=HpkeDecryptor([HPKE_KEY]),
    )
    return Operations(services, tokens, pool)


@pytest.fixture
def statement() -> dict[str, Any]:
    """A promotion request that passes every threshold."""

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    return {
        "model_name": "altscore-pd",
        "version": "3",
        "model_sha256": digest("model"),
        "artifact_uri": "s3://altscore-models/pd/3/model.ubj",
        "evaluation": {"auroc": 0.79, "ks": 0.41, "air_min": 0.86, "is_calibrated": True, "folds": [{"brier": 0.06}]},
        "taxonomy_digest": digest("taxonomy"),
        "guardrail_digest": digest("guardrails"),
    }


@pytest.fixture
async def partners(operations: Operations, upstreams: Upstreams) -> Operations:
    """Operations with a distributor of eight retailers, of whom the fourth cannot be reached, and a lender."""
    await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR)
    await operations.post("ops-1", "/v1/admin/lenders", LENDER)
    upstreams.retailers["dist_north"] = [(retailer(number), number != 4) for number in range(1, 9)]
    return operations
