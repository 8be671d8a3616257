"""A real PostgreSQL with the webhook schema, and stand-ins for vault and consent that speak the contract over HTTP."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from altscore_libs.clock import FixedClock
from altscore_libs.events import Catalogue
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.signer import SoftwareWrapper
from altscore_libs.testing import SCHEMAS, api_client, pg_server, postgres_fixtures
from altscore_webhook.api import Inbox, build_app
from altscore_webhook.clients import Consent, Vault
from altscore_webhook.worker import Worker

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
DUMPED = ("deliveries", "messages", "sent_messages", "outbox")
CATALOGUE = Catalogue.load(SCHEMAS)


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
class Others:
    """What stands where vault and consent would: answers as set, and everything they were asked."""

    phones: dict[str, list[str]] = field(default_factory=lambda: {PHONE: [RETAILER]})
    invites: list[dict[str, Any]] = field(default_factory=lambda: [invite()])
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    is_down: bool = False
    calls: list[tuple[str, Any]] = field(default_factory=list)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """One call of ours."""
        if self.is_down:
            raise httpx.ConnectError("nobody listens")
        body = json.loads(request.content) if request.content else None
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
            asked = request.url.params["retailer_id"]
            return httpx.Response(200, json={"invites": [one for one in self.invites if one["retailer_id"] == asked]})
        if path.startswith("/internal/invites/"):
            found = [one for one in self.invites if path.endswith(one["invite_id"])]
            return httpx.Response(200, json=found[0]) if found else httpx.Response(404, json={"code": "INVITE_UNKNOWN"})
        self.calls.append((path, body))
        return httpx.Response(200, json={"status": "revoked", "asked": True})

    def told(self) -> list[str]:
        """What consent was told, by the last part of its paths."""
        return [path.rsplit("/", 1)[1] for path, _ in self.calls]


@dataclass
class World:
    """The webhook service on a fresh database."""

    pool: asyncpg.Pool
    clock: FixedClock
    inbox: Inbox
    worker: Worker
    others: Others

    async def deliver(self, body: Any, *, raw: bytes | None = None, signature: str | None = None) -> httpx.Response:
        """One delivery through the door."""
        sent = raw if raw is not None else json.dumps(body).encode()
        header = signature if signature is not None else sign(sent)
        async with api_client(build_app(self.inbox)) as client:
            return await client.post(
                "/webhooks/whatsapp",
                content=sent,
                headers={"X-Hub-Signature-256": header, "Content-Type": "application/json"},
            )

    async def say(self, **message: Any) -> str:
        """Delivers one message, works it off and returns its outcome."""
        assert (await self.deliver(delivery(**message))).status_code == 200
        await self.worker.work_once()
        return str(
            await self.pool.fetchval("SELECT coalesce(outcome, status) FROM messages ORDER BY received_at DESC LIMIT 1")
        )

    async def audits(self) -> list[dict[str, Any]]:
        """Audit events, in order."""
        rows = await self.pool.fetch("SELECT payload FROM outbox ORDER BY id")
        return [CATALOGUE.decode("audit_event", row["payload"]) for row in rows]

    async def dump(self) -> str:
        """Everything in the database, as text and as hex."""
        async with self.pool.acquire() as connection:
            parts = [str(await connection.fetch(f"SELECT * FROM {table}")) for table in DUMPED]
        return "".join(parts)


def sign(raw: bytes, secret: str = SECRET) -> str:
    """As Meta signs."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def delivery(**message: Any) -> dict[str, Any]:
    """A body with one message; a text is short for a text message."""
    whole: dict[str, Any] = {"from": PHONE, "id": "wamid.TESTx1", "timestamp": str(int(NOW.timestamp()) - 5)}
    if "text" in message:
        whole |= {"type": "text", "text": {"body": message.pop("text")}}
    if "button" in message:
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
    """The service's parts."""
    clock, others, wrapper = FixedClock(NOW), Others(), SoftwareWrapper()
    outbox = Outbox(CATALOGUE, "webhook", clock)
    inbox = Inbox(pool, outbox, wrapper, clock=clock, wamid_label="wamid", app_secret=SECRET, verify_token=TOKEN)
    client = ServiceClient("https://others.test", tls=None, attempts=1, transport=httpx.MockTransport(others.answer))
    worker = Worker(pool, outbox, wrapper, vault=Vault(client), consent=Consent(client), clock=clock)
    yield World(pool, clock, inbox, worker, others)
    await client.close()


@pytest.fixture
def vectors() -> dict[str, Any]:
    """Signature vectors."""
    found: dict[str, Any] = json.loads((DATA / "made_here/signature_vectors.json").read_text(encoding="utf-8"))
    return found
