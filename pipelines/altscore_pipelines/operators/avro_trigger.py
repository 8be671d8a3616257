"""The watcher's trigger: our Avro events inside Airflow's triggerer, which never fails on one.

The provider's own trigger decodes values as text: binary Avro is mangled, or committed past and lost. Here an
unreadable message goes to its topic's dead-letter topic and the next one is read.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook
from airflow.providers.apache.kafka.triggers.shared_stream import (
    KafkaBrokerPayload,
    KafkaSharedStreamProducer,
    KafkaSharedStreamTrigger,
)
from airflow.triggers.base import TriggerEvent
from airflow.triggers.shared_stream import reject_shared_stream_event

from altscore_pipelines.wake import Schemas, Unreadable, read_event


class AvroProducer(KafkaSharedStreamProducer):  # type: ignore[misc]  # Airflow is not in the type checker's environment
    """As the provider's, but every rejected message goes to its own topic's dead-letter topic."""

    def _send_to_dlq(self, _topic: str, payloads: list[KafkaBrokerPayload]) -> None:
        producer: Any = getattr(self, "_dlq_producer", None)
        if producer is None:
            producer = KafkaProducerHook(kafka_config_id=self.kafka_config_id).get_producer()
            self._dlq_producer = producer  # closed with the consumer, by the provider
        for payload in payloads:
            producer.produce(f"{payload.topic}.dlq", value=payload.value, key=payload.key)
        producer.flush()


class AvroTrigger(KafkaSharedStreamTrigger):  # type: ignore[misc]  # as above
    """Fires once per waking event of the topics.

    Args:
        topics: to watch.
        registry_url: Confluent API of the schema registry.
        kafka_config_id: Airflow's Kafka connection; it holds the consumer group, so it serves this watcher alone.
        poll_timeout: seconds; all Kafka triggers of a triggerer poll in one thread, so it is short.
        dlq_topic: any text keeps rejected messages; where each goes is decided by its own topic.
    """

    def __init__(
        self,
        *,
        topics: Sequence[str],
        registry_url: str,
        kafka_config_id: str,
        poll_timeout: float = 0.1,
        dlq_topic: str | None = "<topic>.dlq",
    ) -> None:
        super().__init__(topics=topics, kafka_config_id=kafka_config_id, poll_timeout=poll_timeout, dlq_topic=dlq_topic)
        self.registry_url = registry_url

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How the triggerer makes it again."""
        return "altscore_pipelines.operators.avro_trigger.AvroTrigger", {
            **super().serialize()[1],
            "registry_url": self.registry_url,
        }

    @classmethod
    def create_shared_stream_producer(cls, kwargs: dict[str, Any]) -> AvroProducer:
        """The consumer behind all triggers of these topics."""
        return AvroProducer(
            topics=kwargs["topics"],
            kafka_config_id=kwargs["kafka_config_id"],
            poll_timeout=kwargs["poll_timeout"],
            dlq_topic=kwargs["dlq_topic"],
        )

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Any]) -> AsyncIterator[TriggerEvent]:
        """One event per waking message; the others are passed over, the unreadable ones rejected."""
        schemas = Schemas(self.registry_url)
        async for value in shared_stream:
            try:
                event = await read_event(value, schemas)
            except Unreadable:
                reject_shared_stream_event()
                continue
            if event is not None:
                yield TriggerEvent(event)
