"""The score service in one process: both doors, its projection, and its neighbours at the edge."""

import asyncio
import hashlib
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import redis
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer, Received
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.rls import ContextSigner
from altscore_libs.testing import SCHEMAS, Database, SoftwareSigner, free_port
from altscore_score.access.authentication import AccessState
from altscore_score.audit.service import AuditWriter
from altscore_score.dependencies import Services
from altscore_score.platform.redis_pipeline import PipelinedRedis
from altscore_score.scores.domain import SignedRecord
from altscore_score.scores.worker import CacheInvalidator
from altscore_score.settings import ApiSettings
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

CONTEXT_KEY = bytes(range(32))
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
FAR = datetime(2099, 1, 1, tzinfo=UTC)
RETAILER = "ret_7f3a92c1d4e8b051"
OTHER_RETAILER = "ret_0123456789abcdef"
LENDER, OTHER_LENDER = "lender_shriram", "lender_ugro"
PURPOSE = "working_capital_loan"
GSTIN = "27AAACZ0000A1Z9"
CATALOGUE = SchemaCatalog.load(SCHEMAS)
SIGNER = ContextSigner(CONTEXT_KEY)
BOX_KEY = X25519PrivateKey.generate()
BOX_KEY_PEM = BOX_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def write_rsa_key(folder: Path, name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A signing key in a folder."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / name).write_bytes(pem)
    return key


class RedisServer:
    """A private redis-server that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers."""
        program = shutil.which("redis-server")
        assert program is not None, "redis-server is not installed"
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        client = redis.Redis(port=self.port)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)  # a process starts; nothing else tells
        client.flushall()
        client.close()

    def stop(self) -> None:
        """Kills it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@dataclass
class Neighbours:
    """The consent service and the vault, speaking their contract; tests change what they know or switch them off."""

    answers: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    is_down: bool = False
    is_hanging: bool = False
    most_results: int | None = None
    asked: int = 0
    asked_together: list[int] = field(default_factory=list)

    def app(self) -> Starlette:
        """The application of both."""
        return Starlette(
            routes=[
                Route("/v1/consent/check", self._check),
                Route("/internal/consents/check-many", self._check_many),
                Route("/internal/lookup", self._lookup, methods=["POST"]),
            ]
        )

    async def _check(self, request: Request) -> JSONResponse:
        self.asked += 1
        await asyncio.sleep(0)  # as over a network, others come while one is away
        if self.is_hanging:
            await asyncio.Event().wait()
        if self.is_down:
            return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
        query = request.query_params
        return JSONResponse(self._answer(query["retailer_id"], query["lender_id"], query["purpose"]))

    async def _check_many(self, request: Request) -> JSONResponse:
        asked = [query_param.split(":") for query_param in request.query_params["of"].split(",")]
        self.asked += len(asked)
        self.asked_together.append(len(asked))
        if self.is_down:
            return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
        return JSONResponse({"results": [self._answer(*query_param) for query_param in asked][: self.most_results]})

    def _answer(self, retailer: str, lender: str, purpose: str) -> dict[str, Any]:
        if (result := self.answers.get((retailer, lender, purpose))) is not None:
            return result
        other = any(key[:2] == (retailer, lender) for key in self.answers)
        return {
            "consented": False,
            "consent_id": None,
            "expires_at": None,
            "version": 0,
            "reason": "purpose" if other else "none",
        }

    async def _lookup(self, request: Request) -> JSONResponse:
        if self.is_down:
            return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
        return JSONResponse({"retailer_id": self.identities.get((await request.json())["gst"])})


class ImpatientTransport(httpx.ASGITransport):
    """In-process transport that keeps the client's read timeout, which httpx's own leaves out."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The reply, or the timeout that a socket would have given."""
        try:
            async with asyncio.timeout(request.extensions["timeout"]["read"]):
                return await super().handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=request) from error


