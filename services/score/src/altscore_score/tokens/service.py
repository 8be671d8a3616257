"""POST /v1/auth/token: the secret, or it and a refresh token, for a pair of tokens; every try counted and audited."""

import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import RateLimited, Unauthorized
from prometheus_client import Counter

from altscore_score.access.authentication import AccessState, LoginThrottle, SecretHasher
from altscore_score.audit.service import AuditEntry, AuditWriter
from altscore_score.calls.service import limited
from altscore_score.limits.domain import Admission
from altscore_score.limits.service import Gate
from altscore_score.scores.schemas import TokenRequest
from altscore_score.tokens import store as access_store
from altscore_score.tokens.store import RefreshState
from altscore_score.tokens.verifier import LIFE_S, TokenIssuer

FAMILY_LIFE = timedelta(hours=24)
REFRESH_BYTES = 32
_MOST_RACES = 3
_log = logging.getLogger("altscore.score.token_desk")
_locks = Counter("altscore_score_credential_locks_total", "Client ids locked for a source; an alert stands on it.")
_reuses = Counter("altscore_score_refresh_reuse_total", "Spent refresh tokens that came again; an alert stands on it.")


class Issued(NamedTuple):
    """A pair of tokens, the access token's life in seconds, and the headers of the reply."""

    token: str
    refresh_token: str
    expires_in_s: int
    headers: dict[str, str]


_First = Callable[[asyncpg.Connection, datetime], Awaitable[None]]


class _Changed(Exception):
    """What was read a moment ago holds no more."""


@dataclass(frozen=True)
class _Try:
    """One request that passed the limit."""

    client_id: str
    source: str
    details: dict[str, str]
    admission: Admission

    def refused(self) -> Unauthorized:
        """One answer for every reason."""
        return Unauthorized("unknown client, wrong secret or no good refresh token", headers=self.admission.headers())


