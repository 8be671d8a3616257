"""What operators order about a lender's access, carried out once each; and the news of it to every replica."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import retry_until
from altscore_libs.errors import Conflict, NotFound
from redis.asyncio import Redis
from redis.exceptions import RedisError

from altscore_score import access_store
from altscore_score.access import AccessState, Secrets
from altscore_score.journal import Entry, Journal

CHANNEL = "score:revocations"
MAX_FORMER_SECRETS = 2
_REST_S = 1.0
_LISTEN_S = 0.5
_log = logging.getLogger("altscore.score.revocation")

Kind = Literal["revoke_token", "revoke_tokens", "suspend", "reactivate", "rotate_secret"]
_ACTIONS: dict[Kind, str] = {
    "revoke_token": "token_revoked",
    "revoke_tokens": "tokens_revoked",
    "suspend": "lender_suspended",
    "reactivate": "lender_reactivated",
    "rotate_secret": "lender_secret_rotated",
}


class OrderConflict(Conflict):
    """The order id was used for something else."""

    code = "IDEMPOTENCY_CONFLICT"


class TooManySecrets(Conflict):
    """Former secrets of two rotations still count; another overlap would make three."""

    code = "SECRETS_OVERLAP"


class _Repeated(Exception):
    """The order was carried out before."""


@dataclass(frozen=True)
class Order:
    """One thing an operator wants of a lender's access.

    Args:
        order_id: the same id is carried out once.
        kind: what.
        lender_id: whose.
        by: the operator's id.
        reason: a word of the operators' list.
        jti: of `revoke_token`.
        overlap: of `rotate_secret`: how long the secrets before may still be used.
    """

    order_id: UUID
    kind: Kind
    lender_id: str
    by: str
    reason: str
    jti: str | None = None
    overlap: timedelta = timedelta(0)


class Done(NamedTuple):
    """What became of an order; the secret is shown this once."""

    is_repeated: bool
    client_secret: str | None = None
    former_valid_until: datetime | None = None


class Bus:
    """Redis pub/sub that tells replicas to look; a message carries nothing, so that a forged one changes nothing.

    Args:
        redis: where it does not answer, the polling of every replica does the work.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def announce(self) -> None:
        """Tells every replica that something was revoked."""
        try:
            await self._redis.publish(CHANNEL, b"")
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("revocation not announced, replicas poll", extra={"reason": type(error).__name__})

    async def listen(self, stop: asyncio.Event, wake: Callable[[], None]) -> None:
        """Calls `wake` at every announcement, and after each (re)connection, until `stop`."""
        while not stop.is_set():
            try:
                async with self._redis.pubsub() as news:
                    await news.subscribe(CHANNEL)
                    while not stop.is_set():
                        if await news.get_message(timeout=_LISTEN_S) is not None:
                            wake()
            except Exception as error:  # noqa: BLE001  # polling does the work; no fault here may end the process
                _log.warning("no news of revocations, polling goes on", extra={"reason": type(error).__name__})
                await retry_until(stop, _REST_S)


@dataclass(frozen=True)
class AccessDesk:
    """Carries out operators' orders, each with its audit entry in one transaction."""

    secrets: Secrets
    journal: Journal
    state: AccessState
    clock: Clock

    async def carry_out(self, order: Order) -> Done:
        """Does what is ordered, once; it holds here when this returns and at the other replicas within a second.

        Raises:
            NotFound: no such lender, or no such token of it.
            OrderConflict: the order id was used for something else.
            TooManySecrets: a third secret would count at the same time.
            Unavailable: nothing was done.
        """
        secret, secret_hash = await self.secrets.mint() if order.kind == "rotate_secret" else (None, "")
        now = self.clock.now()

        async def apply(connection: asyncpg.Connection) -> None:
            if not await access_store.lock_lender(connection, order.lender_id):
                raise NotFound("no such lender")
            of = (order.kind, order.lender_id, order.jti)
            earlier = await access_store.claim_order(connection, order.order_id, of, now=now)
            if earlier is not None:
                if earlier != of:
                    raise OrderConflict("the order id was used for something else")
                raise _Repeated
            await _apply(connection, order, secret_hash, now)

        try:
            await self.journal.write(_entry(order, "done"), apply)
        except _Repeated:
            await self.journal.write(_entry(order, "repeated"))
            return Done(is_repeated=True)
        await self.state.announce()
        return Done(False, secret, now + order.overlap if secret is not None else None)


async def _apply(connection: asyncpg.Connection, order: Order, secret_hash: str, now: datetime) -> None:
    lender_id = order.lender_id
    if order.kind == "revoke_token":
        if order.jti is None or await access_store.owner_of_token(connection, order.jti) != lender_id:
            raise NotFound("no such token of this lender")
        await access_store.revoke_token(connection, order.jti)
    elif order.kind == "rotate_secret":
        standing = await access_store.count_former_secrets(connection, lender_id, now=now)
        if order.overlap and standing >= MAX_FORMER_SECRETS:
            raise TooManySecrets("two former secrets still count; rotate without overlap, or wait")
        await access_store.replace_secret(connection, lender_id, secret_hash, now=now, former_until=now + order.overlap)
    else:
        if order.kind != "revoke_tokens":
            await access_store.set_active(connection, lender_id, order.kind == "reactivate")
        if order.kind != "reactivate":
            await access_store.revoke_lender(connection, lender_id, now=now)


def _entry(order: Order, outcome: str) -> Entry:
    details = {"order_id": str(order.order_id), "ordered_by": order.by}
    if order.jti is not None:
        details["jti"] = order.jti
    if order.kind == "rotate_secret":
        details["overlap_s"] = str(int(order.overlap.total_seconds()))
    return Entry(_ACTIONS[order.kind], "admin", outcome, order.lender_id, order.reason, details)
