"""The baseline: POST /v1/score as one would write it on a good day with FastAPI, doing the same work as ours.

TLS, pydantic in and out, dependencies, PyJWT at each call, exact sliding windows in Redis by redis-py one call after
another, consent over mutual TLS with httpx (with the same two seconds of memory), the score read by SQLAlchemy's ORM
under row-level security, its signature verified, the idempotent reply and the audit row committed before the answer.
Not done here, unlike in ours: giving a reserved disclosure back, the race of two equal X-Request-IDs, and revocations
told by other replicas. `python -m bench.score.naive settings.json`.
"""

import hashlib
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import jwt
from altscore_libs.clock import SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.rls import ContextSigner
from altscore_libs.signer import PublicKeys
from altscore_libs.tls import ClientTls, client_context
from altscore_score.scores.schemas import GuardrailItem, ReasonCodeItem, ScoreRequest, ScoreResponse
from altscore_score.scores.taxonomy import load_taxonomy
from altscore_score.tokens.domain import TokenIds
from altscore_score.tokens.verifier import KeyRing
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from redis.asyncio import Redis
from sqlalchemy import DateTime, LargeBinary, Text, Uuid, select, text
from sqlalchemy.dialects.postgresql import BIGINT
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.score.limit import serve

WINDOWS = (("minute", 100, 60), ("day", 5_000, 86_400))
DISCLOSURES = (3, 86_400)
CONSENT_FRESH_S = 2.0
CACHE_S = 4 * 3600


class Base(DeclarativeBase):
    """Of the tables below, which are the service's own."""


class StoredScore(Base):
    """A score as the engine signed it."""

    __tablename__ = "sealed_score"
    score_id: Mapped[str] = mapped_column(Text, primary_key=True)
    retailer_id: Mapped[str] = mapped_column(Text)
    scored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    record: Mapped[str] = mapped_column("sealed_record", Text)
    key_id: Mapped[str] = mapped_column("seal_key_id", Text)
    signature: Mapped[str] = mapped_column("seal", Text)


class ConsentGrant(Base):
    """The projection of consents."""

    __tablename__ = "consent_grant"
    retailer_id: Mapped[str] = mapped_column(Text, primary_key=True)
    lender_id: Mapped[str] = mapped_column(Text, primary_key=True)
    purpose: Mapped[str] = mapped_column(Text, primary_key=True)
    is_active: Mapped[bool]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ScoreBlock(Base):
    """What hides or ages a score."""

    __tablename__ = "score_block"
    block_id: Mapped[str] = mapped_column(Text, primary_key=True)
    retailer_id: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    blocked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class IdempotentReply(Base):
    """The answer to an X-Request-ID."""

    __tablename__ = "idempotent_reply"
    lender_id: Mapped[str] = mapped_column(Text, primary_key=True)
    request_key: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    body_digest: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(Text)
    reply: Mapped[bytes] = mapped_column(LargeBinary)
    replied_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class OutboxRow(Base):
    """An event that waits for the relay."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BIGINT, primary_key=True, autoincrement=True)
    event_id: Mapped[UUID] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class Parts:
    """What the application holds while it runs."""

    def __init__(self, settings: dict[str, Any]) -> None:
        environment: dict[str, str] = settings["score"]
        schemas, public = Path(environment["SCORE_SCHEMAS_DIR"]), Path(environment["SCORE_PUBLIC_KEYS_DIR"])
        tls = ClientTls(Path(settings["ca"]), Path(settings["cert"]), Path(settings["key"]))
        address = urlsplit(environment["SCORE_DATABASE_URL"])
        self.engine = create_async_engine(
            f"postgresql+asyncpg://{address.netloc}{address.path}",
            connect_args={"ssl": client_context(ClientTls(tls.ca_file))},
            pool_size=16,
        )
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.redis = Redis.from_url(environment["SCORE_REDIS_URL"], ssl_ca_certs=environment["SCORE_REDIS_CA_FILE"])
        self.consent = httpx.AsyncClient(
            base_url=environment["SCORE_CONSENT_URL"], verify=client_context(tls), trust_env=False
        )
        self.signer = ContextSigner(bytes.fromhex(environment["SCORE_CONTEXT_KEY"]))
        self.keys = KeyRing(
            public,
            ids=TokenIds(bytes.fromhex(environment["SCORE_CONTEXT_KEY"])),
            clock=SystemClock(),
        )
        self.public_keys = PublicKeys.load(public)
        self.taxonomy = load_taxonomy(schemas)
        self.outbox = Outbox(
            SchemaCatalog.load(schemas),
            "score",
            SystemClock(),
            mac_key=bytes.fromhex(environment["SCORE_OUTBOX_KEY"]),
        )
        self.consents: dict[tuple[str, str, str], tuple[float, dict[str, Any]]] = {}


def parts_of(request: Request) -> Parts:
    """The application's parts."""
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(parts_of)]


