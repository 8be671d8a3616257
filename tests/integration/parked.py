"""Events that were applied long ago and are set aside again, to be replayed: genuine, signed by their producer."""

import asyncio
from pathlib import Path

from altscore_libs import kafka
from altscore_libs.decoding import RawMessage
from altscore_libs.events import SchemaCatalog
from altscore_libs.registry import Registry
from altscore_libs.settings import KafkaSettings
from altscore_libs.topic_replay import read_topic
from altscore_local.env_files import environment_of
from pydantic import SecretStr

from demo.context import Demo

from .conftest import ROOT

PARTITION = 99
"""No topic has so many: no message of the broker is taken for one of these."""


def newest(demo: Demo, topic: str, event: str) -> RawMessage:
    """The newest event of a name as its producer's relay sent it, read with the password of score's worker."""
    environment = environment_of(demo.var / "run" / "env" / "score-worker.env")
    assert environment is not None
    settings = KafkaSettings(
        kafka_bootstrap=environment["SCORE_KAFKA_BOOTSTRAP"],
        kafka_username=environment["SCORE_KAFKA_USERNAME"],
        kafka_password=SecretStr(environment["SCORE_KAFKA_PASSWORD"]),
        kafka_ca_file=Path(environment["SCORE_KAFKA_CA_FILE"]),
        registry_url=environment["SCORE_REGISTRY_URL"],
    )
    catalog, registry = SchemaCatalog.load(ROOT / "schemas"), Registry(settings.registry_url)
    schema_id = asyncio.run(registry.id_of(catalog.type_of(event)))
    client = kafka.consumer(settings, "score")
    try:
        messages = read_topic(client, topic, within_s=60)
    finally:
        client.close()
    return [message for message in messages if kafka.unframe(message.value)[0] == schema_id][-1]


def set_aside(demo: Demo, service: str, message: RawMessage) -> int:
    """Puts a message among what a service has set aside; its number there."""
    number = demo.count(
        service,
        'INSERT INTO parked (topic, key, partition, "offset", reason, raw, signature)'
        " VALUES (%s, %s, %s, (SELECT count(*) FROM parked), 'unknown schema id', %s, %s) RETURNING id",
        message.topic,
        message.key,
        PARTITION,
        message.value,
        message.signature,
    )
    return int(number)
