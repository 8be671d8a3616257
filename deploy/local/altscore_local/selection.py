"""Which parts of the stack a command means."""

from collections.abc import Sequence
from dataclasses import dataclass

GROUPS = ("infra", "services", "simulators", "mlflow", "airflow")


@dataclass(frozen=True)
class Selection:
    """Groups or single processes that are wanted; the stores always are."""

    only: frozenset[str] = frozenset(GROUPS)
    without: frozenset[str] = frozenset()

    def has(self, group: str, name: str = "") -> bool:
        """Whether a process of that group is wanted; for a group alone, whether any of it is."""
        if {group, name} & self.without:
            return False
        if group in self.only or name in self.only:
            return True
        return not name and bool(self.only - set(GROUPS)) and group == "services"


def parse_selection(only: Sequence[str], without: Sequence[str]) -> Selection:
    """From command line lists; an empty `only` means everything."""
    return Selection(frozenset(only) or frozenset(GROUPS), frozenset(without))