async def lender_of(
    parts: TheParts, authorization: Annotated[str, Header()], x_client_id: Annotated[str, Header()]
) -> str:
    """The lender behind a token, verified at each call."""
    token = authorization.removeprefix("Bearer ")
    key = parts.keys.find(jwt.get_unverified_header(token)["kid"])
    if key is None:
        raise HTTPException(401)
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="score-api", issuer="altscore.in", leeway=30)
    if claims["sub"] != x_client_id:
        raise HTTPException(401)
    if await parts.redis.exists(f"naive:revoked:{claims['jti']}"):
        raise HTTPException(401)
    return x_client_id


TheLender = Annotated[str, Depends(lender_of)]


async def within(redis: Redis, key: str, limit: int, length_s: int) -> int:
    """Calls left in a sliding window, this one counted; -1 where there was none left."""
    now = time.time()
    await redis.zremrangebyscore(key, 0, now - length_s)
    used = await redis.zcard(key)
    if used >= limit:
        return -1
    await redis.zadd(key, {uuid4().hex: now})
    await redis.expire(key, length_s)
    return limit - used - 1


async def limited(parts: TheParts, lender_id: TheLender, response: Response) -> None:
    """Refuses a call over its limit, and tells what is left."""
    for name, limit, length_s in WINDOWS:
        left = await within(parts.redis, f"naive:{lender_id}:{name}", limit, length_s)
        if left < 0:
            raise HTTPException(429, headers={"Retry-After": str(length_s)})
        if name == "minute":
            response.headers["X-RateLimit-Limit"] = str(limit)
            response.headers["X-RateLimit-Remaining"] = str(left)
            response.headers["X-RateLimit-Reset"] = str(int(time.time()) + length_s)


async def session_of(parts: TheParts, lender_id: TheLender) -> AsyncIterator[AsyncSession]:
    """A transaction in the lender's own context."""
    async with parts.sessions() as session, session.begin():
        await session.execute(
            text("SELECT set_config('app.context', :context, true)"), {"context": parts.signer.sign(lender_id)}
        )
        yield session


TheSession = Annotated[AsyncSession, Depends(session_of)]


async def consented(parts: Parts, retailer_id: str, lender_id: str, purpose: str) -> dict[str, Any]:
    """What consent says, asked at most every two seconds."""
    key = (retailer_id, lender_id, purpose)
    known = parts.consents.get(key)
    if known is not None and time.monotonic() - known[0] <= CONSENT_FRESH_S:
        return known[1]
    params = {"retailer_id": retailer_id, "lender_id": lender_id, "purpose": purpose}
    answer = (await parts.consent.get("/v1/consent/check", params=params)).raise_for_status().json()
    parts.consents[key] = (time.monotonic(), answer)
    reply: dict[str, Any] = answer
    return reply


async def signed_score_of(
    parts: Parts, session: AsyncSession, lender_id: str, request: ScoreRequest
) -> tuple[str, str, str]:
    """The signed score: the lender's cache, else the database."""
    cache_key = f"naive:{lender_id}:cached:{request.retailer_id}"
    cached = await parts.redis.get(cache_key)
    if cached is not None:
        record, key_id, signature = json.loads(cached)
        return record, key_id, signature
    grant = await session.get(ConsentGrant, (request.retailer_id, lender_id, request.purpose))
    if grant is None or not grant.is_active or grant.expires_at <= datetime.now(UTC):
        raise HTTPException(403)
    newest = select(StoredScore).where(StoredScore.retailer_id == request.retailer_id)
    score = (await session.scalars(newest.order_by(StoredScore.scored_at.desc()).limit(1))).first()
    blocks = select(ScoreBlock).where(ScoreBlock.retailer_id == request.retailer_id)
    block = (await session.scalars(blocks.order_by(ScoreBlock.blocked_at.desc()).limit(1))).first()
    if score is None:
        raise HTTPException(404)
    if block is not None and block.blocked_at >= score.scored_at:
        raise HTTPException(422)
    signed = (score.record, score.key_id, score.signature)
    await parts.redis.set(cache_key, json.dumps(signed), ex=CACHE_S)
    return signed