@dataclass(frozen=True)
class TokenService:
    """Issues tokens to lenders that know their secret."""

    pool: asyncpg.Pool
    gate: Gate
    locks: LoginThrottle
    secrets: SecretHasher
    mint: TokenIssuer
    audit_writer: AuditWriter
    state: AccessState
    clock: Clock

    async def issue(self, request: TokenRequest, *, source: str, request_id: str) -> Issued:
        """An access token for an hour and a refresh token that can be used once.

        Args:
            request: the credentials.
            source: address of the caller; a lock holds for it alone.
            request_id: for the audit entry.

        Raises:
            RateLimited: more than ten tries a minute for the client id, or locked for this source.
            Unauthorized: unknown client, wrong secret, or a refresh token that is not good; the answer does not say
                which.
        """
        admission = await self.gate.admit_token(request.client_id, nonce=secrets.token_hex(12))
        if not admission.is_admitted:
            refused = limited(admission)
            refused.headers.update(admission.headers())
            raise refused
        one = _Try(request.client_id, source, {"request_id": request_id, "request_ip": source}, admission)
        await self._prove_client(one, request.client_secret)
        if request.refresh_token is not None:
            return await self._refresh(one, request.refresh_token)
        return await self._begin(one)

    async def _prove_client(self, one: _Try, secret: str) -> None:
        async with transaction(self.pool) as connection:
            wait_s = await self.locks.locked_for_s(connection, one.client_id, one.source)
            hashes = await access_store.secret_hashes(connection, one.client_id, now=self.clock.now())
        if wait_s:
            await self.audit_writer.write(_failure(one, "LOCKED"))
            headers = {"Retry-After": str(wait_s), **one.admission.headers()}
            raise RateLimited("too many failures from this source", headers=headers)
        if not await self.secrets.matches(secret, hashes):
            raise await self._failed(one, "UNAUTHORIZED")

    async def _begin(self, one: _Try) -> Issued:
        family_id = secrets.token_hex(16)

        async def begin(connection: asyncpg.Connection, now: datetime) -> None:
            await access_store.add_family(
                connection, family_id, one.client_id, issued_at=now, expires_at=now + FAMILY_LIFE
            )

        try:
            return await self._issue(one, "token_issued", family_id, begin)
        except _Changed:  # suspended since its secret was compared
            raise await self._failed(one, "UNAUTHORIZED") from None

    async def _refresh(self, one: _Try, refresh_token: str) -> Issued:
        digest = digest_of(refresh_token)
        for _ in range(_MOST_RACES):
            async with transaction(self.pool) as connection:
                state = await access_store.refresh_state(connection, digest)
            try:
                if state is None or state.lender_id != one.client_id:
                    raise await self._failed(one, "REFRESH_TOKEN_UNKNOWN")
                if state.is_revoked:
                    raise await self._failed(one, "REFRESH_TOKEN_REVOKED", counts=False)
                if state.is_used:
                    await self._end_family(one, state)
                    raise one.refused()
                if state.expires_at <= self.clock.now():
                    raise await self._failed(one, "REFRESH_TOKEN_EXPIRED", counts=False)
                return await self._rotate(one, state, digest)
            except _Changed:
                continue
        raise await self._failed(one, "REFRESH_TOKEN_RACED", counts=False)

    async def _rotate(self, one: _Try, state: RefreshState, digest: bytes) -> Issued:
        async def spend(connection: asyncpg.Connection, now: datetime) -> None:
            if not await access_store.spend_refresh_token(connection, state.family_id, digest, now=now):
                raise _Changed

        return await self._issue(one, "token_refreshed", state.family_id, spend)

    async def _issue(self, one: _Try, action: str, family_id: str, first: _First) -> Issued:
        """A pair of tokens in a family, on record with the audit entry before anybody sees it."""
        minted, refresh_token = self.mint.issue(one.client_id), secrets.token_hex(REFRESH_BYTES)

        async def add(connection: asyncpg.Connection) -> None:
            if not await access_store.hold_active_lender(connection, one.client_id):
                raise _Changed
            await first(connection, minted.issued_at)
            await access_store.add_tokens(
                connection,
                family_id,
                refresh_digest=digest_of(refresh_token),
                jti=minted.jti,
                expires_at=minted.expires_at,
            )

        details = {**one.details, "jti": minted.jti, "family_id": family_id}
        await self.audit_writer.write(AuditEntry(action, one.client_id, "issued", one.client_id, None, details), add)
        return Issued(minted.token, refresh_token, LIFE_S, one.admission.headers())

    async def _end_family(self, one: _Try, state: RefreshState) -> None:
        """A spent refresh token came again: it, or its successor, is in foreign hands, so all of the family ends."""

        async def revoke(connection: asyncpg.Connection) -> None:
            if not await access_store.revoke_family(connection, state.family_id, now=self.clock.now()):
                raise _Changed

        details = {**one.details, "family_id": state.family_id}
        entry = AuditEntry("token_reused", one.client_id, "revoked", one.client_id, "REFRESH_TOKEN_REUSED", details)
        await self.audit_writer.write(entry, revoke)
        _reuses.inc()
        _log.warning("a spent refresh token came again", extra={"client_id": one.client_id})
        await self.state.announce()

    async def _failed(self, one: _Try, reason: str, *, counts: bool = True) -> Unauthorized:
        """Audits a failure; `counts` towards the lock, unless it is how every family ends one day."""
        failures = 0

        async def count(connection: asyncpg.Connection) -> None:
            nonlocal failures
            failures = await self.locks.record(connection, one.client_id, one.source)

        await self.audit_writer.write(_failure(one, reason), count if counts else None)
        if failures == LoginThrottle.MAX_FAILURES:
            _locks.inc()
            _log.warning("client id locked for a source", extra={"client_id": one.client_id})
        return one.refused()


def digest_of(refresh_token: str) -> bytes:
    """What is kept of a refresh token: 256 random bits need no slow hash."""
    return hashlib.sha256(refresh_token.encode()).digest()


def _failure(one: _Try, reason: str) -> AuditEntry:
    return AuditEntry("failed_auth", one.client_id, "refused", None, reason, one.details)
