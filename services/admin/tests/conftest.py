"""A real PostgreSQL with the admin schema; the five services that admin calls are played by small applications."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_admin.app import create_app
from altscore_admin.confirmations.service import ConfirmedOutbox
from altscore_admin.dependencies import Services
from altscore_admin.erasures.domain import read_stores
from altscore_admin.operators.service import DevelopmentOperators, new_file
from altscore_admin.rights.domain import NOTICE
from altscore_admin.sessions.row_macs import SignInMacs
from altscore_admin.sessions.wiring import NOT_CONFIGURED
from altscore_admin.wiring import create_services
from altscore_libs.clock import FixedClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.hpke import HpkeDecryptor, HpkeEncryptor
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import (
    OUTBOX_KEY,
    SCHEMAS,
    Database,
    SoftwareSigner,
    api_client,
    pg_server,
    postgres_fixtures,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from fastapi import FastAPI

from .upstreams import PERSON, Answer, Upstreams, contact_ref, retailer

__all__ = ["PERSON", "Answer", "Upstreams", "contact_ref", "database", "pg_server", "pool", "retailer", "template"]
template, database, pool = postgres_fixtures("admin", Path(__file__).parents[1] / "migrations")
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
HPKE_KEY = X25519PrivateKey.generate()
REPORT, VAULT = SoftwareSigner("erasure-report"), SoftwareSigner("erasure-signing")
ROLES = {
    "ops-1": ["engineering_ops"],
    "ops-2": ["engineering_ops"],
    "ml-1": ["ml_engineer"],
    "ml-2": ["ml_engineer"],
    "legal-1": ["legal_compliance"],
    "risk-1": ["credit_risk_analyst"],
    "sec-1": ["security_audit"],
    "super-1": ["super_admin"],
    "super-2": ["super_admin"],
    "audit-1": ["security_audit"],
    "data-1": ["data_engineer"],
}
CSR = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"
DISTRIBUTOR = {"distributor_id": "dist_north", "name": "North Traders", "csr_pem": CSR}
LENDER = {"lender_id": "lender_one", "name": "Lender One"}
CATALOGUE = SchemaCatalog.load(SCHEMAS)
STORES = read_stores(SCHEMAS / "privacy/stores.yml")
SERVICES = ("ingestion", "score", "consent", "vault", "audit")


@cache
def application() -> FastAPI:
    """One for all tests: FastAPI makes a route's schemas at its first use, which takes longer than most tests."""
    return create_app(None)


class Operations:
    """The service under test and the operators in front of it."""

    def __init__(self, services: Services, tokens: dict[str, str], *, pool: asyncpg.Pool, database: Database) -> None:
        self.services = services
        self.tokens = tokens
        self.pool = pool
        self._database = database
        self.app = application()
        self.app.state.services = services

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

    async def approve(self, operator: str, requested: httpx.Response) -> httpx.Response:
        """Another person's approval of what a response to the first person holds."""
        assert requested.status_code == 202, requested.text
        request = requested.json()
        body = {"content_sha256": request["content_sha256"]}
        return await self.post(operator, f"/v1/admin/approvals/{request['approval_id']}/approve", body)

    async def events(self, name: str = "audit_event") -> list[dict[str, Any]]:
        """Events of that name in the outbox, in order."""
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE name = $1 ORDER BY id", name)
        return [CATALOGUE.decode(name, row["payload"]) for row in rows]

    async def audited(self) -> list[tuple[str, str, str]]:
        """Action, actor and outcome of every audit event."""
        return [(event["action"], event["actor"], event["outcome"]) for event in await self.events()]

    @asynccontextmanager
    async def superuser(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection that may change what the service itself may not."""
        connection = await asyncpg.connect(self._database.superuser_dsn)
        try:
            yield connection
        finally:
            await connection.close()

    async def whole_database(self) -> str:
        """Every row of every table as text, those that the service itself may not read among them."""
        async with self.superuser() as connection:
            tables = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
            texts = []
            for row in tables:
                texts += await connection.fetch(f"SELECT t::text AS line FROM {row['tablename']} t")
            texts += await connection.fetch("SELECT key || encode(payload, 'escape') AS line FROM outbox")
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
def erasure_notice() -> timedelta:
    """The notice of production; a test of a shorter one has a value of its own."""
    return NOTICE


@pytest.fixture
def operations(
    *,
    erasure_notice: timedelta,
    database: Database,
    pool: asyncpg.Pool,
    upstreams: Upstreams,
    clock: FixedClock,
    signer: SoftwareSigner,
    tmp_path: Path,
) -> Operations:
    content, tokens = new_file(ROLES.items())
    (tmp_path / "operators.json").write_text(json.dumps(content), encoding="utf-8")
    for label, key in (("promotion", signer), ("erasure-report", REPORT), ("erasure-signing", VAULT)):
        (tmp_path / f"{label}.pem").write_bytes(key.public_pem())
    services = create_services(
        pool=pool,
        outbox=ConfirmedOutbox(CATALOGUE, "admin", clock, mac_key=OUTBOX_KEY),
        clock=clock,
        upstream=upstreams.clients(),
        signer=signer,
        keys=PublicKeys.load(tmp_path),
        report_signer=REPORT,
        stores=STORES,
        operators=DevelopmentOperators.load(tmp_path / "operators.json"),
        decryptor=HpkeDecryptor([HPKE_KEY]),
        encryptor=HpkeEncryptor(HPKE_KEY.public_key()),
        sign_in=replace(NOT_CONFIGURED, macs=SignInMacs(OUTBOX_KEY)),
        erasure_notice=erasure_notice,
    )
    object.__setattr__(services.compliance, "wait_s", 0.01)  # nobody makes a report here unless a test does
    return Operations(services, tokens, pool=pool, database=database)


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
