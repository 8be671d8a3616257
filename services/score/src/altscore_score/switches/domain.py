"""Whether anything is served. No I/O, no clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """The switch in the database, all of which its MAC covers."""

    version: int
    is_off: bool
    changed_at: datetime
    reason: str


class StoredSwitch(NamedTuple):
    """The row as it stands there, whoever wrote it."""

    version: int
    is_off: bool
    changed_at: datetime
    reason: str
    mac: bytes

    @property
    def row(self) -> SwitchRow:
        """Without its MAC."""
        return SwitchRow(self.version, self.is_off, changed_at=self.changed_at, reason=self.reason)


@dataclass(frozen=True)
class SwitchOrder:
    """What an operator orders.

    Args:
        order_id: admin's; stands in the audit entries of both.
        is_off: nothing is served, or everything again.
        by: the operator's id.
        reason: a word of the operators' list.
    """

    order_id: UUID
    is_off: bool
    by: str
    reason: str
