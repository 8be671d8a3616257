"""What becomes of a connector's memory: copied, put back from a copy, lost, or left on one of two machines."""

import random
import sqlite3
import time

from altscore_connector.accepted import Place
from altscore_connector.catching_up import catch_up
from altscore_connector.errors import OtherInstallationError
from altscore_connector.records import Table
from altscore_connector.state import State

from ledger_histories.receiver import Receiver

_YEAR_MS = 366 * 86_400_000


class Memories:
    """The memory in use, its copies, and that of a second machine.

    Args:
        seed: of its randomness.
        ratio: how often something becomes of the memory when it may; 0 is never.

    Attributes:
        state: in use.
        installation: which of two machines it is on.
    """

    def __init__(self, seed: int, *, ratio: float) -> None:
        self._random, self._ratio = random.Random(seed), ratio
        self.state, self._other = State(":memory:"), State(":memory:")
        self._copies: list[State] = []
        self.installation, self._elsewhere = "first", "second"
        if ratio and self._random.random() < 0.5:
            # The first machine's clock was ahead: without AltScore's word a later one would begin below its numbers.
            self.state.remember({"sequence": str(time.time_ns() // 1_000_000 + _YEAR_MS)})

    def happen(self) -> str:
        """Something becomes of the memory, or nothing; its name, empty where the memory in use stays as it is."""
        if self._random.random() >= self._ratio:
            return ""
        kinds = ["copied", "copied", "put back", "put back", "lost", "another machine"]
        kind = self._random.choice(kinds)
        if kind == "copied" or (kind == "put back" and not self._copies):
            self._copies.append(_copy(self.state))
            return ""
        if kind == "put back":
            self._take(_copy(self._random.choice(self._copies)))
        elif kind == "lost":
            self._take(State(":memory:"))
        else:
            self.state, self._other = self._other, self.state
            self.installation, self._elsewhere = self._elsewhere, self.installation
        return kind

    def take_over(self, receiver: Receiver) -> None:
        """Another machine is refused and learns nothing, until it takes over."""
        receiver.caller = self.installation
        if receiver.installation in ("", receiver.caller):
            return
        before = self.state.highest_sequence(), self.state.queue_length()
        try:
            catch_up(receiver, self.state, _nowhere, distributor_id="dist_x")
        except OtherInstallationError:
            assert (self.state.highest_sequence(), self.state.queue_length()) == before
        else:
            raise AssertionError("another machine was not refused")
        receiver.take_over()

    def _take(self, state: State) -> None:
        self.state.close()
        self.state = state

    def close(self) -> None:
        """Forgets all of them."""
        for state in (self.state, self._other, *self._copies):
            state.close()


def _nowhere(_table: Table, key: str) -> Place:
    """Nothing is taken over by who is refused."""
    raise AssertionError(key)


def _copy(state: State) -> State:
    """A copy, as of the file."""
    copied = State(":memory:")
    source, target = state._db, copied._db
    assert isinstance(source, sqlite3.Connection)
    source.backup(target)
    return copied
