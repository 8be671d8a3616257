"""POST /v1/auth/token: client credentials in, a bearer token out, every try counted and audited."""

import logging
import secrets
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import RateLimited, Unauthorized
from prometheus_client import Counter

from altscore_score import store
from altscore_score.access import LockBook, Secrets
from altscore_score.front import limited
from altscore_score.gate import Gate
from altscore_score.journal import Entry, Journal
from altscore_score.models import TokenRequest
from altscore_score.tokens import LIFE_S, TokenMint

_log = logging.getLogger("altscore.score.token_desk")
_locks = Counter("altscore_score_credential_locks_total", "Client ids locked for a source; an alert stands on it.")


class Issued(NamedTuple):
    """A token, its life in seconds, and the headers of the reply."""

    token: str
    expires_in_s: int
    headers: dict[str, str]


@dataclass(frozen=True)
class TokenDesk:
    """Issues tokens to lenders that know their secret."""

    pool: asyncpg.Pool
    gate: Gate
    locks: LockBook
    secrets: Secrets
    mint: TokenMint
    journal: Journal

    async def issue(self, request: TokenRequest, *, source: str, request_id: str) -> Issued:
        """A token for an hour.

        Args:
            request: the credentials.
            source: address of the caller; a lock holds for it alone.
            request_id: for the audit entry.

        Raises:
            RateLimited: more than ten tries a minute for the client id, or locked for this source.
            Unauthorized: unknown client or wrong secret; the answer does not say which.
        """
        admission = await self.gate.admit_token(request.client_id, nonce=secrets.token_hex(12))
        if not admission.is_admitted:
            refused = limited(admission)
            refused.headers.update(admission.headers())
            raise refused
        details = {"request_id": request_id, "request_ip": source}
        async with transaction(self.pool) as connection:
            wait_s = await self.locks.locked_for_s(connection, request.client_id, source)
            known = await store.secret_hash(connection, request.client_id)
        if wait_s:
            await self.journal.write(_failure(request.client_id, "LOCKED", details))
            headers = {"Retry-After": str(wait_s), **admission.headers()}
            raise RateLimited("too many failures from this source", headers=headers)
        if not await self.secrets.matches(request.client_secret, known):
            await self._record_failure(request.client_id, source, details)
            raise Unauthorized("unknown client or wrong secret", headers=admission.headers())
        token, jti = self.mint.issue(request.client_id)
        entry = Entry("token_issued", request.client_id, "issued", request.client_id, None, {**details, "jti": jti})
        await self.journal.write(entry)
        return Issued(token, LIFE_S, admission.headers())

    async def _record_failure(self, client_id: str, source: str, details: dict[str, str]) -> None:
        failures = 0

        async def count(connection: asyncpg.Connection) -> None:
            nonlocal failures
            failures = await self.locks.record(connection, client_id, source)

        await self.journal.write(_failure(client_id, "UNAUTHORIZED", details), count)
        if failures == LockBook.MAX_FAILURES:
            _locks.inc()
            _log.warning("client id locked for a source", extra={"client_id": client_id})


def _failure(client_id: str, reason: str, details: dict[str, str]) -> Entry:
    return Entry("failed_auth", client_id, "refused", None, reason, details)
