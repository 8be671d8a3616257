"""Set-aside events are applied again in the order of their key, once, and every try is audited."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.commands import run_commands
from altscore_libs.consumer import Consumer, PoisonEvent, RawMessage, Received
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, Report, masked, parked_commands
from altscore_libs.parked_dismissals import Dismissal
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing import OUTBOX_KEY
from pydantic import SecretStr

AT = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
TOPIC = "altscore.consent"
MENDED = "unknown schema id"
BEHIND = "an earlier event of this key is parked"


class NumberDecoder:
    """Reads messages that are the number of their event; some cannot be read, or not now."""

    def __init__(self) -> None:
        self.unreadable: set[int] = set()
        self.is_reachable = True

    async def decode(self, raw: RawMessage) -> Received:
        """The event of that number."""
        number = int(raw.value)
        if not self.is_reachable:
            raise Unavailable("registry")
        if number in self.unreadable:
            raise PoisonEvent(MENDED)
        return Received(
            event_id=UUID(int=number),
            name="counted",
            topic=raw.topic,
            key=raw.key,
            occurred_at=AT,
            producer="consent",
            producer_seq=number,
            data={"number": number},
        )


class Service:
    """A service with one handler, and what that handler applied."""

    def __init__(self, pool: asyncpg.Pool, catalogue: SchemaCatalog) -> None:
        self.pool = pool
        self.catalogue = catalogue
        self.decoder = NumberDecoder()
        self.applied: list[int] = []
        settings = KafkaSettings(
            kafka_bootstrap="127.0.0.1:1",
            kafka_username="u",
            kafka_password=SecretStr("p"),
            kafka_ca_file=Path("ca.pem"),
            registry_url="http://127.0.0.1:1",
        )
        self.consumer = Consumer(
            pool,
            catalogue,
            settings,
            group="g",
            topics=[TOPIC],
            handlers={"counted": self.count},
            decoder=self.decoder,
        )
        self.parked = ParkedEvents(pool, self.consumer, Outbox(catalogue, "score", FixedClock(AT), mac_key=OUTBOX_KEY))

    async def count(self, _connection: asyncpg.Connection, event: Received) -> None:
        """The handler."""
        self.applied.append(event.data["number"])

    async def park(self, number: int, key: str, reason: str = MENDED) -> int:
        """Sets an event aside; its number in the list."""
        statement = (
            'INSERT INTO parked (topic, key, partition, "offset", reason, raw) VALUES ($1, $2, 0, $3, $4, $5)'
            " RETURNING id"
        )
        return int(await self.pool.fetchval(statement, TOPIC, key, number, reason, str(number).encode()))

    async def replay(self, *, event: int | None = None, reason: str | None = None) -> Report:
        """A replay by an operator."""
        return await self.parked.replay(operator="ops-1", ticket="OPS-7", event=event, reason=reason)

    async def dismiss(self, event: int, *, proposed_by: str | None = None) -> str:
        """A dismissal by an operator."""
        chosen = Dismissal(event, operator="ops-1", ticket="OPS-7", reason="drill", proposed_by=proposed_by)
        return await self.parked.dismiss(chosen)

    async def audited(self) -> list[tuple[str, str, str]]:
        """Actor, subject and outcome of every audited replay."""
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE name = 'audit_event' ORDER BY id")
        entries = [self.catalogue.decode("audit_event", row["payload"]) for row in rows]
        assert all(entry["details"]["ticket"] == "OPS-7" for entry in entries)
        return [(entry["actor"], entry["subject"], entry["outcome"]) for entry in entries]


@pytest.fixture
def service(pool: asyncpg.Pool, catalogue: SchemaCatalog) -> Service:
    return Service(pool, catalogue)


async def test_one_is_applied_with_those_that_waited_behind_it_and_each_is_audited(service: Service) -> None:
    first = await service.park(1, "k")
    await service.park(2, "k", BEHIND)
    await service.park(3, "other")
    assert await service.replay(event=first) == Report(applied=2, refused=0)
    assert service.applied == [1, 2]
    assert [row["key"] for row in await service.parked.listed()] == ["other"]
    assert await service.audited() == [("ops-1", f"{TOPIC}/0/1", "ok"), ("ops-1", f"{TOPIC}/0/2", "ok")]


async def test_one_that_waits_is_not_applied_before_the_one_in_front_of_it(service: Service) -> None:
    await service.park(1, "k")
    behind = await service.park(2, "k", BEHIND)
    service.decoder.unreadable.add(1)
    assert await service.replay(event=behind) == Report(applied=0, refused=1)
    assert service.applied == []


async def test_all_of_a_reason_are_applied_and_those_of_another_stay(service: Service) -> None:
    for number, key, reason in ((1, "a", MENDED), (2, "b", MENDED), (3, "c", "failed 5 times: ValueError")):
        await service.park(number, key, reason)
    assert await service.replay(reason=MENDED) == Report(applied=2, refused=0)
    assert service.applied == [1, 2]
    assert [row["key"] for row in await service.parked.listed()] == ["c"]


async def test_one_that_still_cannot_be_applied_stays_set_aside_and_so_does_what_waits_for_it(
    service: Service,
) -> None:
    await service.park(1, "k")
    await service.park(2, "k", BEHIND)
    service.decoder.unreadable.add(1)
    assert await service.replay(reason=MENDED) == Report(applied=0, refused=1)
    assert [row["reason"] for row in await service.parked.listed()] == ["replayed and failed: PoisonEvent", BEHIND]
    assert await service.audited() == [("ops-1", f"{TOPIC}/0/1", "refused")]


async def test_one_that_was_applied_meanwhile_changes_nothing_and_is_set_aside_no_more(service: Service) -> None:
    event = await service.park(1, "k")
    await service.consumer.apply(
        await service.decoder.decode(RawMessage(topic=TOPIC, partition=0, offset=1, key="k", value=b"1"))
    )
    assert await service.replay(event=event) == Report(applied=1, refused=0)
    assert service.applied == [1]
    assert await service.parked.listed() == []


async def test_without_the_registry_nothing_changes(service: Service) -> None:
    await service.park(1, "k")
    service.decoder.is_reachable = False
    with pytest.raises(Unavailable):
        await service.replay(reason=MENDED)
    assert [row["reason"] for row in await service.parked.listed()] == [MENDED]
    assert await service.audited() == []


@pytest.mark.parametrize("arguments", [["--operator", "98 00"], ["--operator", "ops-1", "--ticket", "see mail"]])
def test_what_enters_the_audit_is_an_id_and_a_number_of_a_ticket(arguments: list[str]) -> None:
    @asynccontextmanager
    async def opened(_settings: KafkaSettings) -> AsyncIterator[ParkedEvents]:
        raise AssertionError("nothing is opened")
        yield

    commands = parked_commands(KafkaSettings, opened)
    with pytest.raises(SystemExit) as exit_of_command:
        run_commands("score", commands, ["replay-parked", "--event", "1", *arguments])
    assert exit_of_command.value.code == 2


async def test_a_replay_reaches_what_the_list_is_too_short_for(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altscore_libs.parked.LONGEST_LIST", 2)
    service.decoder.unreadable |= {1, 2}
    for number in (1, 2, 3):
        await service.park(number, f"k{number}")
    assert len(await service.parked.listed()) == 2
    assert await service.replay(reason=MENDED) == Report(applied=1, refused=2)
    assert service.applied == [3]


async def test_a_dry_run_tries_and_takes_everything_back(service: Service) -> None:
    first = await service.park(1, "k")
    await service.park(2, "bad")
    service.decoder.unreadable.add(2)
    parked = service.parked
    report = await parked.replay(operator="ops-1", ticket="OPS-7", reason=MENDED, is_dry_run=True)
    assert report == Report(applied=1, refused=1)
    assert [row["reason"] for row in await parked.listed()] == [MENDED, MENDED]
    assert await service.pool.fetchval("SELECT count(*) FROM inbox") == 0
    assert await service.audited() == []
    assert await service.replay(event=first) == Report(applied=1, refused=0)


async def test_one_that_is_put_away_is_never_applied_and_holds_back_nothing(service: Service) -> None:
    first, behind = await service.park(1, "k"), await service.park(2, "k", BEHIND)
    assert [await service.dismiss(first) for _ in range(2)] == ["dismissed", "gone"]
    assert await service.replay(event=behind) == Report(applied=1, refused=0)
    assert service.applied == [2]
    assert [outcome for _, _, outcome in await service.audited()] == ["ok", "ok"]


async def test_what_is_shown_of_a_message_is_masked(service: Service) -> None:
    event = await service.park(1, "Asha Traders, +91 98000 00000")
    shown = await service.parked.inspected(event)
    assert shown is not None
    assert shown["key"] == "<text of 29 characters>"
    assert (shown["event"], shown["data"]) == ("counted", {"number": 1})
    service.decoder.unreadable.add(1)
    shown = await service.parked.inspected(event)
    assert shown is not None
    assert shown["error"] == "PoisonEvent"
    assert await service.parked.inspected(event + 1) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ret_0123456789abcdef", "ret_0123456789abcdef"),
        ("consent.revoked", "consent.revoked"),
        ("+919800000000", "<text of 13 characters>"),
        ("27ABCDE1234F1Z5", "<text of 15 characters>"),
        ("9800000000", "<text of 10 characters>"),
        ([AT, 3, None, b"x"], [AT.isoformat(), 3, None, "<bytes>"]),
        ({"Asha": True}, {"<text of 4 characters>": True}),
    ],
    ids=str,
)
def test_of_texts_that_are_no_ids_only_the_length_is_shown(value: object, shown: object) -> None:
    assert masked(value) == shown
