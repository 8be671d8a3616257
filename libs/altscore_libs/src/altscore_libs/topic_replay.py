"""A topic that is kept for ever is applied again from its beginning: a restore of the database undoes nothing of it."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from altscore_libs import consumer as consumers
from altscore_libs import kafka
from altscore_libs.consumer import Decodes, PoisonEvent, RawMessage
from altscore_libs.decoding import raw_message
from altscore_libs.errors import DEPENDENCIES, Unavailable
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.settings import KafkaSettings

INTERVAL_S = 3_600.0
WITHIN_S = 60.0
_log = logging.getLogger("altscore.topic_replay")


class Report(NamedTuple):
    """How many messages stand on the topic, how many were applied now, and how many cannot be applied."""

    told: int
    applied: int
    refused: int


class TopicReplay:
    """Applies a whole topic, at the start of the process and every hour; what was applied before is not done again.

    The consumer that waits for new events parks those that cannot be applied; here they are passed over, whatever is
    wrong with them, so that none keeps those behind it from being applied.

    Args:
        settings: brokers.
        target: the consumer whose handlers apply the events, each in its own transaction with its claim.
        group: the service's name; no offset of it is used or moved.
        topic: to read.
        decoder: by default the target's own.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        target: consumers.Consumer,
        *,
        group: str,
        topic: str,
        decoder: Decodes | None = None,
    ) -> None:
        self._settings = settings
        self._target = target
        self._group = group
        self._topic = topic
        self._decoder = decoder or target.decoder

    async def run_once(self) -> Report:
        """Reads and applies everything that stands on the topic now.

        Raises:
            Unavailable: broker, registry or database.
        """
        return await self.apply(await asyncio.to_thread(self._read))

    def _read(self) -> list[RawMessage]:
        client = kafka.consumer(self._settings, self._group)
        try:
            return read_topic(client, self._topic, within_s=WITHIN_S)
        finally:
            client.close()

    async def apply(self, messages: Iterable[RawMessage]) -> Report:
        """Applies messages in their order.

        Raises:
            Unavailable: registry or database.
        """
        told = applied = refused = 0
        for raw in messages:
            told += 1
            try:
                applied += await self._target.apply(await self._decoder.decode(raw), raw=raw)
            except PoisonEvent:
                refused += 1
            except DEPENDENCIES:
                raise  # a dependency failed, not the event
            except Exception:  # noqa: BLE001 - whatever it is, what stands behind it must be applied
                refused += 1
                _log.exception("event cannot be applied again", extra={"topic": raw.topic, "offset": raw.offset})
        if applied:
            _log.info("events applied again", extra={"topic": self._topic, "events": applied})
        # Who restores a database waits for this line before anything serves from it.
        _log.info(
            "topic read from its beginning",
            extra={"topic": self._topic, "told": told, "applied": applied, "refused": refused},
        )
        return Report(told, applied, refused)

    def worker(self, name: str) -> PeriodicWorker:
        """Runs at the start of the process, and every hour.

        Args:
            name: in logs and metrics.
        """

        async def step() -> None:
            await self.run_once()

        return PeriodicWorker(name, step, interval_s=INTERVAL_S)


def read_topic(client: Consumer, topic: str, *, within_s: float) -> list[RawMessage]:
    """Everything that stands on a topic now, whatever the consumer group has read before.

    Args:
        client: not subscribed to anything.
        topic: to read.
        within_s: longest wait, seconds.

    Raises:
        Unavailable: the broker does not answer, or not in time.
    """
    ends_at, messages = time.monotonic() + within_s, []
    try:
        described = client.list_topics(topic, timeout=within_s).topics[topic]
        if described.error is not None:  # without a right to it, it would look empty
            raise Unavailable("the topic cannot be read")
        ends: dict[int, int] = {}
        for partition in described.partitions:
            low, high = client.get_watermark_offsets(TopicPartition(topic, partition), timeout=within_s)
            if high > low:
                ends[partition] = high
        client.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in ends])
        while ends:
            if time.monotonic() > ends_at:
                raise Unavailable("the broker did not give the whole topic in time")
            message = client.poll(1.0)
            if message is None or message.error() is not None:
                continue
            raw = raw_message(message)
            messages.append(raw)
            if raw.offset + 1 >= ends.get(raw.partition, 0):
                ends.pop(raw.partition, None)
    except KafkaException as error:
        raise Unavailable("the broker is not available") from error
    return messages
