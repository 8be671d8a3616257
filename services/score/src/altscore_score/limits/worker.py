"""Watches Redis, which holds the quotas: whether it was restarted, fills up or drops keys."""

from functools import partial

from altscore_libs.periodic import PeriodicWorker
from prometheus_client import Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError

INTERVAL_S = 15.0
_up = Gauge("altscore_redis_up", "1 while Redis answers this monitor.")
_uptime = Gauge("altscore_redis_uptime_seconds", "Since when Redis runs, seconds; it falls when Redis was restarted.")
_evicted = Gauge("altscore_redis_evicted_keys", "Keys that Redis dropped for want of memory since it started.")
_used = Gauge("altscore_redis_used_bytes", "Memory that Redis uses.")
_limit = Gauge("altscore_redis_limit_bytes", "Memory that Redis may use; 0 without a limit.")


async def measure(redis: Redis) -> None:
    """Reads Redis once.

    Raises:
        RedisError, OSError: Redis does not answer; altscore_redis_up says so, the other values stay.
    """
    try:
        info = await redis.info()
    except (RedisError, OSError):
        _up.set(0)
        raise
    _up.set(1)
    _uptime.set(info["uptime_in_seconds"])
    _evicted.set(info["evicted_keys"])
    _used.set(info["used_memory"])
    _limit.set(info["maxmemory"])


def redis_monitor(redis: Redis, *, interval_s: float = INTERVAL_S) -> PeriodicWorker:
    """The loop; a failure counts in altscore_worker_failures_total{worker="redis_monitor"}."""
    return PeriodicWorker("redis_monitor", partial(measure, redis), interval_s=interval_s)
