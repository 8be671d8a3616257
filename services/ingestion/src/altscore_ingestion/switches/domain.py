"""Whether anything is accepted. No I/O, no clock."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from altscore_libs.canonical_json import canonical_json


class Switch(NamedTuple):
    """The switch in the database, all of which its MAC covers."""

    version: int
    is_off: bool
    changed_at: datetime
    reason: str

    @property
    def content(self) -> bytes:
        """What the MAC is computed over."""
        changed_at = self.changed_at.astimezone(UTC).isoformat(timespec="microseconds")
        return canonical_json([self.version, self.is_off, changed_at, self.reason])


class StoredSwitch(NamedTuple):
    """The row as it stands there, whoever wrote it."""

    switch: Switch
    mac: bytes


class SwitchOrder(NamedTuple):
    """What an operator orders; `order_id` is admin's and stands in the audit entries of both."""

    order_id: UUID
    is_off: bool
    by: str
    reason: str
