"""The score service in one process: both APIs, its projection, and its neighbours at the edge."""

import asyncio
import hashlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psycopg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer, Received
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.ids import uuid7
from altscore_libs.rls import ContextSigner
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database, SoftwareSigner, api_client, execute_as_relay
from altscore_libs.testing_postgres import HANG_S
from altscore_score.access.authentication import AccessState
from altscore_score.app import create_lenders_app
from altscore_score.audit.service import AuditWriter
from altscore_score.dependencies import Services
from altscore_score.platform.redis_pipeline import PipelinedRedis, open_redis
from altscore_score.platform.waits import Waits
from altscore_score.scores.domain import SignedRecord
from altscore_score.scores.worker import CacheInvalidator
from altscore_score.settings import ApiSettings
from altscore_score.wiring import wire
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from .neighbours import Neighbours, clients_of
from .rsa_keys import signer_of

OWNERS_ALONE = ("alembic_version", "context_key", "lender_without_mac")
CONTEXT_KEY, MAC_KEY = bytes(range(32)), bytes(range(100, 132))
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
FAR = datetime(2099, 1, 1, tzinfo=UTC)
RETAILER = "ret_7f3a92c1d4e8b051"
OTHER_RETAILER = "ret_0123456789abcdef"
UNKNOWN_RETAILER = "ret_00000000000000aa"
LENDER, OTHER_LENDER = "lender_shriram", "lender_ugro"
PURPOSE = "working_capital_loan"
PERSON = "per_" + "1" * 32
GSTIN, UNKNOWN_GSTIN = "27AAACZ0000A1Z9", "29AAACZ0000A1Z5"
CATALOGUE = SchemaCatalog.load(SCHEMAS)
SIGNER = ContextSigner(CONTEXT_KEY)
PATIENT = Waits(
    call_s=HANG_S,
    redis_s=HANG_S,
    read_s=HANG_S,
    commit_s=HANG_S,
    transaction_s=HANG_S,
    vault_s=HANG_S,
    audit_trail_s=HANG_S,
    sign_s=HANG_S,
    access_s=HANG_S,
)
BOX_KEY = X25519PrivateKey.generate()
BOX_KEY_PEM = BOX_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


@asynccontextmanager
async def second_replica(settings: ApiSettings, pool: asyncpg.Pool, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The lenders' API of a second process of the service, with its own memory and its own loops."""
    client, stop = open_redis(redis_url, None, timeout_s=PATIENT.redis_s), asyncio.Event()
    nowhere = httpx.MockTransport(lambda _: httpx.Response(503))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.aclose)
        http = await stack.enter_async_context(
            ServiceClient("https://neighbours.test", tls=None, attempts=1, transport=nowhere)
        )
        wiring = wire(
            settings,
            pool,
            client,
            access_pool=pool,
            clock=FixedClock(NOW),
            monotonic=Monotonic(),
            **clients_of(http),
            token_signer=signer_of(settings.public_keys_dir),
            waits=PATIENT,
        )
        stack.push_async_callback(wiring.close)
        await wiring.state.refresh()
        polling = asyncio.create_task(wiring.state.run(stop))
        yield await stack.enter_async_context(api_client(create_lenders_app(wiring.services)))
        stop.set()
        await polling


