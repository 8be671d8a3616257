"""What the processes are made of: the services of the API, and the projection of the worker."""

import hmac
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
from altscore_libs import db
from altscore_libs.circuit import CircuitBreaker
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.hpke import HpkeEncryptor
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, ParkedList
from altscore_libs.rls import ContextSigner
from altscore_libs.signer import PublicKeys, RsaSigner
from argon2 import PasswordHasher
from redis.asyncio import Redis

from altscore_score.access.authentication import AccessState, Authenticator, SecretCheck
from altscore_score.access.credentials import ARGON2ID, LoginThrottle, SecretHasher
from altscore_score.access.events import RevocationNotifier
from altscore_score.access.failed_auth import FailedAuthAudit
from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.service import AccessService, OnboardingService
from altscore_score.access.verified_rows import VerifiedRows
from altscore_score.access.worker import FindingsAudit
from altscore_score.audit.service import AuditWriter
from altscore_score.audit.spool import Spool
from altscore_score.audit_proofs.published import AuditKeys
from altscore_score.audit_proofs.service import AuditProofService
from altscore_score.call_counts.service import CallCounter
from altscore_score.calls.service import AuditedEndpoint
from altscore_score.clients import AuditClient, CachedConsentChecker, ConsentSource, VaultClient
from altscore_score.dependencies import Services
from altscore_score.grievances.service import BOX_FILE, GrievanceFiling, GrievanceService
from altscore_score.history.service import HistoryService
from altscore_score.idempotency.service import IdempotencyStore
from altscore_score.limits.service import RateLimiter
from altscore_score.platform.dedicated_connections import DedicatedConnections, database_breaker
from altscore_score.platform.redis_pipeline import NO_ANSWER, PipelinedRedis, RedisCircuit, open_pipeline
from altscore_score.platform.waits import SERVING, Waits
from altscore_score.portfolios.wiring import dashboards
from altscore_score.retailers.service import ConsentFinder, LookupService
from altscore_score.rights.service import RetailerRights
from altscore_score.sandbox.personas import load_personas
from altscore_score.sandbox.service import Sandbox
from altscore_score.score_batches.service import BatchLedger, BatchService
from altscore_score.scores.reader import CacheMacs, ScoreCache, ScoreReader, SignatureVerifier
from altscore_score.scores.service import ScoreService
from altscore_score.scores.taxonomy import load_taxonomy
from altscore_score.settings import ApiSettings, WorkerSettings
from altscore_score.switches.service import SwitchService
from altscore_score.tokens.domain import TokenIds
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.service import TokenService
from altscore_score.tokens.verifier import KeyRing, TokenVerifier

if TYPE_CHECKING:
    from altscore_libs.consumer import Consumer

NAME = "score"
READERS = 4


def projection(settings: WorkerSettings, pool: asyncpg.Pool, audit: AuditWriter) -> "Consumer":
    """The consumer that projects scores, consents and grievances, and forgets erased retailers."""
    # The API process is spared 25 MiB of Kafka's clients.
    from altscore_libs.consumer import Consumer  # noqa: PLC0415

    from altscore_score.erasures import events as erasures  # noqa: PLC0415
    from altscore_score.grievances import events as grievances  # noqa: PLC0415
    from altscore_score.scores import events as scores  # noqa: PLC0415

    signer, catalogue = ContextSigner(settings.context_key_bytes()), SchemaCatalog.load(settings.schemas_dir)
    keys = PublicKeys.load(settings.public_keys_dir)
    verifier = SignatureVerifier(keys, load_taxonomy(settings.schemas_dir))
    handlers = {
        **scores.Projection(signer, verifier, audit).handlers(),
        **grievances.handlers(signer),
        **erasures.ErasureEvents(signer, keys, outbox=audit.outbox, clock=SystemClock()).handlers(),
    }
    topics = (*scores.TOPICS, *grievances.TOPICS, erasures.TOPIC)
    return Consumer(
        pool,
        catalogue,
        settings,
        group=NAME,
        topics=topics,
        handlers=handlers,
        keys=keys,
        only_taking_away=scores.ONLY_TAKING_AWAY,
    )


@asynccontextmanager
async def open_parked(settings: WorkerSettings) -> AsyncIterator[ParkedEvents]:
    """What the worker has set aside."""
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), NAME, SystemClock(), mac_key=settings.outbox_key_bytes())
    async with await db.create_pool(settings.database_url) as pool, AsyncExitStack() as stack:
        audit = AuditWriter(pool, outbox)
        stack.push_async_callback(audit.close)
        yield ParkedEvents(pool, projection(settings, pool, audit), outbox)


def grievance_filing(
    settings: ApiSettings, pool: asyncpg.Pool, signer: ContextSigner, *, outbox: Outbox, clock: Clock
) -> GrievanceFiling:
    """What files grievances; the key of its digests is derived, so that it signs nothing else."""
    return GrievanceFiling(
        pool=pool,
        signer=signer,
        outbox=outbox,
        clock=clock,
        encryptor=HpkeEncryptor.load(settings.public_keys_dir / BOX_FILE),
        digest_key=hmac.new(settings.context_key_bytes(), b"grievance digests", "sha256").digest(),
    )


