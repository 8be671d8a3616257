"""The broker's side of the relay's producer, and the relay of the tests' outbox."""

from pathlib import Path
from typing import Any

import asyncpg
from altscore_libs.consumer import RawMessage
from altscore_libs.event_signatures import HEADER
from altscore_libs.events import SchemaCatalog
from altscore_libs.relay import BATCH, Relay
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner
from pydantic import SecretStr

EVENTS = SoftwareSigner("consent-events")
PRODUCER = "consent"


def kafka_settings(registry_url: str) -> KafkaSettings:
    return KafkaSettings(
        kafka_bootstrap="127.0.0.1:1",
        kafka_username="x",
        kafka_password=SecretStr("x"),
        kafka_ca_file=Path("ca.pem"),
        registry_url=registry_url,
    )


def relay_of(pool: asyncpg.Pool, catalogue: SchemaCatalog, registry_url: str, *, batch: int = BATCH) -> Relay:
    """The relay of consent's events.

    Args:
        pool: as the relay's role.
        catalogue: of schemas/.
        registry_url: of a registry.
        batch: most rows that it sends together.
    """
    settings = kafka_settings(registry_url)
    return Relay(pool, catalogue, settings, producer=PRODUCER, mac_keys=[OUTBOX_KEY], signer=EVENTS, batch=batch)


class Broker:
    """Keeps what is produced and acknowledges it, unless it is away."""

    def __init__(self) -> None:
        self.messages: list[RawMessage] = []
        self.is_away = False
        self._reports: list[Any] = []

    def produce(self, topic: str, *, value: bytes, key: bytes, headers: dict[str, Any], on_delivery: Any) -> None:
        offset = len(self.messages)
        if self.is_away:
            return
        self.messages.append(
            RawMessage(
                topic=topic,
                partition=0,
                offset=offset,
                key=key.decode(),
                value=value,
                traceparent=headers.get("traceparent"),
                signature=headers.get(HEADER),
            )
        )
        self._reports.append(on_delivery)

    def flush(self, _timeout_s: float) -> int:
        for report in self._reports:
            report(None, None)
        self._reports.clear()
        return 0
