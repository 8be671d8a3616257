"""How many calls a lender may make: exactly by Redis, a share of the quota in process while Redis is gone."""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from cachetools import LRUCache

SECOND_US = 1_000_000
EDGE_US = SECOND_US
"""What the clocks of Redis and of this process may differ by at the edge of a window."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` calls in any interval of `length_s` seconds."""

    limit: int
    length_s: int
    name: str = ""
    """As a 429 names it."""

    def share(self, replicas: int) -> "Window":
        """The part of one replica, never nothing."""
        return replace(self, limit=max(1, self.limit // replicas))


CALLS = (Window(100, 60, "minute"), Window(5_000, 86_400, "day"))
DISCLOSURES = Window(3, 86_400, "disclosures")
TOKENS = (Window(10, 60, "token"),)


class ScriptReply(NamedTuple):
    """The reply of windows.lua without the keys that were only read."""

    is_admitted: int
    window: int
    used: int
    free_at_us: int
    now_us: int
    may_disclose: int
    disclose_at_us: int


@dataclass(slots=True)
class Admission:
    """The answer to one call: may it go on, and may it disclose a score."""

    is_admitted: bool
    limit: int
    remaining: int
    reset_at_s: int
    retry_after_s: int
    limit_name: str = ""
    may_disclose: bool = False
    disclose_after_s: int = 0
    disclose_at_s: int = 0
    is_disclosure_reserved: bool = False
    """The disclosures are taken, and one of them by a call in flight: its place may be given back in a moment."""
    counted_at_us: int = 0
    """The instant at which this process counted the call, for taking it back; 0 where it was not counted."""

    def headers(self) -> dict[str, str]:
        """The X-RateLimit headers of API §09."""
        return limit_headers(self.limit, self.remaining, self.reset_at_s)


def limit_headers(limit: int, remaining: int, reset_at_s: int) -> dict[str, str]:
    """The X-RateLimit headers of a window."""
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset_at_s),
    }


def admission_of(reply: ScriptReply, windows: tuple[Window, ...]) -> Admission:
    """What a reply of the windows' script means."""
    window = windows[reply.window - 1]
    return Admission(
        is_admitted=bool(reply.is_admitted),
        limit=window.limit,
        remaining=max(0, window.limit - reply.used),
        reset_at_s=math.ceil(reply.free_at_us / SECOND_US),
        retry_after_s=_wait_s(reply.free_at_us - reply.now_us),
        limit_name=window.name,
        may_disclose=bool(reply.may_disclose),
        disclose_at_s=math.ceil(reply.disclose_at_us / SECOND_US),
        disclose_after_s=_wait_s(reply.disclose_at_us - reply.now_us),
    )


def _wait_s(microseconds: int) -> int:
    return max(1, math.ceil(microseconds / SECOND_US))


class SlidingLogs:
    """The windows' script in process: the same rules over sorted instants, eight bytes each.

    Args:
        max_keys: keys remembered; the one unused for longest is forgotten first.
    """

    def __init__(self, max_keys: int = 50_000) -> None:
        self._logs: LRUCache[str, array[int]] = LRUCache(max_keys)

    def peek(self, key: str, window: Window, now_us: int) -> tuple[bool, int, int]:
        """Whether one more call fits, how many count, and when the next place is free (microseconds)."""
        log = self._counting(key, window, now_us)
        length_us = window.length_s * SECOND_US
        free_at_us = log[0] + length_us + 1 if log else now_us + length_us
        return len(log) < window.limit, len(log), free_at_us

    def surely_counting(self, key: str, window: Window, now_us: int) -> int:
        """How many calls count by whichever clock: not those at the window's edge, nor any from ahead of a set-back."""
        try:
            log = self._logs[key]
        except KeyError:
            return 0
        since_us = now_us - window.length_s * SECOND_US + EDGE_US
        return bisect_right(log, now_us) - bisect_left(log, since_us)

    def consume(self, key: str, window: Window, now_us: int) -> None:
        """Counts a call."""
        log = self._counting(key, window, now_us)
        log.append(max(now_us, log[-1]) if log else now_us)

    def consume_all(self, windows: Iterable[tuple[str, Window]], now_us: int) -> None:
        """Counts a call in each of its windows."""
        for key, window in windows:
            self.consume(key, window, now_us)

    def consume_unless_spent(
        self, calls: Iterable[tuple[str, Window]], disclosure: tuple[str, Window] | None, *, now_us: int
    ) -> Window | None:
        """Counts an admitted call and its disclosure, and returns None; or says which window is surely spent already.

        A call whose windows are spent counts nowhere; one whose disclosures are spent counts as a call.
        """
        for key, window in calls:
            if self.surely_counting(key, window, now_us) >= window.limit:
                return window
        self.consume_all(calls, now_us)
        if disclosure is None:
            return None
        key, window = disclosure
        if self.surely_counting(key, window, now_us) >= window.limit:
            return window
        self.consume(key, window, now_us)
        return None

    def __len__(self) -> int:
        """Instants remembered, of all keys."""
        return sum(map(len, self._logs.values()))

    def refund(self, key: str, spent_at_us: int) -> None:
        """Takes back a call that was counted at that instant (calls of one instant are alike)."""
        log = self._log(key)
        place = bisect_left(log, spent_at_us)
        if place < len(log):
            del log[place]

    def _counting(self, key: str, window: Window, now_us: int) -> "array[int]":
        """The instants that still count, as many as the limit at most: those before them decide nothing."""
        log = self._log(key)
        since_us = now_us - window.length_s * SECOND_US
        if log and log[0] < since_us:
            del log[: bisect_left(log, since_us)]
        if len(log) > window.limit:
            del log[: -window.limit]
        return log

    def _log(self, key: str) -> "array[int]":
        try:  # get() of cachetools looks twice
            return self._logs[key]
        except KeyError:
            log = self._logs[key] = array("q")
            return log

    def admit(
        self,
        windows: dict[str, Window],
        *,
        disclosure: tuple[str, Window] | None,
        now_us: int,
        spends: bool,
    ) -> ScriptReply:
        """One call against all its windows; the reply of the script without the cache."""
        peeks = [self.peek(key, window, now_us) for key, window in windows.items()]
        lefts = [max(0, window.limit - peek[1]) for peek, window in zip(peeks, windows.values(), strict=True)]
        fewest = min(lefts)
        nearest = [number for number, left in enumerate(lefts) if left == fewest]
        reported = max(nearest, key=lambda number: peeks[number][2]) if fewest == 0 else nearest[0]
        is_refused = spends and fewest == 0
        _, used, free_at_us = peeks[reported]
        may_disclose, disclose_at_us = 0, 0
        if spends and not is_refused:
            self.consume_all(windows.items(), now_us)
            used += 1
            if disclosure is not None:
                is_free, _, disclose_at_us = self.peek(*disclosure, now_us)
                if is_free:
                    may_disclose = 1
                    self.consume(*disclosure, now_us)
        return ScriptReply(
            is_admitted=int(not is_refused),
            window=reported + 1,
            used=used,
            free_at_us=free_at_us,
            now_us=now_us,
            may_disclose=may_disclose,
            disclose_at_us=disclose_at_us,
        )
