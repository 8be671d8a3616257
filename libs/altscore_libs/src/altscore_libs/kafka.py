"""The only module that imports Kafka's Producer; producers and consumers are made here, with one set of rules."""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer

from altscore_libs.settings import KafkaSettings

HEADER_BYTES = 5
RELOAD_S = 30.0
LARGEST_MESSAGE_BYTES = 1_048_588  # what brokers take by default; the library's own default is less
_log = logging.getLogger("altscore.kafka")
_library_log = logging.getLogger("rdkafka")  # without a logger it writes plain text to standard error


def _client(settings: KafkaSettings) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings.kafka_bootstrap,
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": settings.kafka_username,
        "sasl.password": settings.kafka_password.get_secret_value(),
        "ssl.ca.location": str(settings.kafka_ca_file),
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 2_000,
        "log_level": 3,
    }


def producer(settings: KafkaSettings) -> Producer:
    """An idempotent producer that never gives a message up: order holds and the outbox row waits for the ack."""
    return Producer(
        _client(settings)
        | {
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 5,
            "compression.type": "lz4",
            "message.timeout.ms": 0,
            "queue.buffering.max.messages": 20_000,
            "message.max.bytes": LARGEST_MESSAGE_BYTES,
        },
        logger=_library_log,
    )


def consumer(settings: KafkaSettings, group: str) -> Consumer:
    """A consumer that commits only when told to."""
    return Consumer(
        _client(settings)
        | {
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 10_000,
            "max.poll.interval.ms": 600_000,
            "fetch.wait.max.ms": 1_000,  # of an idle topic: a waiting fetch is answered as soon as a message arrives
        },
        logger=_library_log,
    )


class RenewedClient:
    """Makes another client once the file of the brokers' authority has changed; librdkafka reads it only at the start.

    Args:
        settings: brokers and the file of their authority.
        make: `producer`, or `consumer` with its group.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        make: Callable[[KafkaSettings], Any],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._make = make
        self._monotonic = monotonic
        self._looked_at_s = monotonic()
        self._digest = self._digest_now()

    def _digest_now(self) -> bytes:
        return hashlib.sha256(self._settings.kafka_ca_file.read_bytes()).digest()

    def take(self) -> Any | None:
        """A client that trusts the renewed authority, which the caller uses from now on; None while nothing changed.

        The file is looked at once in 30 seconds. One that cannot be used is told and tried again then.
        """
        if self._monotonic() - self._looked_at_s < RELOAD_S:
            return None
        self._looked_at_s = self._monotonic()
        try:
            digest = self._digest_now()
            if digest == self._digest:
                return None
            client = self._make(self._settings)
        except (OSError, KafkaException) as error:
            _log.warning("renewed authority of the brokers not usable", extra={"reason": type(error).__name__})
            return None
        self._digest = digest
        _log.info("client of the brokers made anew: their authority has changed")
        return client


def frame(schema_id: int, body: bytes) -> bytes:
    """Confluent wire format: magic byte 0, schema id (4 bytes, big-endian), body."""
    return b"\x00" + schema_id.to_bytes(4, "big") + body


def unframe(value: bytes | None) -> tuple[int, bytes]:
    """Schema id and body of a message.

    Raises:
        ValueError: not in Confluent wire format.
    """
    if value is None or len(value) < HEADER_BYTES or value[0] != 0:
        raise ValueError("not in Confluent wire format")
    return int.from_bytes(value[1:HEADER_BYTES], "big"), value[HEADER_BYTES:]