def answer_of(parts: Parts, record: dict[str, Any], request_id: str) -> ScoreResponse:
    """The contract's body."""
    days = max(0, (datetime.now(UTC).date() - datetime.fromisoformat(record["data_as_of_on"]).date()).days)
    reasons = []
    for item in record["reason_codes"]:
        label = parts.taxonomy.labels[item["code"]]
        reasons.append(ReasonCodeItem(**item, label_en=label.en, label_hi=label.hi))
    return ScoreResponse(
        retailer_id=record["retailer_id"],
        score_id=record["score_id"],
        altscore=record["altscore"],
        risk_band=record["risk_band"],
        probability_of_default=float(record["probability_of_default"]),
        recommended_limit_inr=record["recommended_limit_inr"],
        reason_codes=reasons,
        guardrails=[GuardrailItem(**item) for item in record["guardrails"]],
        data_freshness_days=days,
        low_confidence=record["is_low_confidence_data"] or days > 14,
        score_version=record["score_version"],
        scored_at=record["scored_at"],
        expires_at=record["expires_at"],
        request_id=request_id,
    )


async def post_score(
    body: ScoreRequest,
    request: Request,
    parts: TheParts,
    lender_id: TheLender,
    _: Annotated[None, Depends(limited)],
    session: TheSession,
) -> ScoreResponse:
    """One retailer's score."""
    key = UUID(request.headers["x-request-id"])
    digest = hashlib.sha256(await request.body()).digest()
    kept = await session.get(IdempotentReply, (lender_id, key))
    consent = await consented(parts, body.retailer_id, lender_id, body.purpose)
    if not consent["consented"]:
        raise HTTPException(403)
    if kept is not None and kept.replied_at > datetime.now(UTC) - timedelta(hours=24):
        if kept.body_digest != digest:
            raise HTTPException(409)
        return ScoreResponse.model_validate_json(kept.reply)
    if await within(parts.redis, f"naive:{lender_id}:disclosed:{body.retailer_id}", *DISCLOSURES) < 0:
        raise HTTPException(429)
    raw, key_id, signature = await signed_score_of(parts, session, lender_id, body)
    if not parts.public_keys.verify(key_id, hashlib.sha256(raw.encode()).digest(), bytes.fromhex(signature)):
        raise HTTPException(503)
    reply = answer_of(parts, json.loads(raw), str(key))
    session.add(
        IdempotentReply(
            lender_id=lender_id,
            request_key=key,
            body_digest=digest,
            language="en",
            reply=reply.model_dump_json().encode(),
            replied_at=datetime.now(UTC),
        )
    )
    details = {"purpose": body.purpose, "request_id": str(key), "score_id": reply.score_id}
    data = {
        "action": "score_requested",
        "actor": lender_id,
        "subject": body.retailer_id,
        "outcome": "served",
        "reason": None,
        "details": details,
    }
    event = parts.outbox.encode("audit_event", data, key=lender_id)
    session.add(OutboxRow(**event._asdict()))
    await session.commit()
    return reply


async def with_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """The headers that every response has."""
    response = await call_next(request)
    response.headers["X-Request-ID"] = request.headers.get("x-request-id", "")
    response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def build(settings: dict[str, Any]) -> FastAPI:
    """The application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.parts = Parts(settings)
        yield

    app = FastAPI(lifespan=lifespan)
    app.middleware("http")(with_headers)
    app.post("/v1/score", response_model=ScoreResponse)(post_score)
    return app


if __name__ == "__main__":
    chosen = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    serve(build(chosen), chosen)
