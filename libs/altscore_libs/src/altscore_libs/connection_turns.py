"""How many connections of one caller a listener reads at once; the others wait unread for their turn.

A client that is closed comes again at once, and its handshake costs more than a connection that nobody reads. So many
slow clients of one caller wait, and cost those of the others next to nothing.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from enum import Enum, auto

READ_AT_ONCE = 16
WAITING_AT_ONCE = 200
WAITING_S = 60.0


class Turn(Enum):
    """When a connection is read."""

    NOW = auto()
    LATER = auto()
    NEVER = auto()


class ConnectionTurns:
    """The turns of one listener, by caller."""

    def __init__(self) -> None:
        self._read: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[Callable[[], None]]] = defaultdict(deque)

    def ask(self, caller: str, begin: Callable[[], None]) -> Turn:
        """When a new connection is read; `begin` is called once its turn comes later."""
        if self._read[caller] < READ_AT_ONCE:
            self._read[caller] += 1
            return Turn.NOW
        if len(self._waiting[caller]) >= WAITING_AT_ONCE:
            return Turn.NEVER
        self._waiting[caller].append(begin)
        return Turn.LATER

    def leave(self, caller: str, begin: Callable[[], None]) -> None:
        """A connection that was read, or waits, is gone; the one that has waited longest takes its place."""
        waiting = self._waiting[caller]
        if begin in waiting:
            waiting.remove(begin)
        elif waiting:
            waiting.popleft()()
        else:
            self._read[caller] -= 1
        if not waiting:
            del self._waiting[caller]
        if not self._read[caller]:
            del self._read[caller]