class Monotonic:
    """Seconds that grow when the test says so."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class World:
    """The score service with both APIs, its projection, and its neighbours."""

    pool: asyncpg.Pool
    access_pool: asyncpg.Pool
    database: Database
    clock: FixedClock
    monotonic: Monotonic
    neighbours: Neighbours
    services: Services
    state: AccessState
    audit_writer: AuditWriter
    redis: PipelinedRedis
    service_redis: PipelinedRedis
    """The connection of the service itself: what it sent without waiting comes before what is sent here."""
    lenders: httpx.AsyncClient
    admin: httpx.AsyncClient
    projection: Consumer
    invalidator: CacheInvalidator
    signer: SoftwareSigner
    tokens: dict[str, str] = field(default_factory=dict)
    version: int = 0

    async def onboard(self, lender_id: str) -> str:
        """Onboards a lender, signs it in and returns its secret."""
        onboarding = await self.admin.put(f"/internal/admin/lenders/{lender_id}", json={"name": "A lender"})
        assert onboarding.status_code == 201, onboarding.text
        secret = str(onboarding.json()["client_secret"])
        sign_in = await self.sign_in(lender_id, secret)
        assert sign_in.status_code == 200, sign_in.text
        self.tokens[lender_id] = sign_in.json()["access_token"]
        await self.state.refresh()  # as the poller does
        return secret

    async def sign_in(self, client_id: str, secret: str, **more: str) -> httpx.Response:
        """POST /v1/auth/token."""
        body = {"client_id": client_id, "client_secret": secret, **more}
        return await self.lenders.post("/v1/auth/token", json=body)

    def headers(self, lender_id: str = LENDER, **more: str) -> dict[str, str]:
        """Headers of a call that a lender makes with its token."""
        return {"Authorization": f"Bearer {self.tokens[lender_id]}", "X-Client-ID": lender_id, **more}

    async def later(self, seconds: float) -> None:
        """Lets consent answers age while the poller keeps reading revocations."""
        self.monotonic.at += seconds
        await self.state.refresh()

    async def score(self, retailer_id: str = RETAILER, lender_id: str = LENDER, **more: Any) -> httpx.Response:
        """POST /v1/score."""
        headers = self.headers(lender_id, **more.pop("headers", {}))
        body = {"retailer_id": retailer_id, "purpose": PURPOSE, **more}
        return await self.lenders.post("/v1/score", json=body, headers=headers)

    async def event(self, name: str, **data: Any) -> bool:
        """Applies an event as the consumer does."""
        received = Received(
            event_id=uuid7(),
            name=name,
            topic=CATALOGUE.topic_of(name),
            key=str(data.get("retailer_id")),
            occurred_at=NOW,
            producer="test",
            producer_seq=1,
            data=data,
        )
        return await self.projection.apply(received)

    async def grant(
        self, retailer_id: str = RETAILER, lender_id: str = LENDER, *, purpose: str = PURPOSE, projected: bool = True
    ) -> str:
        """Grants a consent at the authority and, by default, in the projection."""
        self.version += 1
        consent_id = f"cns_{self.version:032x}"
        self.neighbours.answers[retailer_id, lender_id, purpose] = {
            "consented": True,
            "consent_id": consent_id,
            "expires_at": FAR.isoformat(),
            "version": self.version,
            "reason": None,
        }
        if projected:
            await self.event(
                "consent.granted",
                consent_id=consent_id,
                retailer_id=retailer_id,
                lender_scope=[lender_id],
                purpose=purpose,
                version=self.version,
                expires_at=FAR,
            )
        return consent_id

    async def revoke(
        self,
        retailer_id: str = RETAILER,
        lender_id: str = LENDER,
        *,
        at_authority: bool = True,
        drops_cache: bool = True,
    ) -> None:
        """Applies the event of a revocation; by default the authority knows of it and the cache is dropped."""
        self.version += 1
        if at_authority:
            answer = self.neighbours.answers[retailer_id, lender_id, PURPOSE]
            answer.update(consented=False, version=self.version, reason="revoked")
        await self.event(
            "consent.revoked",
            consent_id="cns_x",
            retailer_id=retailer_id,
            lender_scope=[lender_id],
            purpose=PURPOSE,
            version=self.version,
            revoked_at=NOW,
        )
        if drops_cache:
            await self.invalidator.invalidate_marked()

    async def sign(self, retailer_id: str = RETAILER, **change: Any) -> SignedRecord:
        """A score record, signed as the scoring engine signs it."""
        raw = canonical_json(record_of(retailer_id, **change))
        signature = await self.signer.sign(hashlib.sha256(raw).digest())
        return SignedRecord(raw.decode(), self.signer.key_id, signature.hex())

    async def computed(self, retailer_id: str = RETAILER, *, drops_cache: bool = True, **change: Any) -> None:
        """Applies the event of a new score and, by default, drops the cached one."""
        record = record_of(retailer_id, **change)
        signed = await self.sign(retailer_id, **change)
        await self.event(
            "score.computed",
            score_id=record["score_id"],
            retailer_id=retailer_id,
            scored_at=datetime.fromisoformat(record["scored_at"]),
            run_id="run_1",
            sealed_record=signed.record,
            seal_key_id=signed.key_id,
            seal=signed.signature,
        )
        if drops_cache:
            await self.invalidator.invalidate_marked()

    async def blocked(
        self, retailer_id: str | None = RETAILER, *, scope: str = "retailer", code: str, at: datetime = NOW
    ) -> None:
        """Applies the event of a block."""
        await self.event(
            "score.blocked",
            block_id=f"blk_{uuid7().hex}",
            retailer_id=retailer_id,
            scope=scope,
            reason="GR-5",
            code=code,
            blocked_at=at,
            run_id="run_1",
        )
        await self.invalidator.invalidate_marked()
        await self.state.refresh()

    async def audit(self, action: str) -> list[dict[str, Any]]:
        """Audit events of an action, oldest first."""
        rows = await self.fetch_outbox("SELECT payload FROM outbox WHERE name = 'audit_event' ORDER BY id")
        entries = [CATALOGUE.decode("audit_event", row["payload"]) for row in rows]
        return [entry for entry in entries if entry["action"] == action]

    async def fetch_outbox(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of the outbox as the relay reads them; the service itself cannot read what it wrote."""
        return await execute_as_relay(self.database, query, *arguments)

    async def row_counts(self) -> dict[str, int]:
        """How many rows every table holds, by its name."""
        rows = await self.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [row["tablename"] for row in rows if row["tablename"] not in OWNERS_ALONE]
        tables = [table for table in tables if not table.startswith("outbox_")]  # the owner's and the relay's
        assert "outbox" in tables
        return {table: await self.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


def without_request_id(reply: httpx.Response) -> str:
    """The body of a reply without the id that no two replies share."""
    return reply.text.replace(reply.headers["x-request-id"], "")


@contextmanager
def locked_outbox(database: Database) -> Iterator[Callable[[], int]]:
    """While the block runs, nobody else can write the outbox; yields a count of the statements that wait for it."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(database.superuser_dsn) as holder:
        holder.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        with psycopg.connect(database.superuser_dsn, autocommit=True) as observer:
            yield lambda: int((observer.execute(waiting).fetchone() or (0,))[0])


async def until(probe: Callable[[], Awaitable[bool] | bool]) -> None:
    """Returns once the probe holds; fails after HANG_S, which only a hanging test reaches."""
    async with asyncio.timeout(HANG_S):
        while not (await answer if inspect.isawaitable(answer := probe()) else answer):  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # the probe looks at what no event tells


def record_of(retailer_id: str, **change: Any) -> dict[str, Any]:
    """The fields of a signed score record."""
    positive = ["LOW_PAYMENT_DELAY", "CONSISTENT_ORDER_FREQ", "GROWING_BASKET_SIZE"]
    negative = ["HIGH_RETURN_RATE", "ORDER_GAP_DETECTED"]
    reasons = [
        {"code": code, "direction": "positive" if code in positive else "negative", "rank": rank}
        for rank, code in enumerate(positive + negative, 1)
    ]
    return {
        "score_id": f"scr_{retailer_id[4:]:0>32}",
        "retailer_id": retailer_id,
        "altscore": 724,
        "risk_band": "B",
        "probability_of_default": "0.0820",
        "recommended_limit_inr": 175_000,
        "reason_codes": reasons,
        "guardrails": [{"id": "GR-4", "action": "capped", "reason": "gmv_ceiling"}],
        "completeness": "84.2",
        "is_low_confidence_data": False,
        "data_as_of_on": "2026-05-17",
        "score_version": "altscore-xgb-v1-prod",
        "model_sha256": "a" * 64,
        "taxonomy_digest": "b" * 64,
        "guardrail_digest": "c" * 64,
        "scored_at": "2026-05-19T22:14:07Z",
        "expires_at": "2026-06-18T22:14:07Z",
        **change,
    }


def settings_of(database: Database, redis_url: str, public_keys_dir: Path) -> ApiSettings:
    """Settings as main() reads them from the environment."""
    nowhere = Path("unused.pem")
    return ApiSettings(
        profile="development",
        database_url=SecretStr(database.app_dsn),
        outbox_key=SecretStr(OUTBOX_KEY.hex()),
        internal_port=21_201,
        schemas_dir=SCHEMAS,
        tls_cert_file=nowhere,
        tls_key_file=nowhere,
        tls_ca_file=nowhere,
        redis_url=SecretStr(redis_url),
        public_keys_dir=public_keys_dir,
        context_key=SecretStr(CONTEXT_KEY.hex()),
        mac_key=SecretStr(MAC_KEY.hex()),
        access_database_url=SecretStr(database.app_dsn.replace("score@", "score_access@")),
        pkcs11_module=nowhere,
        pkcs11_token="unused",
        pkcs11_pin=SecretStr("unused"),
        consent_url="https://consent.test",
        vault_url="https://vault.test",
        audit_url="https://audit.test",
    )
