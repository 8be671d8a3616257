"""POST /v1/auth/token: the secret, or it and a refresh token, for a pair of tokens; every try counted and audited."""

import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import RateLimited, Unauthorized
from prometheus_client import Counter

from altscore_score.access.authentication import AccessState
from altscore_score.access.credentials import LoginThrottle, SecretHasher
from altscore_score.access.failed_auth import FailedAuthAudit
from altscore_score.access.verified_rows import VerifiedRows, read_hashes
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.limits.domain import Admission
from altscore_score.limits.service import RateLimiter, rate_limited
from altscore_score.tokens import store
from altscore_score.tokens.domain import CHALLENGE, is_repetition
from altscore_score.tokens.issuer import IssuedToken, TokenIssuer
from altscore_score.tokens.schemas import TokenRequest
from altscore_score.tokens.store import RefreshState
from altscore_score.tokens.successors import Successor, decrypt_successor, encrypt_successor
from altscore_score.tokens.verifier import LIFE_S

FAMILY_LIFE = timedelta(hours=24)
REFRESH_BYTES = 32
LOCK = "failed_sign_ins"
_MOST_RACES = 3
_log = logging.getLogger("altscore.score.token_desk")
_reuses = Counter("altscore_score_refresh_reuse_total", "Spent refresh tokens that came again; an alert stands on it.")


class IssuedPair(NamedTuple):
    """A pair of tokens, the access token's life in seconds, and the headers of the reply."""

    token: str
    refresh_token: str
    expires_in_s: int
    headers: dict[str, str]


_First = Callable[[asyncpg.Connection, IssuedToken, str], Awaitable[None]]


class _Changed(Exception):
    """Rolls back a transaction: what was read before it no longer holds."""


@dataclass(frozen=True)
class _SignIn:
    """One request that passed the limit."""

    client_id: str
    recorded_id: str
    """The client id where a lender has it, else "unknown": any other text is the caller's own (decision 100)."""
    source: str
    details: dict[str, str]
    admission: Admission

    def refused(self) -> Unauthorized:
        """One answer for every reason."""
        headers = {"WWW-Authenticate": CHALLENGE, **self.admission.headers()}
        return Unauthorized("unknown client, wrong secret or no good refresh token", headers=headers)


