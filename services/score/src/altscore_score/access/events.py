"""Tells replicas over Redis pub/sub that something was revoked."""

import asyncio
import logging
from collections.abc import Callable

from altscore_libs.errors import Unavailable
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "score:revocations"
_LISTEN_S = 0.5
_log = logging.getLogger("altscore.score.revocations")


class RevocationNotifier:
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
        """Calls `wake` once it listens and at every announcement, until `stop`.

        Raises:
            Unavailable: Redis cannot be reached; polling does the work.
        """
        try:
            async with self._redis.pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                while not stop.is_set():
                    if await subscription.get_message(timeout=_LISTEN_S) is not None:
                        wake()
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("announcements of revocations cannot be heard") from error