@dataclass(frozen=True)
class Wiring:
    """The services of the API process and what runs beside them."""

    services: Services
    state: AccessState
    audit: AuditWriter
    failures: FailedAuthAudit
    findings: FindingsAudit
    redis: PipelinedRedis
    connections: DedicatedConnections

    @property
    def counter(self) -> CallCounter:
        """Of calls by day."""
        return self.services.dashboards.accounts.counter

    async def open(self) -> None:
        """Opens the connections that serving keeps for itself, so that the first call need not.

        A store that cannot be reached is left to the calls: they say so in the contract's words.
        """
        await self.connections.open_all()
        await self.audit.open_connections()
        with suppress(*NO_ANSWER):
            await self.redis.call("PING")

    async def close(self) -> None:
        """Gives back the connections that serving keeps for itself."""
        await self.counter.flush()
        await self.redis.close()
        await self.connections.close()
        await self.audit.close()


@dataclass(frozen=True)
class _Shared:
    """What the use cases are made of."""

    pool: asyncpg.Pool
    clock: Clock
    signer: ContextSigner
    audit: AuditWriter
    state: AccessState
    verified: VerifiedRows
    cache_macs: CacheMacs
    hasher: SecretHasher
    throttle: LoginThrottle
    failures: FailedAuthAudit
    issuer: TokenIssuer
    limiter: RateLimiter
    endpoint: AuditedEndpoint
    counts: CallCounter
    authenticator: Authenticator
    consents: CachedConsentChecker
    verifier: SignatureVerifier
    sandbox: Sandbox
    audit_keys: AuditKeys


def wire(
    settings: ApiSettings,
    pool: asyncpg.Pool,
    redis: Redis,
    *,
    access_pool: asyncpg.Pool,
    clock: Clock,
    monotonic: Callable[[], float] = time.monotonic,
    consent: ConsentSource,
    vault: VaultClient,
    audit_trail: AuditClient,
    token_signer: RsaSigner,
    waits: Waits = SERVING,
    argon2id: PasswordHasher = ARGON2ID,
) -> Wiring:
    """The services behind the routes, and the loops that keep them true; admin's orders alone use `access_pool`."""
    breaker, taxonomy = database_breaker(), load_taxonomy(settings.schemas_dir)
    audit = _audit_writer(settings, pool, clock, breaker=breaker, waits=waits)
    ids, hasher, throttle = TokenIds(settings.context_key_bytes()), SecretHasher(argon2id), LoginThrottle(clock)
    keys = KeyRing(settings.public_keys_dir, ids=ids, clock=clock, monotonic=monotonic)
    pipeline = _pipeline(settings, waits.redis_s, monotonic)
    circuit, failures = RedisCircuit(pipeline, monotonic=monotonic), FailedAuthAudit(audit, clock)
    verified, counts = VerifiedRows(LenderMacs(settings.mac_key_bytes())), CallCounter(circuit, clock)
    state = AccessState(pool, verified, RevocationNotifier(redis), read_s=waits.access_s, monotonic=monotonic)
    limiter = RateLimiter(circuit, clock, replicas=settings.replicas, monotonic=monotonic)
    secret_check = SecretCheck(pool, verified=verified, hasher=hasher, throttle=throttle, limiter=limiter, clock=clock)
    authenticator = Authenticator(TokenVerifier(keys, clock), state, secret_check)
    shared = _Shared(
        pool=pool,
        clock=clock,
        signer=ContextSigner(settings.context_key_bytes()),
        audit=audit,
        state=state,
        verified=verified,
        cache_macs=CacheMacs(hmac.digest(settings.mac_key_bytes(), b"cached scores", "sha256")),
        hasher=hasher,
        throttle=throttle,
        failures=failures,
        issuer=TokenIssuer(keys, token_signer, clock, sign_s=waits.sign_s),
        limiter=limiter,
        endpoint=_endpoint(authenticator, limiter, audit, failures=failures, counts=counts, waits=waits, clock=clock),
        counts=counts,
        authenticator=authenticator,
        consents=CachedConsentChecker(consent, clock, monotonic=monotonic),
        verifier=SignatureVerifier(PublicKeys.load(settings.public_keys_dir), taxonomy),
        sandbox=Sandbox(load_personas(), taxonomy.labels),
        audit_keys=AuditKeys(settings.public_keys_dir, monotonic=monotonic),
    )
    connections = DedicatedConnections(pool, size=READERS, timeout_s=waits.read_s, breaker=breaker)
    scores = _score_service(shared, circuit, connections, labels=dict(taxonomy.labels))
    filing = grievance_filing(settings, pool, shared.signer, outbox=audit.outbox, clock=clock)
    return Wiring(
        services=_services(shared, scores, vault, audit_trail=audit_trail, filing=filing, access_pool=access_pool),
        state=state,
        audit=audit,
        failures=failures,
        findings=FindingsAudit(verified, audit),
        redis=pipeline,
        connections=connections,
    )


