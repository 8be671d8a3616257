"""MACs of lenders' rows: a row that SQL alone wrote counts for nobody."""

import hmac
import json
from datetime import UTC, datetime

from altscore_score.access.domain import LenderRow
from altscore_score.switches.domain import SwitchRow

_PURPOSE = b"lender row 1\0"
_SWITCH = b"serving switch 1\0"


class LenderMacs:
    """Computes and checks the MACs of lenders' rows under a key that no database holds.

    Args:
        key: at least 32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("a MAC key has at least 32 bytes")
        self._key = key

    def mac(self, row: LenderRow) -> bytes:
        """The MAC over every field of a row."""
        fields = [
            row.lender_id,
            row.version,
            row.secret_hash,
            row.is_active,
            _text(row.tokens_valid_from),
            [[secret.secret_hash, _text(secret.valid_until)] for secret in row.former_secrets],
        ]
        return hmac.digest(self._key, _PURPOSE + json.dumps(fields).encode(), "sha256")

    def is_genuine(self, row: LenderRow, mac: bytes | None) -> bool:
        """Whether the service itself wrote the row as it is."""
        return mac is not None and hmac.compare_digest(self.mac(row), mac)

    def switch_mac(self, row: SwitchRow) -> bytes:
        """The MAC over every field of the switch."""
        fields = [row.version, row.is_off, _text(row.changed_at), row.reason]
        return hmac.digest(self._key, _SWITCH + json.dumps(fields).encode(), "sha256")

    def is_genuine_switch(self, row: SwitchRow, mac: bytes) -> bool:
        """Whether the service itself wrote the switch as it is."""
        return hmac.compare_digest(self.switch_mac(row), mac)


def _text(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat(timespec="microseconds") if instant is not None else None