class Monotonic:
    """Seconds that grow when told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.at


@dataclass
class World:
    """The score service with both doors, its projection, and its neighbours."""

    pool: asyncpg.Pool
    database: Database
    clock: FixedClock
    monotonic: Monotonic
    neighbours: Neighbours
    services: Services
    state: AccessState
    audit_writer: AuditWriter
    redis: PipelinedRedis
    lenders: httpx.AsyncClient
    admin: httpx.AsyncClient
    projection: Consumer
    invalidator: CacheInvalidator
    signer: SoftwareSigner
    tokens: dict[str, str] = field(default_factory=dict)
    version: int = 0

    async def onboard(self, lender_id: str) -> str:
        """A lender with a token; returns its secret."""
        created = await self.admin.put(f"/internal/admin/lenders/{lender_id}", json={"name": "A lender"})
        assert created.status_code == 201, created.text
        secret = str(created.json()["client_secret"])
        got = await self.lenders.post("/v1/auth/token", json={"client_id": lender_id, "client_secret": secret})
        assert got.status_code == 200, got.text
        self.tokens[lender_id] = got.json()["access_token"]
        await self.state.refresh()  # as the poller does
        return secret

    def headers(self, lender_id: str = LENDER, **more: str) -> dict[str, str]:
        """Headers of a lender's call."""
        return {"Authorization": f"Bearer {self.tokens[lender_id]}", "X-Client-ID": lender_id, **more}

    async def later(self, seconds: float) -> None:
        """Lets answers age, as the poller keeps reading revocations."""
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
        """Consent at the authority and, by default, in the projection."""
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

    async def revoke(self, retailer_id: str = RETAILER, lender_id: str = LENDER, *, at_authority: bool = True) -> None:
        """The event of a revocation and, by default, the authority's knowledge of it."""
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
        await self.invalidator.invalidate_marked()

    async def sign(self, retailer_id: str = RETAILER, **change: Any) -> SignedRecord:
        """A sealed record as the scoring engine makes it."""
        raw = canonical_json(record_of(retailer_id, **change))
        signature = await self.signer.sign(hashlib.sha256(raw).digest())
        return SignedRecord(raw.decode(), self.signer.key_id, signature.hex())

    async def computed(self, retailer_id: str = RETAILER, **change: Any) -> None:
        """The event of a new score."""
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
        await self.invalidator.invalidate_marked()

    async def blocked(
        self, retailer_id: str | None = RETAILER, *, scope: str = "retailer", code: str, at: datetime = NOW
    ) -> None:
        """The event of a block."""
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
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE name = 'audit_event' ORDER BY id")
        result = [CATALOGUE.decode("audit_event", row["payload"]) for row in rows]
        return [item for item in result if item["action"] == action]


def record_of(retailer_id: str, **change: Any) -> dict[str, Any]:
    """The fields of a sealed record."""
    codes = ["LOW_PAYMENT_DELAY", "CONSISTENT_ORDER_FREQ", "GROWING_BASKET_SIZE"]
    against = ["HIGH_RETURN_RATE", "ORDER_GAP_DETECTED"]
    reasons = [
        {"code": code, "direction": "positive" if code in codes else "negative", "rank": rank}
        for rank, code in enumerate(codes + against, 1)
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


def settings_of(database: Database, redis_url: str, keys_dir: Path, public_keys_dir: Path) -> ApiSettings:
    """Settings as main() reads them."""
    nowhere = Path("unused.pem")
    return ApiSettings(
        profile="development",
        database_url=database.app_dsn,
        internal_port=21_201,
        schemas_dir=SCHEMAS,
        tls_cert_file=nowhere,
        tls_key_file=nowhere,
        tls_ca_file=nowhere,
        kafka_bootstrap="unused",
        kafka_username="score",
        kafka_password="unused",
        kafka_ca_file=nowhere,
        registry_url="http://127.0.0.1:1",
        redis_url=redis_url,
        public_keys_dir=public_keys_dir,
        context_key=CONTEXT_KEY.hex(),
        jwt_keys_dir=keys_dir,
        consent_url="https://consent.test",
        vault_url="https://vault.test",
    )
