"""A real PostgreSQL with the webhook schema, and stand-ins for vault and consent that speak the contract over HTTP."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest_asyncio
from altscore_libs import logs
from altscore_libs.circuit import CircuitBreaker
from altscore_libs.clock import FixedClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.leased_queue import LeasedQueue
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, SoftwareWrapper, api_client, pg_server, postgres_fixtures
from altscore_libs.testing_postgres import HANG_S
from altscore_webhook.answers.service import AnswerService
from altscore_webhook.answers.store import DueMessage
from altscore_webhook.answers.worker import answer_queue
from altscore_webhook.app import create_app
from altscore_webhook.clients import ConsentClient, VaultClient
from altscore_webhook.deliveries.service import DeliveryPurge, DeliveryService
from altscore_webhook.dependencies import Services
from altscore_webhook.links.service import LinkService
from altscore_webhook.users.service import UserService
from fastapi import FastAPI

__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures("webhook", Path(__file__).parents[1] / "migrations")
DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 9, 21, 14, 20, tzinfo=UTC)
SECRET = "not-a-real-app-secret-0123456789abcdef"
TOKEN = "a-verify-token"
PHONE = "919800000001"
RETAILER = "ret_7f3a92c1d4e8b051"
OTHER = "ret_00000000000000aa"
INVITE = "inv_" + "1" * 32
SECOND_INVITE = "inv_" + "2" * 32
SECOND_PHONE = "919800000002"
DUMPED = (
    *("deliveries", "messages", "sent_messages", "users", "former_identities"),
    *("retailer_phones", "retailer_messages", "erased_retailers"),
)
CATALOG = SchemaCatalog.load(SCHEMAS)


def contact_of(retailer_id: str, phone: str = PHONE) -> str:
    """The vault's reference of a retailer's phone."""
    return "pcr_" + hashlib.sha256(f"{retailer_id}\n{phone}".encode()).hexdigest()[:32]


def invite(invite_id: str = INVITE, retailer_id: str = RETAILER, *, phone: str | None = PHONE) -> dict[str, Any]:
    """An invite as consent shows it, put to a phone."""
    return {
        "invite_id": invite_id,
        "retailer_id": retailer_id,
        "distributor_id": "dist_c4f9",
        "contact_ref": None if phone is None else contact_of(retailer_id, phone),
        "lender_scope": ["lender_ugro"],
        "purpose": "working_capital_loan",
        "language": "hi",
        "status": "open",
    }


@dataclass
class Neighbours:
    """Vault and consent as the service sees them: they answer as set, and keep the calls that changed something."""

    phones: dict[str, list[str]] = field(default_factory=lambda: {PHONE: [RETAILER]})
    invites: list[dict[str, Any]] = field(default_factory=lambda: [invite()])
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    is_down: bool = False
    logged_hashes: list[str | None] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)

    async def respond(self, request: httpx.Request) -> httpx.Response:
        """Answers a call of the service."""
        self.logged_hashes.append(logs.bound_value("message_hash"))
        if self.is_down:
            raise httpx.ConnectError("nobody listens")
        body: Any = json.loads(request.content) if request.content else None
        path = request.url.path
        if path in self.refusals:
            status, code = self.refusals[path]
            return httpx.Response(status, json={"code": code})
        if path == "/internal/phones/resolve":
            phone = body["phone"]
            retailers = [
                {"retailer_id": retailer_id, "contact_ref": contact_of(retailer_id, phone)}
                for retailer_id in self.phones.get(phone, [])
            ]
            return httpx.Response(200, json={"retailers": retailers})
        if path == "/internal/invites/open":
            retailer_id = request.url.params["retailer_id"]
            invites = [item for item in self.invites if item["retailer_id"] == retailer_id]
            return httpx.Response(200, json={"invites": invites})
        if path.startswith("/internal/invites/"):
            invites = [item for item in self.invites if path.endswith(item["invite_id"])]
            if not invites:
                return httpx.Response(404, json={"code": "INVITE_UNKNOWN"})
            return httpx.Response(200, json=invites[0])
        self.calls.append((path, body))
        return httpx.Response(200, json={"status": "revoked", "asked": True})

    def reported(self) -> list[str]:
        """What was reported to consent, by the last part of the paths."""
        return [path.rsplit("/", 1)[1] for path, _ in self.calls]


@cache
def described_app() -> FastAPI:
    """One for all tests: FastAPI makes a route's schemas at its first use, which takes longer than most deliveries."""
    return create_app(None)


