"""Clients of the broker for the drill of its authority: as services make them, and one that nobody moves."""

import asyncio
import logging
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from altscore_libs import kafka
from altscore_libs.consumer import BatchConsumer, RawMessage
from altscore_libs.settings import KafkaSettings
from confluent_kafka import KafkaError, KafkaException, Message, Producer

BATCH, PAUSE_S = 20, 0.05
CONNECT_S = 20.0
UNVERIFIED = "certificate verify failed"
RENEWED = "client of the brokers made anew"


class Writer(threading.Thread):
    """Sends numbered messages from 0 on; a batch is acknowledged before the next, as an outbox does it.

    Args:
        settings: brokers, and the file of their authority.
        topic: to write.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        super().__init__(name="writer", daemon=True)
        self._settings, self._topic = settings, topic
        self._ends = threading.Event()
        self.acknowledged = self.renewals = 0
        self.longest_wait_s = 0.0

    def run(self) -> None:
        """Writes until `stop`, with another client whenever the authority's file has changed."""
        producer = kafka.producer(self._settings)
        renewed = kafka.RenewedClient(self._settings, kafka.producer)
        while not self._ends.wait(PAUSE_S):
            if (following := renewed.take()) is not None:
                producer = following  # nothing is on its way between batches
                self.renewals += 1
            self._send(producer)

    def _send(self, producer: Producer) -> None:
        begun = time.monotonic()
        for number in range(self.acknowledged, self.acknowledged + BATCH):
            producer.produce(self._topic, key=str(number), value=str(number).encode(), on_delivery=self._delivered)
        while producer.flush(1.0):
            pass
        self.longest_wait_s = max(self.longest_wait_s, time.monotonic() - begun)

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.acknowledged += 1

    def stop(self) -> None:
        """Ends after the batch that is on its way."""
        self._ends.set()
        self.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()


class Reader(threading.Thread):
    """Reads with the consumer that every service has, in a thread of its own.

    Args:
        settings: brokers, and the file of their authority.
        topic: to read.
        group: of the consumer.
    """

    def __init__(self, settings: KafkaSettings, topic: str, group: str) -> None:
        super().__init__(name="reader", daemon=True)
        self._consumer = BatchConsumer(settings, group=group, topics=[topic], handler=self._take)
        self._loop = asyncio.new_event_loop()
        self._ends = asyncio.Event()
        self._places: Counter[tuple[int, int]] = Counter()
        self._numbers: dict[int, set[tuple[int, int]]] = {}
        self.renewals = 0

    def run(self) -> None:
        """Reads until the end of the block."""
        log = logging.getLogger("altscore.kafka")
        log.setLevel(logging.INFO)
        log.addFilter(self._counts_renewals)
        self._loop.run_until_complete(self._consumer.run(self._ends))

    def _counts_renewals(self, record: logging.LogRecord) -> bool:
        if record.msg.startswith(RENEWED) and record.thread == self.ident:
            self.renewals += 1
        return True

    async def _take(self, messages: Sequence[RawMessage]) -> None:
        for message in messages:
            place = (message.partition, message.offset)
            self._places[place] += 1
            self._numbers.setdefault(int(message.value), set()).add(place)

    @property
    def read(self) -> int:
        """How many numbers were read."""
        return len(self._numbers)

    @property
    def repeated(self) -> int:
        """How many messages were handed over more than once."""
        return sum(count - 1 for count in self._places.values())

    @property
    def doubled(self) -> int:
        """How many numbers stand in the topic more than once."""
        return sum(len(places) - 1 for places in self._numbers.values())

    def missing(self, count: int) -> int:
        """How many of the first `count` numbers were not read."""
        return sum(number not in self._numbers for number in range(count))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ends.set)
        self.join()


def refusal_of(settings: KafkaSettings) -> str | None:
    """Why a new client with these settings cannot read the list of topics; None when it can."""
    reasons: list[str] = []
    client = Producer(
        {
            "bootstrap.servers": settings.kafka_bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanisms": "SCRAM-SHA-512",
            "sasl.username": settings.kafka_username,
            "sasl.password": settings.kafka_password.get_secret_value(),
            "ssl.ca.location": str(settings.kafka_ca_file),
            "error_cb": lambda error: reasons.append(error.str()),
            "log_level": 0,
        }
    )
    try:
        client.list_topics(timeout=CONNECT_S)
    except KafkaException as error:
        client.poll(1.0)
        return UNVERIFIED if any(UNVERIFIED in reason for reason in reasons) else str(error)
    return None


def is_taken_by_controller(port: int, certificate: Path, key: Path, ca_file: Path) -> bool:
    """Whether the controller, which demands a certificate, keeps a connection with this one open."""
    context = ssl.create_default_context(cafile=str(ca_file))
    context.load_cert_chain(certificate, key)
    with socket.create_connection(("127.0.0.1", port), timeout=CONNECT_S) as raw:
        try:
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as connection:
                connection.settimeout(5.0)  # in TLS 1.3 a refusal comes behind the client's own end of the handshake
                connection.recv(1)
        except TimeoutError:
            return True
        except (ssl.SSLError, ConnectionError):
            return False
    return False
