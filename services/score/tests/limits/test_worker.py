"""Redis is watched: a restart, its memory, and that it is away."""

import pytest
import redis.asyncio
from altscore_score.limits.worker import measure
from prometheus_client import REGISTRY
from redis.exceptions import RedisError

from ..redis_server import RedisServer


def value(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"altscore_redis_{name}")


async def test_what_redis_says_of_itself_is_shown_and_an_outage_too(redis_server: RedisServer) -> None:
    client = redis.asyncio.Redis(port=redis_server.port)
    try:
        await measure(client)
        assert (value("up"), value("evicted_keys")) == (1, 0)
        assert 0 <= (value("uptime_seconds") or 0.0) < 120
        assert (value("used_bytes") or 0.0) > 100_000
        redis_server.stop()
        with pytest.raises((RedisError, OSError)):
            await measure(client)
        assert value("up") == 0
        redis_server.start()
    finally:
        await client.aclose()
