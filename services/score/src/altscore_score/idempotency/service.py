"""Finds out whether a call was answered before, and stores replies so that it can be told.

Redis holds a mark beside each stored reply. The mark is a hint that saves a read of the database: the stored row alone
decides, and a call whose mark was lost is found by its row before it is refused, or when its commit is.
"""

import hashlib
from collections.abc import Mapping
from uuid import UUID

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable
from altscore_libs.rls import ContextSigner
from altscore_libs.web import uuid_of

from altscore_score.idempotency import store
from altscore_score.idempotency.domain import VALID_FOR, IdempotencyKey, NewReply, StoredReply
from altscore_score.platform.dedicated_connections import DedicatedConnections
from altscore_score.platform.redis_pipeline import RedisCircuit

_MARK_S = int(VALID_FOR.total_seconds())


def request_uuid(headers: Mapping[str, str]) -> UUID | None:
    """The X-Request-ID of a call, where it is a UUID in any spelling; no other text is an idempotency key."""
    return uuid_of(headers.get("x-request-id", ""))


def idempotency_key(headers: Mapping[str, str], body: bytes, *, lender_id: str) -> IdempotencyKey | None:
    """The idempotency key of a call; None where it has none.

    The lender in braces in the mark's name keeps a call's keys in one cluster slot.
    """
    request_id = request_uuid(headers)
    if request_id is None:
        return None
    return IdempotencyKey(
        request_id=request_id,
        body_digest=hashlib.sha256(body).digest(),
        mark_name=f"score:{{{lender_id}}}:answered:{request_id.hex}",
    )


class IdempotencyStore:
    """Stored replies in PostgreSQL and their marks in Redis.

    Args:
        circuit: to Redis.
        connections: to the serving database.
        signer: of row-level-security contexts.
        clock: for the 24 hours.
    """

    def __init__(
        self, circuit: RedisCircuit, connections: DedicatedConnections, *, signer: ContextSigner, clock: Clock
    ) -> None:
        self._circuit = circuit
        self._connections = connections
        self._signer = signer
        self._clock = clock

    async def find(self, lender_id: str, key: IdempotencyKey) -> StoredReply | None:
        """The reply that this lender's X-Request-ID was answered with in the last 24 hours.

        Raises:
            Unavailable: the store cannot be read.
        """
        context = self._signer.sign(lender_id)
        try:
            return await store.find_reply(self._connections, context, key.request_id, now=self._clock.now())
        except asyncpg.PostgresError as error:
            raise Unavailable("the stored replies cannot be read") from error

    def new_reply(self, lender_id: str, key: IdempotencyKey, *, language: str, body: bytes) -> NewReply:
        """The row that stores a reply; the audit writer commits it with the call's entry."""
        return NewReply(
            context=self._signer.sign(lender_id),
            request_id=key.request_id,
            body_digest=key.body_digest,
            language=language,
            body=body,
            replied_at=self._clock.now(),
        )

    def mark(self, key: IdempotencyKey) -> None:
        """Marks a call as answered, without waiting."""
        self._circuit.send_nowait("SET", key.mark_name, key.body_digest, "EX", _MARK_S)
