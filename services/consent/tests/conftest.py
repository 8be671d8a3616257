"""A real PostgreSQL with the consent schema, a clock that only the test moves, and a key of the tests' own."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
import pytest_asyncio
from altscore_consent.app import create_app
from altscore_consent.clients import VaultClient
from altscore_consent.dependencies import Services
from altscore_consent.evidence.domain import Proof
from altscore_consent.evidence.service import EvidenceService, load_affirmations
from altscore_consent.grants.domain import Affirmative, Revocation, SignedRecord, State, StateStatus, WithdrawalRequest
from altscore_consent.grants.events import ConsentPublisher
from altscore_consent.grants.integrity import StateVerifier
from altscore_consent.grants.records import RecordVerifier
from altscore_consent.grants.row_mac import FactMac, RowMac, invite_fact
from altscore_consent.grants.worker import BATCH, Expiry
from altscore_consent.invites.domain import Invite, InviteRequest
from altscore_consent.invites.events import InvitePublisher
from altscore_consent.invites.store import put_decision, read_invite
from altscore_consent.main import Parts, build_services
from altscore_consent.maintenance.service import MaintenanceService
from altscore_consent.platform.batched_reads import BatchedReads
from altscore_consent.platform.hot_routes import add_hot_checks
from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database, SoftwareSigner, pg_server, postgres_fixtures
from fastapi import FastAPI

__all__ = ["database", "pg_server", "pool", "template"]
MIGRATIONS = Path(__file__).parents[1] / "migrations"
template, database, pool = postgres_fixtures("consent", MIGRATIONS)
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
RETAILER = "ret_7f3a92c1d4e8b051"
LENDERS = ("lender_shriram", "lender_ugro")
CONTACT, OTHER_CONTACT = f"pcr_{'1' * 32}", f"pcr_{'2' * 32}"
PURPOSE = "working_capital_loan"
MAC_KEY, FACT_KEY = b"s" * 32, b"f" * 32
PHONE = "919812345678"
APP_SECRET = "not-a-real-app-secret-0123456789abcdef"
CATALOG = SchemaCatalog.load(SCHEMAS)


def make_state(purpose: str = PURPOSE, **change: object) -> State:
    """An active consent of one lender, given a day ago."""
    values: dict[str, object] = {
        "lender_id": "lender_ugro",
        "purpose": purpose,
        "status": StateStatus.ACTIVE,
        "version": 3,
        "consent_id": "cns_1",
        "given_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=1),
    }
    return State(**(values | change))  # type: ignore[arg-type]


@dataclass
class Vault:
    """A stand-in for the vault that speaks its contract: whose confirmed phone a number is."""

    contacts: dict[str, dict[str, str]] = field(default_factory=lambda: {PHONE: {RETAILER: CONTACT}})
    status: int = 200
    questions: int = 0

    async def respond(self, request: httpx.Request) -> httpx.Response:
        """Answers `POST /internal/phones/resolve`."""
        assert (request.method, request.url.path) == ("POST", "/internal/phones/resolve")
        self.questions += 1
        contacts = self.contacts.get(json.loads(request.content)["phone"], {})
        retailers = [{"retailer_id": retailer, "contact_ref": contact} for retailer, contact in contacts.items()]
        return httpx.Response(self.status, json={"retailers": retailers} if self.status == 200 else {"code": "X"})

    def client(self) -> VaultClient:
        """A client of it."""
        transport = httpx.MockTransport(self.respond)
        return VaultClient(ServiceClient("https://vault.test", tls=None, attempts=1, transport=transport))


@dataclass
class World:
    """One process of the consent service, without HTTP."""

    pool: asyncpg.Pool
    database: Database
    clock: FixedClock
    services: Services
    verifier: StateVerifier
    expiry: Expiry
    maintenance: MaintenanceService
    vault: Vault

    async def invite(self, retailer_id: str = RETAILER, **change: Any) -> Invite:
        """An open invite."""
        request: dict[str, Any] = {
            "retailer_id": retailer_id,
            "distributor_id": "dist_c4f9",
            "distributor_name": "Shree Traders",
            "contact_ref": CONTACT,
            "lender_scope": LENDERS,
            "purpose": PURPOSE,
            "language": "hi",
        }
        invite, _ = await self.services.invites.invite(InviteRequest(**(request | change)), actor="admin")
        return invite

    async def proof(self, invite: Invite, sent_at: datetime, *, token: str | None = None) -> Proof:
        """What a delivery proves of a tap on the newest question about an invite."""
        if token is None:
            row = await self.pool.fetchrow(
                "SELECT i.decided_at, l.last_no_at FROM invites i JOIN retailer_ledger l USING (retailer_id)"
                " WHERE i.invite_id = $1",
                invite.invite_id,
            )
            decided_at, last_no_at = row or (None, None)
            token = self.verifier.facts.reply_token(replace(invite, decided_at=decided_at), last_no_at)
        return Proof(
            delivery_sha256="d" * 64, place=(0, 0, 0), sent_at=sent_at, invite_id=invite.invite_id, reply_token=token
        )

    async def haan(self, invite: Invite, sent_at: datetime, message: str = "a", **change: Any) -> SignedRecord:
        """A HAAN to that invite."""
        answer: dict[str, Any] = {
            "invite_id": invite.invite_id,
            "retailer_id": invite.retailer_id,
            "distributor_id": invite.distributor_id,
            "contact_ref": invite.contact_ref,
            "lender_scope": invite.lender_scope,
            "purpose": invite.purpose,
            "channel": "whatsapp",
            "message_hash": message.encode().hex().rjust(64, "0"),
            "sent_at": sent_at,
            "proof": await self.proof(invite, sent_at),
        }
        return await self.services.consents.grant(Affirmative(**(answer | change)), actor="webhook")

    async def nahi(self, sent_at: datetime, retailer_id: str = RETAILER) -> Revocation:
        """A NAHI of that retailer."""
        request = WithdrawalRequest(
            reason="retailer_request", requested_by="webhook", retailer_id=retailer_id, sent_at=sent_at
        )
        return await self.services.consents.revoke(request)

    async def granted(self, retailer_id: str = RETAILER, **change: Any) -> SignedRecord:
        """An active consent."""
        invite = await self.invite(retailer_id, **change)
        return await self.haan(invite, self.clock.now(), f"{retailer_id}{invite.purpose}"[-30:])

    async def is_consented(self, lender: str = LENDERS[0], purpose: str | None = PURPOSE) -> bool:
        """What a check answers."""
        return (await self.services.checks.check(RETAILER, lender, purpose)).is_consented

    async def events(self, prefix: str = "consent.") -> list[tuple[str, dict[str, Any]]]:
        """(name, data) of what waits in the outbox, in order."""
        rows = await self.pool.fetch("SELECT name, payload FROM outbox ORDER BY id")
        return [
            (row["name"], CATALOG.decode(row["name"], row["payload"])) for row in rows if row["name"].startswith(prefix)
        ]

    async def audits(self, action: str) -> list[dict[str, Any]]:
        """Audit events of one action."""
        return [data for _, data in await self.events("audit_event") if data["action"] == action]

    async def sign_invite(self, invite_id: str) -> None:
        """Gives a row that a test changed the MAC that it would have, had the service written it."""
        async with transaction(self.pool) as connection:
            invite = await read_invite(connection, invite_id)
            assert invite is not None
            await put_decision(connection, replace(invite, mac=self.verifier.facts.compute(invite_fact(invite))))

    def as_superuser(self, *statements: str) -> None:
        """What somebody with full access to the database does; the last statement must have changed something."""
        with psycopg.connect(self.database.superuser_dsn, autocommit=True) as connection:
            for statement in statements:
                changed = connection.execute(statement.encode()).rowcount
        assert changed != 0, "the damage must be done"


@pytest.fixture
def clock() -> FixedClock:
    """08:00 on a day in May."""
    return FixedClock(NOW)


@pytest.fixture
def signer() -> SoftwareSigner:
    """The consent key."""
    return SoftwareSigner("consent-signing")


def expiry_of(world: World, *, batch_size: int = BATCH) -> Expiry:
    """The worker's step."""
    return _expiry(world.pool, world.verifier, world.clock, batch_size=batch_size)


