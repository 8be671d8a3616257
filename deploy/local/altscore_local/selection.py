"""Which parts of the stack a command means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from altscore_local.process import StackError

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


def check_names(names: Iterable[str], known: Iterable[str]) -> None:
    """Refuses names that mean nothing: a command that leaves them out in silence seems to have done its work.

    Raises:
        StackError: names the unknown ones and those that there are.
    """
    known = sorted(known)
    if unknown := sorted(set(names) - set(known)):
        raise StackError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
