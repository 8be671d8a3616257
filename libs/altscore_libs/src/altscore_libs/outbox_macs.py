"""MACs of outbox rows: the relay sends and signs what a process of the service wrote, not what its database says."""

import hmac
from collections.abc import Sequence
from uuid import UUID

KEY_BYTES = 32
_LENGTH_BYTES = 4
_PURPOSE = b"altscore.outbox.1\x00"


class RowMacs:
    """HMAC-SHA256 over everything of a row that is sent.

    Args:
        producer: name of the service; with another name the same secret gives other MACs.
        secrets: at least 32 bytes each. The first makes MACs, all are accepted (a rotation has two for a while).

    Raises:
        ValueError: no secret, or a short one.
    """

    def __init__(self, producer: str, secrets: Sequence[bytes]) -> None:
        if not secrets or any(len(secret) < KEY_BYTES for secret in secrets):
            raise ValueError(f"an outbox key has at least {KEY_BYTES} bytes")
        self._keys = [hmac.digest(secret, _PURPOSE + producer.encode(), "sha256") for secret in secrets]

    def of(self, event_id: UUID, name: str, *, topic: str, key: str, payload: bytes) -> bytes:
        """The MAC of a new row."""
        return hmac.digest(self._keys[0], _text(event_id, name, topic=topic, key=key, payload=payload), "sha256")

    def holds(self, mac: bytes | None, event_id: UUID, name: str, *, topic: str, key: str, payload: bytes) -> bool:
        """Whether `mac` is the row's."""
        if mac is None:
            return False
        text = _text(event_id, name, topic=topic, key=key, payload=payload)
        return any(hmac.compare_digest(mac, hmac.digest(secret, text, "sha256")) for secret in self._keys)


def _text(event_id: UUID, name: str, *, topic: str, key: str, payload: bytes) -> bytes:
    """Lengths stand before the texts, so that no two rows give the same bytes."""
    texts = [text.encode(errors="surrogatepass") for text in (name, topic, key)]
    named = b"".join(len(text).to_bytes(_LENGTH_BYTES, "big") + text for text in texts)
    return event_id.bytes + named + payload
