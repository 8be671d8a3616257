"""How many calls a lender may make: exactly by Redis, a share of the quota in process while Redis is gone."""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` calls in any interval of `length_s` seconds."""

    limit: int
    length_s: int

    def share(self, replicas: int) -> "Window":
        """The part of one replica, never nothing."""
        return Window(max(1, self.limit // replicas), self.length_s)


CALLS = (Window(100, 60), Window(5_000, 86_400))
DISCLOSURES = Window(3, 86_400)
TOKENS = (Window(10, 60),)


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to one call: may it go on, may it disclose a score, and what the cache holds."""

    is_admitted: bool
    limit: int
    remaining: int
    reset_at_s: int
    retry_after_s: int
    may_disclose: bool = False
    disclose_after_s: int = 0
    cached: bytes | None = None
    generation: bytes | None = None
    """Generation of the cache entry; None while Redis is gone, when nothing may be put there either."""

    def headers(self) -> dict[str, str]:
        """The X-RateLimit headers of API §09."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_at_s),
        }


def admission(  # the script's reply, in its own order
    reply: tuple[int, int, int, int, int, int, int], windows: tuple[Window, ...]
) -> Admission:
    """What a reply of the windows' script means."""
    admitted, reported, used, free_at_us, now_us, may_disclose, disclose_at_us = reply
    window = windows[reported - 1]
    return Admission(
        is_admitted=bool(admitted),
        limit=window.limit,
        remaining=max(0, window.limit - used),
        reset_at_s=math.ceil(free_at_us / SECOND_US),
        retry_after_s=_wait_s(free_at_us - now_us),
        may_disclose=bool(may_disclose),
        disclose_after_s=_wait_s(disclose_at_us - now_us),
    )


def _wait_s(microseconds: int) -> int:
    return max(1, math.ceil(microseconds / SECOND_US))


class SlidingLogs:
    """The windows' script in process: the same rules over deques of instants.

    Args:
        max_keys: keys remembered; the one unused for longest is forgotten first.
    """

    def __init__(self, max_keys: int = 100_000) -> None:
        self._logs: OrderedDict[str, deque[tuple[int, str]]] = OrderedDict()
        self._max_keys = max_keys

    def look(self, key: str, window: Window, now_us: int) -> tuple[bool, int, int]:
        """Whether one more call fits, how many count, and when the next place is free (microseconds)."""
        log = self._log(key)
        length_us = window.length_s * SECOND_US
        while log and log[0][0] < now_us - length_us:
            log.popleft()
        free_at_us = log[0][0] + length_us + 1 if log else now_us + length_us
        return len(log) < window.limit, len(log), free_at_us

    def spend(self, key: str, now_us: int, nonce: str) -> None:
        """Counts a call."""
        log = self._log(key)
        log.append((max(now_us, log[-1][0]) if log else now_us, nonce))

    def refund(self, key: str, nonce: str) -> None:
        """Takes a call back."""
        log = self._log(key)
        for entry in reversed(log):
            if entry[1] == nonce:
                log.remove(entry)
                return

    def _log(self, key: str) -> deque[tuple[int, str]]:
        log = self._logs.get(key)
        if log is None:
            log = self._logs[key] = deque()
            if len(self._logs) > self._max_keys:
                self._logs.popitem(last=False)
        else:
            self._logs.move_to_end(key)
        return log

    def admit(
        self,
        windows: dict[str, Window],
        *,
        disclosure: tuple[str, Window] | None,
        now_us: int,
        nonce: str,
        spends: bool,
    ) -> tuple[int, int, int, int, int, int, int]:
        """One call against all its windows; the reply of the script without the cache."""
        looks = [self.look(key, window, now_us) for key, window in windows.items()]
        refused = [number for number, look in enumerate(looks, 1) if spends and not look[0]]
        reported = refused[0] if refused else 1
        _, used, free_at_us = looks[reported - 1]
        if refused:
            return 0, reported, used, free_at_us, now_us, 0, 0
        if not spends:
            return 1, reported, used, free_at_us, now_us, 0, 0
        for key in windows:
            self.spend(key, now_us, nonce)
        may_disclose, disclose_at_us = 0, 0
        if disclosure is not None:
            is_free, _, disclose_at_us = self.look(*disclosure, now_us)
            if is_free:
                may_disclose = 1
                self.spend(disclosure[0], now_us, nonce)
        return 1, reported, used + 1, free_at_us, now_us, may_disclose, disclose_at_us
