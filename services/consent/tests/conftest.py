"""A real PostgreSQL with the consent schema, a clock that stands, a key of the tests' own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
import pytest_asyncio
from altscore_consent.announce import Announcer
from altscore_consent.authority import Authority, InviteRequest, Revocation
from altscore_consent.belief import Belief
from altscore_consent.checks import Checks
from altscore_consent.disclosure import Disclosure
from altscore_consent.domain import Answer, Invite, Withdrawal
from altscore_consent.expiry import Expiry
from altscore_consent.notices import Notices
from altscore_consent.records import SignedRecord, Verifier
from altscore_consent.seals import Sealer
from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.events import Catalogue
from altscore_libs.outbox import Outbox
from altscore_libs.signer import SoftwareSigner
from altscore_libs.testing import SCHEMAS, Database, pg_server, postgres_fixtures

__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures("consent", Path(__file__).parents[1] / "migrations")
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
RETAILER = "ret_7f3a92c1d4e8b051"
LENDERS = ("lender_shriram", "lender_ugro")
CONTACT, OTHER_CONTACT = f"pcr_{'1' * 32}", f"pcr_{'2' * 32}"
PURPOSE = "working_capital_loan"
SEAL_KEY = b"s" * 32
CATALOGUE = Catalogue.load(SCHEMAS)


@dataclass
class World:
    """The consent service without its doors."""

    pool: asyncpg.Pool
    database: Database
    clock: FixedClock
    authority: Authority
    checks: Checks
    belief: Belief
    disclosure: Disclosure
    expiry: Expiry

    async def invite(self, retailer_id: str = RETAILER, **change: Any) -> Invite:
        """An open invite."""
        wanted: dict[str, Any] = {
            "retailer_id": retailer_id,
            "distributor_id": "dist_c4f9",
            "distributor_name": "Shree Traders",
            "contact_ref": CONTACT,
            "lender_scope": LENDERS,
            "purpose": PURPOSE,
            "language": "hi",
        }
        made, _ = await self.authority.invite(InviteRequest(**(wanted | change)), actor="admin")
        return made

    async def haan(self, invite: Invite, sent_at: datetime, message: str = "a", **change: Any) -> SignedRecord:
        """A HAAN to that invite."""
        wanted: dict[str, Any] = {
            "invite_id": invite.invite_id,
            "retailer_id": invite.retailer_id,
            "distributor_id": invite.distributor_id,
            "contact_ref": invite.contact_ref,
            "lender_scope": invite.lender_scope,
            "purpose": invite.purpose,
            "channel": "whatsapp",
            "message_hash": message.encode().hex().rjust(64, "0"),
            "sent_at": sent_at,
        }
        return await self.authority.grant(Answer(**(wanted | change)), actor="webhook")

    async def nahi(self, sent_at: datetime, retailer_id: str = RETAILER) -> Revocation:
        """A NAHI of that retailer."""
        return await self.authority.revoke(Withdrawal(retailer_id, "retailer_request", "webhook", sent_at))

    async def granted(self, retailer_id: str = RETAILER, **change: Any) -> SignedRecord:
        """A consent that stands."""
        invite = await self.invite(retailer_id, **change)
        return await self.haan(invite, self.clock.now(), f"{retailer_id}{invite.purpose}"[-30:])

    async def is_consented(self, lender: str = LENDERS[0], purpose: str | None = PURPOSE) -> bool:
        """What a check says."""
        return (await self.checks.check(RETAILER, lender, purpose)).is_consented

    async def events(self, prefix: str = "consent.") -> list[tuple[str, dict[str, Any]]]:
        """(name, data) of what waits in the outbox, in order."""
        rows = await self.pool.fetch("SELECT name, payload FROM outbox ORDER BY id")
        return [
            (row["name"], CATALOGUE.decode(row["name"], row["payload"]))
            for row in rows
            if row["name"].startswith(prefix)
        ]

    async def audits(self, action: str) -> list[dict[str, Any]]:
        """Audit events of one action."""
        return [data for _, data in await self.events("audit_event") if data["action"] == action]

    def as_superuser(self, *statements: str) -> None:
        """What somebody with the database in his hands does; the last statement must have changed something."""
        with psycopg.connect(self.database.superuser_dsn, autocommit=True) as connection:
            for statement in statements:
                changed = connection.execute(statement.encode()).rowcount
        assert changed != 0, "the damage must be done"


MakeWorld = Callable[[], Awaitable[World]]


@pytest.fixture
def clock() -> FixedClock:
    """08:00 on a day in May."""
    return FixedClock(NOW)


@pytest.fixture
def signer() -> SoftwareSigner:
    """The consent key."""
    return SoftwareSigner("consent-signing")


def build(pool: asyncpg.Pool, database: Database, clock: FixedClock, signer: SoftwareSigner) -> World:
    """The service's parts, as one process has them."""
    announcer = Announcer(Outbox(CATALOGUE, "consent", clock))
    belief = Belief(pool, Verifier(signer.public_keys()), Sealer([SEAL_KEY]), announcer, clock)
    return World(
        pool=pool,
        database=database,
        clock=clock,
        authority=Authority(
            pool,
            announcer,
            signer,
            belief=belief,
            notices=Notices.load(),
            clock=clock,
            invite_ttl=timedelta(days=30),
        ),
        checks=Checks(pool, belief, announcer, clock),
        belief=belief,
        disclosure=Disclosure(pool, belief, announcer, signer, clock=clock),
        expiry=Expiry(pool, announcer, clock),
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
