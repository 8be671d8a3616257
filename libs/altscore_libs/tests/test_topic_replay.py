"""A whole topic is applied again: what the database has lost is done again, and nothing twice."""

import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from altscore_libs.consumer import Consumer, PoisonEvent, RawMessage, Received
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.settings import KafkaSettings
from altscore_libs.topic_replay import Report, TopicReplay
from pydantic import SecretStr

from .test_parked import NumberDecoder

TOPIC = "altscore.sample"


class Replayed:
    """A service whose handler keeps the numbers that it applied, refuses those above 100 and fails at 100."""

    def __init__(self, pool: asyncpg.Pool, catalogue: SchemaCatalog) -> None:
        self.applied: list[int] = []
        self.decoder = NumberDecoder()
        settings = KafkaSettings(
            kafka_bootstrap="127.0.0.1:1",
            kafka_username="u",
            kafka_password=SecretStr("p"),
            kafka_ca_file=Path("ca.pem"),
            registry_url="http://127.0.0.1:1",
        )
        handlers = {"counted": self.count}
        target = Consumer(pool, catalogue, settings, group="g", topics=[TOPIC], handlers=handlers, decoder=self.decoder)
        self.replay = TopicReplay(settings, target, group="g", topic=TOPIC, decoder=self.decoder)

    async def count(self, _connection: asyncpg.Connection, event: Received) -> None:
        """The handler."""
        if event.data["number"] > 100:
            raise PoisonEvent("not to be applied")
        if event.data["number"] == 100:
            raise RuntimeError("nobody thought of this event")
        self.applied.append(event.data["number"])

    async def apply(self, *numbers: int) -> Report:
        """The topic with these messages, from its beginning."""
        return await self.replay.apply(messages(numbers))


def messages(numbers: tuple[int, ...]) -> Iterator[RawMessage]:
    for place, number in enumerate(numbers):
        yield RawMessage(topic=TOPIC, partition=0, offset=place, key="k", value=str(number).encode())


@pytest.fixture
def service(pool: asyncpg.Pool, catalogue: SchemaCatalog) -> Replayed:
    return Replayed(pool, catalogue)


async def test_what_was_applied_before_is_not_applied_again(service: Replayed) -> None:
    assert await service.apply(1, 2) == Report(told=2, applied=2, refused=0)
    assert await service.apply(1, 2, 3) == Report(told=3, applied=1, refused=0)
    assert service.applied == [1, 2, 3]


async def test_what_a_restore_has_lost_is_applied_again(service: Replayed, pool: asyncpg.Pool) -> None:
    await service.apply(1, 2)
    await pool.execute("DELETE FROM inbox WHERE event_id = $1", UUID(int=2))
    assert await service.apply(1, 2) == Report(told=2, applied=1, refused=0)
    assert service.applied == [1, 2, 2]


async def test_the_end_of_a_turn_is_told_also_when_nothing_was_lost(
    service: Replayed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="altscore.topic_replay")
    await service.apply(1, 101)
    await service.apply(1, 101)
    ends = [record for record in caplog.records if record.message == "topic read from its beginning"]
    assert [(record.__dict__["applied"], record.__dict__["refused"]) for record in ends] == [(1, 1), (0, 1)]


async def test_an_unreadable_or_refused_event_stops_no_other_and_is_not_parked_again(
    service: Replayed, pool: asyncpg.Pool
) -> None:
    service.decoder.unreadable = {2}
    assert await service.apply(1, 2, 101, 3) == Report(told=4, applied=2, refused=2)
    assert await pool.fetchval("SELECT count(*) FROM parked") == 0


async def test_an_event_that_nobody_thought_of_stops_no_later_one(service: Replayed) -> None:
    assert await service.apply(1, 100, 2) == Report(told=3, applied=2, refused=1)
    assert service.applied == [1, 2]


async def test_an_outage_ends_the_turn_and_the_next_one_goes_on(service: Replayed) -> None:
    service.decoder.is_reachable = False
    with pytest.raises(Unavailable):
        await service.apply(1)
    service.decoder.is_reachable = True
    assert await service.apply(1) == Report(told=1, applied=1, refused=0)
