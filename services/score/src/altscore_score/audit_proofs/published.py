"""The public keys by which proofs are verified, as anybody may download them."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from altscore_score.audit_proofs.schemas import AuditKeyItem, AuditKeysResponse

LABELS = ("audit-checkpoint", "audit-witness")
RELOAD_S = 30.0
_log = logging.getLogger("altscore.score.audit_keys")


class AuditKeys:
    """`audit-checkpoint*.pem` and `audit-witness*.pem` of a folder, read again every 30 seconds at most.

    Args:
        folder: of the public keys.
        monotonic: seconds that only grow.
    """

    def __init__(self, folder: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._monotonic = folder, monotonic
        self._read_at: float | None = None
        self._document = b""

    def document(self) -> bytes:
        """The body of the answer; a folder that cannot be read changes nothing."""
        now = self._monotonic()
        if self._read_at is None or now - self._read_at >= RELOAD_S:
            self._read_at = now
            try:
                self._document = self._read()
            except (OSError, ValueError) as error:
                _log.error("the public keys of the audit trail cannot be read", extra={"reason": type(error).__name__})
        return self._document

    def _read(self) -> bytes:
        files = [file for label in LABELS for file in sorted(self._folder.glob(f"{label}*.pem"))]
        own = [file for file in files if file.name.split(".")[0] in LABELS]
        keys = [AuditKeyItem(name=file.name, pem=file.read_text(encoding="ascii")) for file in own]
        return AuditKeysResponse(keys=keys).model_dump_json().encode()
