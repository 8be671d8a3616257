"""Only what a producer of the topic has signed changes anything; a forged message stops nobody's genuine ones."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer, PoisonEvent, RawMessage, Received, RefusedEvent
from altscore_libs.decoding import Decoder
from altscore_libs.event_bounds import MAX_VERSION, SKEW
from altscore_libs.event_signatures import EventVerifier
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, Report
from altscore_libs.parked_dismissals import Dismissal
from altscore_libs.poison import KEPT_FORGERIES
from altscore_libs.settings import KafkaSettings
from altscore_libs.signer import PublicKeys
from altscore_libs.state_gauges import INBOX_MEASURES, StateGauges
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner
from altscore_libs.testing_events import UNKNOWN_ID, CatalogRegistry, Topic
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
CONSENT, NOTIFICATION = SoftwareSigner("consent-events"), SoftwareSigner("notification-events")
KEYS = PublicKeys({signer.key_id: signer.public_keys()._keys[signer.key_id] for signer in (CONSENT, NOTIFICATION)})
TAKING_AWAY = ("consent.revoked",)
KAFKA = KafkaSettings(
    kafka_bootstrap="127.0.0.1:1",
    kafka_username="x",
    kafka_password=SecretStr("x"),
    kafka_ca_file=Path("ca.pem"),
    registry_url="http://127.0.0.1:1",
)


def revoked(version: int = 1, **change: Any) -> dict[str, Any]:
    return {
        "consent_id": "cns_1",
        "retailer_id": "ret_1",
        "lender_scope": ["lender_a"],
        "purpose": "term_loan",
        "language": "hi",
        "version": version,
        "revoked_at": NOW,
        "reason": "retailer",
        "contact_ref": None,
    } | change


class World:
    """A consumer of altscore.consent that keeps the versions that it applied."""

    def __init__(self, pool: asyncpg.Pool, catalogue: SchemaCatalog) -> None:
        self.pool = pool
        self.catalogue = catalogue
        self.registry = CatalogRegistry(catalogue)
        self.topic = Topic(catalogue, self.registry, "altscore.consent")
        self.applied: list[tuple[str, int]] = []
        self.decoder = Decoder(catalogue, self.registry, EventVerifier(KEYS), clock=FixedClock(NOW))
        self.consumer = Consumer(
            pool,
            catalogue,
            KAFKA,
            group="score",
            topics=[self.topic.name],
            handlers={"consent.revoked": self.take, "consent.expired": self.take},
            decoder=self.decoder,
            only_taking_away=TAKING_AWAY,
        )
        self.parked = ParkedEvents(pool, self.consumer, Outbox(catalogue, "score", FixedClock(NOW), mac_key=OUTBOX_KEY))

    async def take(self, connection: asyncpg.Connection, event: Received) -> None:
        """The handler."""
        await connection.execute("INSERT INTO effects (event_id) VALUES ($1)", event.event_id)
        self.applied.append((event.name, event.data["version"]))

    async def revoke(self, version: int = 1, *, signer: SoftwareSigner | None = CONSENT, **change: Any) -> RawMessage:
        """A message of a withdrawal."""
        producer, occurred_at = change.pop("producer", "consent"), change.pop("occurred_at", NOW)
        return await self.topic.event(
            "consent.revoked",
            revoked(version, **change),
            key="ret_1",
            producer=producer,
            occurred_at=occurred_at,
            signer=signer,
        )

    async def expire(self, version: int, *, signer: SoftwareSigner | None = CONSENT) -> RawMessage:
        """A message of an end that is, here, none of those that only take away."""
        names = ("consent_id", "retailer_id", "lender_scope", "purpose", "language", "version", "contact_ref")
        data = {name: value for name, value in revoked(version).items() if name in names}
        return await self.topic.event(
            "consent.expired",
            data | {"expired_at": NOW},
            key="ret_1",
            producer="consent",
            occurred_at=NOW,
            signer=signer,
        )

    async def unreadable(self, *, signer: SoftwareSigner | None = CONSENT) -> RawMessage:
        """A message with an unknown schema."""
        return await self.topic.message(b"\x00" + UNKNOWN_ID.to_bytes(4, "big") + b"x", key="ret_1", signer=signer)

    async def arrive(self, *messages: RawMessage) -> list[tuple[str, int]]:
        """Applies a batch; what was applied of it."""
        self.applied.clear()
        await self.consumer._apply_batch(messages)
        return list(self.applied)

    async def reasons(self) -> list[str]:
        """Why messages are set aside, in their order."""
        rows = await self.pool.fetch("SELECT reason FROM parked WHERE resolved_at IS NULL ORDER BY id")
        return [row["reason"] for row in rows]


@pytest.fixture
def world(pool: asyncpg.Pool, catalogue: SchemaCatalog) -> World:
    return World(pool, catalogue)


Forge = Callable[[World], Awaitable[RawMessage]]


async def unsigned(world: World) -> RawMessage:
    return await world.revoke(2, signer=None)


async def of_another_producer(world: World) -> RawMessage:
    return await world.revoke(2, signer=NOTIFICATION)


async def of_an_unknown_key(world: World) -> RawMessage:
    return await world.revoke(2, signer=SoftwareSigner("consent-events"))


async def in_anothers_name(world: World) -> RawMessage:
    return await world.revoke(2, producer="notification")


async def with_another_value(world: World) -> RawMessage:
    good, other = await world.revoke(2), await world.revoke(3)
    return replace(other, signature=good.signature)


async def with_another_key(world: World) -> RawMessage:
    return replace(await world.revoke(2), key="ret_2")


async def unreadable_and_unsigned(world: World) -> RawMessage:
    return await world.unreadable(signer=None)


async def huge_and_unsigned(world: World) -> RawMessage:
    return await world.topic.message(b"\x00" * 2_000_000, key="ret_1", signer=None)


FORGERIES: list[Forge] = [
    unsigned,
    of_another_producer,
    of_an_unknown_key,
    in_anothers_name,
    with_another_value,
    with_another_key,
    unreadable_and_unsigned,
    huge_and_unsigned,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
async def test_a_message_that_no_producer_of_the_topic_signed_changes_nothing_and_holds_back_nothing(
    world: World, forge: Forge
) -> None:
    forged, genuine = await forge(world), await world.expire(4)
    assert await world.arrive(forged, genuine) == [("consent.expired", 4)]
    row = await world.pool.fetchrow("SELECT reason, holds_key FROM parked")
    assert (row["reason"].partition(":")[0], row["holds_key"]) == ("not_authentic", False)
    assert await world.pool.fetchval("SELECT count(*) FROM outbox") == 0  # nor is it sent on in our name


async def test_what_was_refused_is_seen_in_the_gauges_after_a_restart_too(world: World) -> None:
    await world.arrive(await world.revoke(signer=None), await world.revoke(MAX_VERSION + 1), await world.unreadable())
    gauges, registry = StateGauges(world.pool, INBOX_MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    topic = {"topic": world.topic.name}
    for reason in ("not_authentic", "out_of_bounds"):
        assert registry.get_sample_value("altscore_refused_events", topic | {"reason": reason}) == 1
    assert registry.get_sample_value("altscore_parked_events", topic) == 1


async def test_forged_messages_fill_no_disk(world: World) -> None:
    await world.pool.execute(
        'INSERT INTO parked (topic, key, partition, "offset", reason, raw, holds_key)'
        " SELECT $1, 'k', 1, n, 'not_authentic', '', false FROM generate_series(1, $2::int) AS n",
        world.topic.name,
        KEPT_FORGERIES,
    )
    await world.arrive(await world.revoke(signer=None))
    assert await world.pool.fetchval("SELECT count(*) FROM parked") == KEPT_FORGERIES


async def test_a_topic_whose_events_change_no_access_needs_no_signature(world: World) -> None:
    topic = Topic(world.catalogue, world.registry, "altscore.anomaly")
    data = {"anomaly_id": "anm_1", "retailer_id": "ret_1", "run_id": "run_1", "score": 0.9, "threshold": 0.8}
    raw = await topic.event(
        "erp.anomaly.detected",
        data | {"detected_at": NOW},
        key="ret_1",
        producer="scoring",
        occurred_at=NOW,
        signer=None,
    )
    assert (await world.decoder.decode(raw)).name == "erp.anomaly.detected"


async def test_a_consumer_without_keys_believes_nobody(world: World) -> None:
    consumer = Consumer(world.pool, world.catalogue, KAFKA, group="score", topics=[world.topic.name], handlers={})
    with pytest.raises(RefusedEvent):
        await consumer.decoder.decode(await world.revoke())


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2**62},
        {"version": -1},
        {"revoked_at": NOW + SKEW + timedelta(seconds=1)},
        {"occurred_at": datetime(2100, 1, 1, tzinfo=UTC)},
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused_by_name_and_holds_back_nothing(world: World, change: dict[str, Any]) -> None:
    absurd = await world.revoke(change.pop("version", 2), **change)
    assert await world.arrive(absurd, await world.expire(3)) == [("consent.expired", 3)]
    (reason,) = await world.reasons()
    assert reason.startswith("out_of_bounds: ")


async def test_a_clock_that_is_a_little_ahead_is_no_forgery(world: World) -> None:
    assert await world.arrive(await world.revoke(occurred_at=NOW + SKEW, revoked_at=NOW + SKEW)) != []


async def test_a_withdrawal_is_applied_once_behind_what_is_parked_and_other_events_wait(world: World) -> None:
    unreadable, withdrawal, waits = await world.unreadable(), await world.revoke(2), await world.expire(3)
    assert await world.arrive(unreadable, withdrawal, waits) == [("consent.revoked", 2)]
    assert await world.arrive(withdrawal) == []
    assert await world.reasons() == ["unknown schema id", "an earlier event of this key is parked"]


async def test_a_parked_message_keeps_its_signature_for_the_replay(world: World) -> None:
    await world.arrive(await world.unreadable(), await world.expire(3))
    first, behind = await world.parked.listed()
    chosen = Dismissal(first["id"], operator="ops-1", ticket="OPS-1", reason="unreadable", proposed_by="ops-2")
    assert await world.parked.dismiss(chosen) == "dismissed"
    world.applied.clear()
    assert await world.parked.replay(operator="ops-1", ticket="OPS-1", event=behind["id"]) == Report(1, 0)
    assert world.applied == [("consent.expired", 3)]


async def test_a_forged_message_stays_refused_when_replayed(world: World) -> None:
    await world.arrive(await world.revoke(signer=None))
    (row,) = await world.parked.listed()
    world.applied.clear()
    assert await world.parked.replay(operator="ops-1", ticket="OPS-1", event=row["id"]) == Report(0, 1)
    assert (world.applied, await world.reasons()) == ([], ["not_authentic"])


async def test_a_text_with_nul_is_no_event(world: World) -> None:
    with pytest.raises(PoisonEvent, match="cannot be decoded"):
        await world.decoder.decode(await world.revoke(consent_id="x\x00"))


async def test_a_value_larger_than_an_event_may_be_is_set_aside_without_its_bytes(world: World) -> None:
    await world.arrive(await world.topic.message(b"\x00" * 1_048_577, key="ret_1", signer=CONSENT))
    row = await world.pool.fetchrow("SELECT reason, length(raw) AS kept FROM parked")
    assert row["reason"].startswith("larger than an event may be: 1048577 bytes, SHA-256 ")
    assert row["kept"] == 1_024
    assert await world.pool.fetchval("SELECT count(*) FROM outbox") == 0