def _expiry(pool: asyncpg.Pool, verifier: StateVerifier, clock: FixedClock, *, batch_size: int = BATCH) -> Expiry:
    outbox = Outbox(CATALOG, "consent", clock, mac_key=OUTBOX_KEY)
    return Expiry(
        pool=pool,
        publisher=ConsentPublisher(outbox),
        invite_publisher=InvitePublisher(outbox),
        verifier=verifier,
        clock=clock,
        batch_size=batch_size,
    )


def build(
    pool: asyncpg.Pool,
    database: Database,
    clock: FixedClock,
    signer: SoftwareSigner,
    *,
    facts: FactMac | None = None,
    takes_typed: bool = True,
) -> World:
    """The service's parts, as one process has them."""
    outbox = Outbox(CATALOG, "consent", clock, mac_key=OUTBOX_KEY)
    verifier = StateVerifier(
        pool=pool,
        records=RecordVerifier(signer.public_keys()),
        row_mac=RowMac([MAC_KEY]),
        facts=facts or FactMac([FACT_KEY]),
        outbox=outbox,
        clock=clock,
    )
    vault = Vault()
    evidence = EvidenceService(
        pool,
        outbox,
        app_secret=APP_SECRET,
        vault=vault.client(),
        affirmations=load_affirmations(SCHEMAS) if takes_typed else frozenset(),
    )
    services = build_services(
        Parts(pool=pool, catalog=CATALOG, outbox=outbox, clock=clock),
        verifier,
        signer,
        evidence=evidence,
        reads=BatchedReads(pool, clock),
        invite_ttl=timedelta(days=30),
    )
    return World(
        pool=pool,
        database=database,
        clock=clock,
        services=services,
        verifier=verifier,
        expiry=_expiry(pool, verifier, clock),
        maintenance=MaintenanceService(pool, verifier),
        vault=vault,
    )


@pytest.fixture
def world(pool: asyncpg.Pool, database: Database, clock: FixedClock, signer: SoftwareSigner) -> World:
    """The service's parts on a fresh database."""
    return build(pool, database, clock, signer)


@pytest_asyncio.fixture
async def neighbour(database: Database, clock: FixedClock, signer: SoftwareSigner) -> AsyncIterator[World]:
    """A second process of the service on the same database."""
    pool = await db.create_pool(database.app_dsn)
    yield build(pool, database, clock, signer)
    pool.terminate()


@cache
def described_app() -> FastAPI:
    """FastAPI makes a route's schemas at its first use, which takes longer than most tests."""
    return create_app()


@pytest.fixture
def app(world: World) -> FastAPI:
    """The application of that process: one for all tests, with the services of this one."""
    application = described_app()
    application.state.services = world.services
    add_hot_checks(application, world.services.checks)
    return application
