"""One policy for what cannot be applied: isolated, set aside with its key, and nothing else waits for it."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
from prometheus_client import Counter

from altscore_libs.db import transaction
from altscore_libs.decoding import NOT_AUTHENTIC, PoisonEvent, RawMessage, RefusedEvent
from altscore_libs.errors import DEPENDENCIES
from altscore_libs.outbox import add_raw
from altscore_libs.settings import LARGEST_EVENT_BYTES

MAX_FAILURES = 5
KEPT_FORGERIES = 10_000
"""Forged messages kept of a topic: whoever may write to it must not fill our disk; the counter counts the others."""
KEPT_BYTES = 1_024
"""Of a value that is larger than an event may be."""
BEHIND = "an earlier event of this key is parked"
_log = logging.getLogger("altscore.consumer")
_parked = Counter("altscore_events_parked_total", "Events set aside with their key.", ["topic"])
_refused = Counter(
    "altscore_events_refused_total",
    "Messages that no producer of the topic sent, or that cannot be.",
    ["topic", "reason"],
)
BatchHandler = Callable[[Sequence[RawMessage]], Awaitable[None]]
Park = Callable[[RawMessage, PoisonEvent], Awaitable[None]]

_PARK = """
INSERT INTO parked (topic, key, partition, "offset", reason, raw, signature, holds_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (topic, partition, "offset") DO NOTHING RETURNING id
"""
_FORGERIES = """
SELECT count(*) FROM (SELECT FROM parked WHERE topic = $1 AND NOT holds_key AND resolved_at IS NULL LIMIT $2) AS kept
"""
_KEY_IS_PARKED = """
SELECT EXISTS (SELECT FROM parked WHERE topic = $1 AND key = $2 AND holds_key AND resolved_at IS NULL)
"""


class Isolation:
    """Hands messages over; of a batch that fails each alone, and what can never be applied is set aside.

    A fault of a dependency is raised and nothing is set aside. Any other fault is tried MAX_FAILURES times.

    Args:
        handler: applies messages durably; what it applied before changes nothing when handed over again.
        park: sets one aside.
    """

    def __init__(self, handler: BatchHandler, park: Park) -> None:
        self._handler = handler
        self._park = park
        self._failures: dict[tuple[str, int, int], int] = {}
        self._settled: set[tuple[str, int, int]] = set()

    async def handle(self, messages: Sequence[RawMessage]) -> None:
        """Hands a batch over as a whole, and where that fails one by one.

        Raises:
            Exception: it must be handed over again, after a while.
        """
        try:
            await self._handler(messages)
        except DEPENDENCIES:
            raise
        except Exception:  # noqa: BLE001  # whatever it is: alone, each shows whether it was the one
            await self.handle_singly(messages)

    async def handle_singly(self, messages: Sequence[RawMessage]) -> None:
        """Hands messages over one by one, in their order.

        Raises:
            Exception: they must be handed over again, after a while.
        """
        for raw in messages:
            position = (raw.topic, raw.partition, raw.offset)
            if position not in self._settled:  # when it was handed over before
                await self._handle_one(raw, position)
                self._settled.add(position)
        self._settled.clear()

    async def _handle_one(self, raw: RawMessage, position: tuple[str, int, int]) -> None:
        try:
            await self._handler([raw])
        except PoisonEvent as error:
            await self._park(raw, error)
        except DEPENDENCIES:
            raise
        except Exception as error:
            self._failures[position] = self._failures.get(position, 0) + 1
            if self._failures[position] < MAX_FAILURES:
                raise
            _log.exception("event cannot be applied", extra={"topic": raw.topic, "offset": raw.offset})
            await self._park(raw, PoisonEvent(f"failed {MAX_FAILURES} times: {type(error).__name__}"))
        self._failures.pop(position, None)


class Parking:
    """Where messages are set aside: a table of the service's database, and for events of ours the dead-letter topic.

    Args:
        pool: of the service's database.
        max_bytes: of a value that is kept whole.
    """

    def __init__(self, pool: asyncpg.Pool, *, max_bytes: int = LARGEST_EVENT_BYTES) -> None:
        self._pool = pool
        self._max_bytes = max_bytes

    async def park(self, raw: RawMessage, error: PoisonEvent) -> None:
        """Sets a message aside, once; a refused one is no dead letter, and nothing waits for it.

        Raises:
            Unavailable: the database.
        """
        is_refused, reason = isinstance(error, RefusedEvent), str(error)
        is_whole = len(raw.value) <= self._max_bytes
        if not is_whole:
            reason = f"{reason}: {len(raw.value)} bytes, SHA-256 {hashlib.sha256(raw.value).hexdigest()}"
        async with transaction(self._pool) as connection:
            if is_refused and await connection.fetchval(_FORGERIES, raw.topic, KEPT_FORGERIES) >= KEPT_FORGERIES:
                row = None
            else:
                row = await connection.fetchval(
                    _PARK,
                    raw.topic,
                    raw.key,
                    raw.partition,
                    raw.offset,
                    reason[:500],
                    raw.value if is_whole else raw.value[:KEPT_BYTES],
                    raw.signature if raw.signature is None else raw.signature[:KEPT_BYTES],
                    not is_refused,
                )
            if row is not None and is_whole and not is_refused:
                await add_raw(connection, f"{raw.topic}.dlq", raw.key, raw.value)
        _parked.labels(raw.topic).inc()
        if isinstance(error, RefusedEvent):
            _refused.labels(raw.topic, error.kind).inc()
        text = "event is not authentic" if reason == NOT_AUTHENTIC else "event parked"
        _log.error(text, extra={"topic": raw.topic, "offset": raw.offset, "reason": reason})


async def is_key_held(connection: asyncpg.Connection, raw: RawMessage) -> bool:
    """Whether an event of ours of the same key is set aside."""
    return bool(await connection.fetchval(_KEY_IS_PARKED, raw.topic, raw.key))
