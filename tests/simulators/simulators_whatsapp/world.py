"""What Meta knows in this world: messages sent, faults ordered, conversations, people and their habits."""

import base64
import json
import random
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WINDOW_S = 24 * 3600


@dataclass
class Message:
    """One message that the business sent."""

    wamid: str
    to: str
    kind: str
    template: str | None
    language: str | None
    parameters: list[str]
    payloads: list[str]
    sent_at: float


@dataclass
class Faults:
    """Misbehaviour ordered by a test: the next sends fail with a code, or answer late."""

    fail_next: int = 0
    code: int = 131000
    delay_s: float = 0.0


@dataclass
class World:
    """The state of the simulator.

    Args:
        personas_file: JSON phone -> {behaviour: haan|nahi|unclear|silent, language: hi|en}; read again when it changes.
        seed: of everything random.
    """

    personas_file: Path
    seed: int = 7
    messages: list[Message] = field(default_factory=list)
    last_inbound_at: dict[str, float] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._personas: dict[str, dict[str, str]] = {}
        self._read_at = 0.0

    def count(self, what: str) -> None:
        """Adds one to a statistic."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def persona(self, phone: str) -> dict[str, str]:
        """Who answers on that phone; nobody in particular is silent."""
        if self.personas_file.exists() and self.personas_file.stat().st_mtime != self._read_at:
            self._read_at = self.personas_file.stat().st_mtime
            self._personas = json.loads(self.personas_file.read_text(encoding="utf-8"))
        return self._personas.get(phone, {"behaviour": "silent", "language": "hi"})

    def window_is_open(self, phone: str) -> bool:
        """Whether free text may be sent: the person wrote within the last 24 hours."""
        return time.time() - self.last_inbound_at.get(phone, 0.0) < WINDOW_S


def new_wamid(phone: str) -> str:
    """A message id as Meta makes them: base64 around the phone number, which makes the id personal data."""
    inner = bytes([0x1C, 0x18, len(phone)]) + phone.encode() + b"\x15\x02\x00\x12\x18\x14"
    return "wamid." + base64.b64encode(inner + secrets.token_hex(10).upper().encode() + b"\x00").decode()


def as_json(message: Message) -> dict[str, Any]:
    """A message for the control port."""
    return {
        "wamid": message.wamid,
        "to": message.to,
        "kind": message.kind,
        "template": message.template,
        "language": message.language,
        "parameters": message.parameters,
        "payloads": message.payloads,
        "sent_at": message.sent_at,
    }
