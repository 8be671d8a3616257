"""A real PostgreSQL with the notification schema, and stand-ins for the vault and the Cloud API over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest_asyncio
from altscore_libs import logs
from altscore_libs.circuit import CircuitBreaker
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer, Received
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.ids import uuid7
from altscore_libs.leased_queue import LeasedQueue
from altscore_libs.outbox import Outbox
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, SoftwareSigner, pg_server, postgres_fixtures
from altscore_libs.testing_postgres import HANG_S
from altscore_notification.clients import CloudApiClient, SmsGatewayClient, VaultClient
from altscore_notification.erasures.events import TOPIC as ERASURES
from altscore_notification.erasures.events import ErasureEvents
from altscore_notification.main import sms_channel, whatsapp_channel
from altscore_notification.messages.events import TOPICS, handlers
from altscore_notification.messages.service import MessagePurge, MessageService
from altscore_notification.messages.store import DueMessage
from altscore_notification.messages.worker import message_queue
from altscore_notification.sms.domain import TEMPLATE_KEYS
from pydantic import SecretStr

__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures("notification", Path(__file__).parents[1] / "migrations")
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
RETAILER = "ret_7f3a92c1d4e8b051"
PHONE = "919800000001"
INVITE = "inv_" + "1" * 32
REQUEST_ID = "3763646b4b7a363831343736"
TEMPLATE_IDS = {key: f"id-of-{key}" for key in TEMPLATE_KEYS}
WAMID = "wamid.HBgMOTE5ODAwMDAwMDAxFQ=="
CATALOG = SchemaCatalog.load(SCHEMAS)
VAULT = SoftwareSigner("erasure-signing")
OWN_FIELDS: dict[str, dict[str, Any]] = {
    "consent.invited": {"invite_id": INVITE, "notice_text": "The notice."},
    "consent.granted": {
        "invite_id": INVITE,
        "lender_scope": ["lender_shriram", "lender_ugro"],
        "expires_at": datetime(2027, 5, 20, 18, 30, tzinfo=UTC),
    },
    "consent.declined": {"invite_id": INVITE, "declined_at": NOW},
    "consent.revoked": {"consent_id": "cns_1", "revoked_at": NOW, "reason": "retailer_request"},
    "consent.expired": {"consent_id": "cns_1"},
    "consent.clarification_requested": {"invite_id": INVITE},
    "retailer.notice_requested": {
        "notice_id": "ntc_" + "4" * 32,
        "kind": "grievance_resolved",
        "reference": "grv_" + "5" * 32,
        "outcome": "data_corrected",
        "requested_at": NOW,
    },
}


@dataclass
class Neighbours:
    """The vault, Meta and the SMS gateway as the service sees them: they answer as set, and keep what they got."""

    phones: dict[str, str] = field(default_factory=lambda: {RETAILER: PHONE})
    contacts: dict[str, str] = field(default_factory=dict)
    vault_status: int = 200
    revealed: int = 0
    logged_retailers: list[str | None] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    is_down: bool = False
    sent: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    sms_answers: list[tuple[int, Any]] = field(default_factory=list)
    sms_failure: BaseException | None = None
    sms: list[dict[str, Any]] = field(default_factory=list)
    authkeys: list[str] = field(default_factory=list)

    async def vault(self, request: httpx.Request) -> httpx.Response:
        """POST /internal/phones/reveal."""
        self.revealed += 1
        self.logged_retailers.append(logs.bound_value("retailer_id"))
        body = json.loads(request.content)
        phone = (
            self.contacts.get(body["contact_ref"]) if "contact_ref" in body else self.phones.get(body["retailer_id"])
        )
        if self.vault_status != 200:
            return httpx.Response(self.vault_status, json={"code": "X"})
        if phone is None:
            return httpx.Response(404, json={"code": "NOT_FOUND"})
        return httpx.Response(200, json={"phone": phone, "shop_name": "Shop"})

    async def meta(self, request: httpx.Request) -> httpx.Response:
        """POST /v21.0/{id}/messages: the next answer, by default a success."""
        if self.is_down:
            raise httpx.ReadTimeout("slow")
        assert request.url.path == "/v21.0/1045/messages"
        self.tokens.append(request.headers["authorization"])
        self.sent.append(json.loads(request.content))
        status, body = self.answers.pop(0) if self.answers else (200, {"messages": [{"id": WAMID}]})
        return httpx.Response(status, json=body) if body is not None else httpx.Response(status, text="<html>")

    async def gateway(self, request: httpx.Request) -> httpx.Response:
        """POST /api/v5/flow/: the next answer, by default a success."""
        assert request.url.path == "/api/v5/flow/"
        self.sms.append(json.loads(request.content))
        self.authkeys.append(request.headers["authkey"])
        if self.sms_failure is not None:
            raise self.sms_failure
        success = (200, {"type": "success", "message": REQUEST_ID})
        status, body = self.sms_answers.pop(0) if self.sms_answers else success
        return httpx.Response(status, json=body) if body is not None else httpx.Response(status, text="<html>")


@dataclass
class World:
    """The notification service without Kafka."""

    pool: asyncpg.Pool
    clock: FixedClock
    queue: LeasedQueue[DueMessage]
    purge: MessagePurge
    consumer: Consumer
    neighbours: Neighbours

    async def consume(
        self, name: str, *, event_id: UUID | None = None, language: str = "hi", producer_seq: int = 1, **change: Any
    ) -> bool:
        """One event of altscore.consent."""
        data = {"retailer_id": RETAILER, "language": language} | OWN_FIELDS[name] | change
        event = Received(
            event_id=event_id or uuid7(),
            name=name,
            topic=TOPICS[0],
            key=RETAILER,
            occurred_at=NOW,
            producer="consent",
            producer_seq=producer_seq,
            data=data,
        )
        return await self.consumer.apply(event)

    async def rows(self) -> list[dict[str, Any]]:
        """All messages, oldest first."""
        return [dict(row) for row in await self.pool.fetch("SELECT * FROM messages ORDER BY message_id")]

    async def status(self) -> list[str]:
        """Their statuses."""
        return sorted(row["status"] for row in await self.rows())

    async def audits(self) -> list[dict[str, Any]]:
        """Audit events, in order."""
        rows = await self.pool.fetch("SELECT payload FROM outbox ORDER BY id")
        return [CATALOG.decode("audit_event", row["payload"]) for row in rows]


@asynccontextmanager
async def service(pool: asyncpg.Pool, *, has_sms: bool) -> AsyncIterator[World]:
    """The service on a fresh database, with or without an SMS gateway."""
    clock, neighbours = FixedClock(NOW), Neighbours()

    def breaker(neighbour: str) -> CircuitBreaker:
        return CircuitBreaker(neighbour, monotonic=lambda: clock.now().timestamp())

    vault = ServiceClient(
        "https://vault.test",
        tls=None,
        timeout_s=HANG_S,
        attempts=1,
        breaker=breaker("vault"),
        transport=httpx.MockTransport(neighbours.vault),
    )
    provider = CloudApiClient(
        "https://graph.test",
        version="v21.0",
        phone_number_id="1045",
        token=SecretStr("a-token"),
        transport=httpx.MockTransport(neighbours.meta),
        breaker=breaker("whatsapp"),
    )
    gateway = SmsGatewayClient(
        "https://gateway.test",
        authkey=SecretStr("an-authkey"),
        transport=httpx.MockTransport(neighbours.gateway),
        breaker=breaker("sms"),
    )
    messages = MessageService(
        pool,
        Outbox(CATALOG, "notification", clock, mac_key=OUTBOX_KEY),
        VaultClient(vault),
        whatsapp=whatsapp_channel(provider),
        sms=sms_channel(gateway, TEMPLATE_IDS) if has_sms else None,
        clock=clock,
        sms_after=timedelta(minutes=30),
        provider_id_key="k" * 32,
    )
    kafka = KafkaSettings(
        kafka_bootstrap="127.0.0.1:1",
        kafka_username="notification",
        kafka_password=SecretStr("x"),
        kafka_ca_file=Path("ca.pem"),
        registry_url="http://127.0.0.1:1",
    )
    outbox = Outbox(CATALOG, "notification", clock, mac_key=OUTBOX_KEY)
    erasures = ErasureEvents(VAULT.public_keys(), outbox=outbox, clock=clock)
    own = {**handlers(clock), **erasures.handlers()}
    consumer = Consumer(pool, CATALOG, kafka, group="notification", topics=(*TOPICS, ERASURES), handlers=own)
    yield World(
        pool=pool,
        clock=clock,
        queue=message_queue(messages),
        purge=MessagePurge(pool, clock, keep=timedelta(days=30)),
        consumer=consumer,
        neighbours=neighbours,
    )
    for client in (vault, provider, gateway):
        await client.close()


@pytest_asyncio.fixture
async def world(pool: asyncpg.Pool) -> AsyncIterator[World]:
    """The service without SMS."""
    async with service(pool, has_sms=False) as world:
        yield world


@pytest_asyncio.fixture
async def sms_world(pool: asyncpg.Pool) -> AsyncIterator[World]:
    """The service with SMS."""
    async with service(pool, has_sms=True) as world:
        yield world