@dataclass
class World:
    """The webhook service on a fresh database."""

    pool: asyncpg.Pool
    clock: FixedClock
    services: Services
    queue: LeasedQueue[DueMessage]
    purge: DeliveryPurge
    links: LinkService
    neighbours: Neighbours

    async def deliver(self, body: Any, *, raw: bytes | None = None, signature: str | None = None) -> httpx.Response:
        """Delivers a body as Meta does."""
        content = raw if raw is not None else json.dumps(body).encode()
        header = signature if signature is not None else sign(content)
        app = described_app()
        app.state.services = self.services
        async with api_client(app) as client:
            return await client.post(
                "/webhooks/whatsapp",
                content=content,
                headers={"X-Hub-Signature-256": header, "Content-Type": "application/json"},
            )

    async def answer(self, **message: Any) -> str:
        """Delivers one message, works it off and returns its outcome."""
        assert (await self.deliver(delivery(**message))).status_code == 200
        await self.queue.work_once()
        return str(
            await self.pool.fetchval("SELECT coalesce(outcome, status) FROM messages ORDER BY received_at DESC LIMIT 1")
        )

    async def audits(self) -> list[dict[str, Any]]:
        """Audit events, in order."""
        rows = await self.pool.fetch("SELECT payload FROM outbox ORDER BY id")
        return [CATALOG.decode("audit_event", row["payload"]) for row in rows]

    async def dump(self) -> str:
        """Everything in the database, as text and as hex."""
        async with self.pool.acquire() as connection:
            parts = [str(await connection.fetch(f"SELECT * FROM {table}")) for table in DUMPED]
            parts.append(str(await connection.fetch("SELECT name, topic, key, payload FROM outbox")))
        return "".join(parts)


def sign(raw: bytes, secret: str = SECRET) -> str:
    """As Meta signs."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def delivery(**message: Any) -> dict[str, Any]:
    """A body with one message; a text is short for a text message."""
    whole: dict[str, Any] = {"from": PHONE, "id": "wamid.TESTx1", "timestamp": str(int(NOW.timestamp()) - 5)}
    if "text" in message:
        whole |= {"type": "text", "text": {"body": message.pop("text")}}
    if isinstance(message.get("button"), str):
        whole |= {"type": "button", "button": {"payload": message.pop("button"), "text": "x"}}
    whole |= message
    whole = {name: value for name, value in whole.items() if value is not None}
    return enclose(messages=[whole])


def enclose(field_name: str = "messages", **value: Any) -> dict[str, Any]:
    """Meta's envelope."""
    change = {"field": field_name, "value": {"messaging_product": "whatsapp", **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": [change]}]}


@pytest_asyncio.fixture
async def world(pool: asyncpg.Pool) -> AsyncIterator[World]:
    """The service on a fresh database."""
    clock, neighbours, wrapper = FixedClock(NOW), Neighbours(), SoftwareWrapper()
    outbox = Outbox(CATALOG, "webhook", clock, mac_key=OUTBOX_KEY)
    users = UserService(pool, wrapper, label="wamid")
    deliveries = DeliveryService(
        pool, outbox, wrapper, users=users, clock=clock, wamid_label="wamid", app_secret=SECRET, verify_token=TOKEN
    )
    transport = httpx.MockTransport(neighbours.respond)
    breaker = CircuitBreaker("neighbours", monotonic=lambda: clock.now().timestamp())
    client = ServiceClient(
        "https://neighbours.test", tls=None, timeout_s=HANG_S, attempts=1, breaker=breaker, transport=transport
    )
    service = AnswerService(
        pool, outbox, wrapper, users=users, vault=VaultClient(client), consent=ConsentClient(client), clock=clock
    )
    yield World(
        pool=pool,
        clock=clock,
        services=Services(deliveries),
        queue=answer_queue(service),
        purge=DeliveryPurge(
            pool, clock, keep_payloads=timedelta(days=8), keep_hashes=timedelta(days=90), keep_users=timedelta(days=400)
        ),
        links=LinkService(pool, users=users, vault=VaultClient(client), clock=clock, keep_unlinked=timedelta(days=30)),
        neighbours=neighbours,
    )
    await client.close()


async def report_sent(world: World, invite_id: str | None, wamid: str = "wamid.OURS") -> None:
    """Delivers the status of a message of ours, with the invite that it was about."""
    status = {"id": wamid, "status": "sent", "timestamp": "1", "recipient_id": PHONE}
    about = {"biz_opaque_callback_data": invite_id} if invite_id is not None else {}
    assert (await world.deliver(enclose(statuses=[status | about]))).status_code == 200
    world.clock.advance(seconds=1)