@dataclass(frozen=True)
class TokenService:
    """Issues tokens to lenders that know their secret."""

    pool: asyncpg.Pool
    limiter: RateLimiter
    throttle: LoginThrottle
    hasher: SecretHasher
    issuer: TokenIssuer
    audit: AuditWriter
    failures: FailedAuthAudit
    state: AccessState
    verified: VerifiedRows
    clock: Clock

    async def issue(self, request: TokenRequest, *, source: str, request_id: str) -> IssuedPair:
        """An access token for an hour and a refresh token that can be used once.

        The same refresh within ten seconds of the first is answered with the same pair.

        Args:
            request: the credentials.
            source: address of the caller; a lock holds for it alone.
            request_id: for the audit entry.

        Raises:
            RateLimited: more than ten tries a minute for the client id, or locked for this source.
            Unauthorized: unknown client, wrong secret, or a refresh token that is not good; the answer does not say
                which.
            Unavailable: the key store or the database is away; nothing was issued or spent.
        """
        admission = await self.limiter.admit_token(request.client_id)
        if not admission.is_admitted:
            refused = rate_limited(admission)
            refused.headers.update(admission.headers())
            raise refused
        attempt = _SignIn(
            client_id=request.client_id,
            recorded_id=request.client_id if self.state.is_client(request.client_id) else "unknown",
            source=source,
            details={"request_id": request_id, "request_ip": source},
            admission=admission,
        )
        await self._prove_client(attempt, request.client_secret)
        if request.refresh_token is not None:
            return await self._refresh(attempt, request.refresh_token)
        return await self._begin(attempt)

    async def _prove_client(self, attempt: _SignIn, secret: str) -> None:
        async with transaction(self.pool) as connection:
            wait_s = await self.throttle.locked_for_s(connection, attempt.client_id, attempt.source)
            hashes = await read_hashes(connection, self.verified, attempt.client_id, now=self.clock.now())
        if wait_s:
            await self.failures.write(_failure(attempt, "LOCKED"), source=attempt.source)
            headers = {"Retry-After": str(wait_s), **attempt.admission.headers()}
            raise RateLimited("too many failures from this source", limit=LOCK, headers=headers)
        if not await self.hasher.matches(secret, hashes):
            raise await self._failed(attempt, "UNAUTHORIZED")

    async def _begin(self, attempt: _SignIn) -> IssuedPair:
        family_id = secrets.token_hex(16)

        async def begin(connection: asyncpg.Connection, issued: IssuedToken, _: str) -> None:
            now = issued.issued_at
            await store.add_family(
                connection, family_id, attempt.client_id, issued_at=now, expires_at=now + FAMILY_LIFE
            )

        try:
            return await self._issue(attempt, "token_issued", family_id=family_id, first=begin)
        except _Changed:  # suspended since its secret was compared
            raise await self._failed(attempt, "UNAUTHORIZED") from None

    async def _refresh(self, attempt: _SignIn, refresh_token: str) -> IssuedPair:
        digest = digest_of(refresh_token)
        for _ in range(_MOST_RACES):
            async with transaction(self.pool) as connection:
                state = await store.refresh_state(connection, digest)
            try:
                if state is None or state.lender_id != attempt.client_id:
                    raise await self._failed(attempt, "REFRESH_TOKEN_UNKNOWN")
                if state.is_revoked:
                    raise await self._failed(attempt, "REFRESH_TOKEN_REVOKED", counts=False)
                if state.used_at is not None:
                    return await self._reuse(attempt, state, refresh_token)
                if state.expires_at <= self.clock.now():
                    raise await self._failed(attempt, "REFRESH_TOKEN_EXPIRED", counts=False)
                return await self._rotate(attempt, state, refresh_token)
            except _Changed:
                continue
        raise await self._failed(attempt, "REFRESH_TOKEN_RACED", counts=False)

    async def _rotate(self, attempt: _SignIn, state: RefreshState, spent_token: str) -> IssuedPair:
        async def spend(connection: asyncpg.Connection, issued: IssuedToken, refresh_token: str) -> None:
            successor = encrypt_successor(
                Successor(access_token=issued.token, refresh_token=refresh_token, jti=issued.jti),
                spent_token=spent_token,
                family_id=state.family_id,
            )
            if not await store.spend_refresh_token(
                connection, state.family_id, digest_of(spent_token), successor=successor, now=issued.issued_at
            ):
                raise _Changed

        return await self._issue(attempt, "token_refreshed", family_id=state.family_id, first=spend)

    async def _reuse(self, attempt: _SignIn, state: RefreshState, spent_token: str) -> IssuedPair:
        """The same pair again for a repetition within ten seconds; any later reuse ends the family."""
        now = self.clock.now()
        if state.used_at is None or state.successor is None or not is_repetition(state.used_at, now):
            await self._end_family(attempt, state)
            raise attempt.refused()
        pair = decrypt_successor(state.successor, spent_token=spent_token, family_id=state.family_id)
        details = {**attempt.details, "jti": pair.jti, "family_id": state.family_id}
        await self.audit.write(_success(attempt, "token_refreshed", outcome="repeated", details=details))
        return IssuedPair(
            token=pair.access_token,
            refresh_token=pair.refresh_token,
            expires_in_s=LIFE_S - max(0, int((now - state.used_at).total_seconds())),
            headers=attempt.admission.headers(),
        )

    async def _issue(self, attempt: _SignIn, action: str, *, family_id: str, first: _First) -> IssuedPair:
        """A pair of tokens in a family, on record with the audit entry before anybody sees it."""
        issued, refresh_token = await self.issuer.issue(attempt.client_id), secrets.token_hex(REFRESH_BYTES)

        async def add(connection: asyncpg.Connection) -> None:
            if not await store.hold_active_lender(connection, attempt.client_id):
                raise _Changed
            await first(connection, issued, refresh_token)
            await store.add_tokens(
                connection,
                family_id,
                refresh_digest=digest_of(refresh_token),
                jti=issued.jti,
                expires_at=issued.expires_at,
            )

        details = {**attempt.details, "jti": issued.jti, "family_id": family_id}
        await self.audit.write(_success(attempt, action, outcome="issued", details=details), add)
        return IssuedPair(
            token=issued.token,
            refresh_token=refresh_token,
            expires_in_s=LIFE_S,
            headers=attempt.admission.headers(),
        )

    async def _end_family(self, attempt: _SignIn, state: RefreshState) -> None:
        """A spent refresh token came again: it, or its successor, is in another's hands, so the whole family ends."""

        async def revoke(connection: asyncpg.Connection) -> None:
            if not await store.revoke_family(connection, state.family_id, now=self.clock.now()):
                raise _Changed

        entry = AuditEntry(
            action="token_reused",
            actor=attempt.client_id,
            outcome="revoked",
            subject=attempt.client_id,
            reason="REFRESH_TOKEN_REUSED",
            details={**attempt.details, "family_id": state.family_id},
        )
        await self.audit.write(entry, revoke)
        _reuses.inc()
        _log.warning("a spent refresh token came again", extra={"client_id": attempt.client_id})
        await self.state.announce()

    async def _failed(self, attempt: _SignIn, reason: str, *, counts: bool = True) -> Unauthorized:
        """Audits a failure; `counts` towards the lock, unless it is how every family ends one day."""
        failures = 0

        async def count(connection: asyncpg.Connection) -> None:
            nonlocal failures
            failures = await self.throttle.record(connection, attempt.client_id, attempt.source)

        entry = _failure(attempt, reason)
        await self.failures.write(entry, source=attempt.source, extra_write=count if counts else None)
        self.throttle.report(attempt.recorded_id, failures)
        return attempt.refused()


def digest_of(refresh_token: str) -> bytes:
    """What is kept of a refresh token: 256 random bits need no slow hash."""
    return hashlib.sha256(refresh_token.encode()).digest()


def _success(attempt: _SignIn, action: str, *, outcome: str, details: dict[str, str]) -> AuditEntry:
    return AuditEntry(
        action=action, actor=attempt.client_id, outcome=outcome, subject=attempt.client_id, details=details
    )


def _failure(attempt: _SignIn, reason: str) -> AuditEntry:
    return AuditEntry(
        action="failed_auth",
        actor=attempt.recorded_id,
        outcome="refused",
        reason=reason,
        details=attempt.details,
    )
