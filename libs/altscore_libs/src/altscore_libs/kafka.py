"""The only module that imports Kafka's Producer; producers and consumers are made here, with one set of rules."""

import logging
from typing import Any

from confluent_kafka import Consumer, Producer

from altscore_libs.settings import KafkaSettings

HEADER_BYTES = 5
_log = logging.getLogger("rdkafka")  # without a logger the library writes plain text to standard error


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
        },
        logger=_log,
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
        logger=_log,
    )


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
