"""One poison policy: the poisoned message is set aside, the others of its batch are applied, an outage waits."""

from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest
from altscore_libs.consumer import BatchConsumer, PoisonEvent, RawMessage
from altscore_libs.decoding import MAX_KEY_CHARS, raw_message
from altscore_libs.errors import Unavailable
from altscore_libs.poison import MAX_FAILURES, Isolation, Parking
from altscore_libs.settings import KafkaSettings
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

TOPIC = "altscore.audit"


def message(offset: int, value: bytes = b"v", key: str = "k") -> RawMessage:
    return RawMessage(topic=TOPIC, partition=0, offset=offset, key=key, value=value)


class Batches:
    """A handler that takes whole batches, and fails for the offsets that it is told to."""

    def __init__(self, faults: dict[int, Exception]) -> None:
        self.faults = faults
        self.applied: list[int] = []
        self.parked: list[tuple[int, str]] = []
        self.isolation = Isolation(self.handle, self.park)

    async def handle(self, messages: Sequence[RawMessage]) -> None:
        """All or nothing, as one transaction; what was applied before changes nothing."""
        for raw in messages:
            if raw.offset in self.faults:
                raise self.faults[raw.offset]
        self.applied += [raw.offset for raw in messages if raw.offset not in self.applied]

    async def park(self, raw: RawMessage, error: PoisonEvent) -> None:
        """Sets one aside, once."""
        if raw.offset not in dict(self.parked):
            self.parked.append((raw.offset, str(error)))

    async def arrive(self, *messages: RawMessage) -> int:
        """Hands a batch over until it is done with, as the consumer does; how often."""
        for turn in range(1, 100):
            try:
                await self.isolation.handle(messages)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001, S112  # the consumer waits a while and does the same
                continue
            return turn
        raise AssertionError("retried for ever")


async def test_a_poisoned_message_of_a_batch_is_set_aside_and_the_others_are_applied() -> None:
    batches = Batches({2: PoisonEvent("no event")})
    assert await batches.arrive(*map(message, range(5))) == 1
    assert (batches.applied, batches.parked) == ([0, 1, 3, 4], [(2, "no event")])


async def test_a_fault_that_does_not_go_away_is_set_aside_and_nothing_is_retried_for_ever() -> None:
    batches = Batches({1: AttributeError("x"), 3: asyncpg.DataError("y")})
    assert await batches.arrive(*map(message, range(5))) <= 2 * MAX_FAILURES
    assert batches.applied == [0, 2, 4]
    assert batches.parked == [(1, "failed 5 times: AttributeError"), (3, "failed 5 times: DataError")]


async def test_an_outage_sets_nothing_aside() -> None:
    batches = Batches({1: Unavailable("database")})
    for _ in range(2 * MAX_FAILURES):
        with pytest.raises(Unavailable):
            await batches.arrive(message(0), message(1))
    batches.faults.clear()
    await batches.arrive(message(0), message(1))
    assert (batches.applied, batches.parked) == ([0, 1], [])


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 12), st.dictionaries(st.integers(0, 11), st.sampled_from([PoisonEvent, ValueError, KeyError])))
async def test_every_message_is_applied_or_set_aside_and_none_is_both(
    size: int, faults: dict[int, type[Exception]]
) -> None:
    batches = Batches({offset: fault("f") for offset, fault in faults.items()})
    await batches.arrive(*map(message, range(size)))
    parked = [offset for offset, _ in batches.parked]
    assert sorted(batches.applied + parked) == list(range(size))
    assert set(parked) == {offset for offset in faults if offset < size}


async def test_a_consumer_of_batches_isolates_where_it_may_set_aside() -> None:
    batches = Batches({0: PoisonEvent("no event")})
    kafka = KafkaSettings(
        kafka_bootstrap="127.0.0.1:1",
        kafka_username="x",
        kafka_password=SecretStr("x"),
        kafka_ca_file=Path("ca.pem"),
        registry_url="http://127.0.0.1:1",
    )
    consumer = BatchConsumer(kafka, group="g", topics=[TOPIC], handler=batches.handle, park=batches.park)
    await consumer._handle([message(0), message(1)])
    assert (batches.applied, batches.parked) == ([1], [(0, "no event")])
    never_skips = BatchConsumer(kafka, group="g", topics=[TOPIC], handler=batches.handle)
    with pytest.raises(PoisonEvent):
        await never_skips._handle([message(0), message(2)])


class KafkaMessage:
    """What librdkafka hands out."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    def key(self) -> bytes | None:
        """Any bytes."""
        return self._key

    def value(self) -> bytes:
        """The value."""
        return b"v"

    def topic(self) -> str:
        """The topic."""
        return TOPIC

    def partition(self) -> int:
        """The partition."""
        return 0

    def offset(self) -> int:
        """The offset."""
        return 7

    def headers(self) -> list[tuple[str, bytes | None]]:
        """A signature that comes twice, and one without a value."""
        return [("altscore-signature", None), ("altscore-signature", b"a"), ("altscore-signature", b"b")]


@pytest.mark.parametrize("key", [None, b"", b"a\x00b", b"\xff\xfe", b"k" * 5_000, b"\xed\xa0\x80"], ids=repr)
async def test_a_message_with_any_key_can_be_set_aside(pool: asyncpg.Pool, key: bytes | None) -> None:
    raw = raw_message(KafkaMessage(key))  # type: ignore[arg-type]  # as librdkafka's
    assert len(raw.key) <= MAX_KEY_CHARS
    assert raw.signature == b"a"
    await Parking(pool).park(raw, PoisonEvent("no event"))
    assert await pool.fetchval("SELECT count(*) FROM parked WHERE topic = $1", TOPIC) == 1
