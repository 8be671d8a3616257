"""What was played, in figures."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass
class Counts:
    """Sums over histories.

    Attributes:
        named: findings that name something as left out, held or refused.
        memories: how often the connector's memory was put back, lost, or left on another machine.
    """

    histories: int = 0
    edits: int = 0
    syncs: int = 0
    crashes: int = 0
    named: int = 0
    memories: int = 0

    def add(self, other: "Counts") -> None:
        """Adds the figures of other histories."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))


# Plays the history of a number in an empty folder; a disagreement is an AssertionError that names the number.
Play = Callable[[int, Path], Counts]