def _endpoint(
    authenticator: Authenticator,
    limiter: RateLimiter,
    audit: AuditWriter,
    *,
    failures: FailedAuthAudit,
    counts: CallCounter,
    waits: Waits,
    clock: Clock,
) -> AuditedEndpoint:
    return AuditedEndpoint(
        authenticator, limiter, audit, failures=failures, noted=counts.noted, clock=clock, call_s=waits.call_s
    )


def _audit_writer(
    settings: ApiSettings, pool: asyncpg.Pool, clock: Clock, *, breaker: CircuitBreaker, waits: Waits
) -> AuditWriter:
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), NAME, clock, mac_key=settings.outbox_key_bytes())
    spool = Spool(settings.audit_spool_dir) if settings.audit_spool_dir is not None else None
    return AuditWriter(pool, outbox, spool, breaker=breaker, waits=waits)


def _pipeline(settings: ApiSettings, timeout_s: float, monotonic: Callable[[], float]) -> PipelinedRedis:
    url = settings.redis_url.get_secret_value()
    return open_pipeline(url, settings.redis_ca_file, timeout_s=timeout_s, monotonic=monotonic)


def _score_service(
    shared: _Shared, circuit: RedisCircuit, connections: DedicatedConnections, *, labels: dict[str, Any]
) -> ScoreService:
    cache = ScoreCache(circuit)
    return ScoreService(
        endpoint=shared.endpoint,
        authenticator=shared.authenticator,
        state=shared.state,
        limiter=shared.limiter,
        cache=cache,
        idempotency=IdempotencyStore(circuit, connections, signer=shared.signer, clock=shared.clock),
        consents=shared.consents,
        reader=ScoreReader(
            connections,
            signer=shared.signer,
            verifier=shared.verifier,
            cache=cache,
            changes=shared.state.changes,
            macs=shared.cache_macs,
        ),
        labels=labels,
        sandbox=shared.sandbox,
        audit=shared.audit,
        signer=shared.signer,
        clock=shared.clock,
    )


class _Access(NamedTuple):
    """What admin asks for, by the role that may write access."""

    onboarding: OnboardingService
    orders: AccessService
    switches: SwitchService


def _access(shared: _Shared, access_pool: asyncpg.Pool) -> _Access:
    audit, macs = AuditWriter(access_pool, shared.audit.outbox), shared.verified.macs
    return _Access(
        onboarding=OnboardingService(access_pool, shared.hasher, audit=audit, macs=macs, clock=shared.clock),
        orders=AccessService(
            pool=access_pool,
            hasher=shared.hasher,
            audit=audit,
            state=shared.state,
            verified=shared.verified,
            macs=macs,
            clock=shared.clock,
        ),
        switches=SwitchService(
            pool=access_pool, audit=audit, state=shared.state, verified=shared.verified, clock=shared.clock
        ),
    )


def _token_service(shared: _Shared) -> TokenService:
    return TokenService(
        pool=shared.pool,
        limiter=shared.limiter,
        throttle=shared.throttle,
        failures=shared.failures,
        hasher=shared.hasher,
        issuer=shared.issuer,
        audit=shared.audit,
        state=shared.state,
        verified=shared.verified,
        clock=shared.clock,
    )


def _services(
    shared: _Shared,
    scores: ScoreService,
    vault: VaultClient,
    *,
    filing: GrievanceFiling,
    audit_trail: AuditClient,
    access_pool: asyncpg.Pool,
) -> Services:
    endpoint, authenticator = shared.endpoint, shared.authenticator
    access = _access(shared, access_pool)
    finder = ConsentFinder(shared.consents, shared.signer, shared.pool)
    history = HistoryService(
        endpoint=endpoint,
        authenticator=authenticator,
        consents=shared.consents,
        finder=finder,
        verifier=shared.verifier,
        sandbox=shared.sandbox,
        clock=shared.clock,
        signer=shared.signer,
        pool=shared.pool,
    )
    return Services(
        scores=scores,
        score_batches=BatchService(
            endpoint=endpoint,
            authenticator=authenticator,
            limiter=shared.limiter,
            ledger=BatchLedger(shared.pool, shared.signer, shared.clock),
            score=scores.answer,
            recheck=scores.recheck,
        ),
        history=history,
        retailers=LookupService(
            endpoint=endpoint, authenticator=authenticator, vault=vault, consents=finder, sandbox=shared.sandbox
        ),
        tokens=_token_service(shared),
        keys=shared.issuer.keys,
        audit_keys=shared.audit_keys,
        onboarding=access.onboarding,
        access=access.orders,
        switches=access.switches,
        grievances=GrievanceService(endpoint=endpoint, authenticator=authenticator, consents=finder, filing=filing),
        audit_proofs=AuditProofService(endpoint=endpoint, authenticator=authenticator, audit=audit_trail),
        parked=ParkedList(shared.pool),
        rights=RetailerRights(
            pool=shared.pool,
            signer=shared.signer,
            outbox=shared.audit.outbox,
            verifier=shared.verifier,
            clock=shared.clock,
        ),
        dashboards=dashboards(scores, history, verified=shared.verified, counter=shared.counts),
    )
