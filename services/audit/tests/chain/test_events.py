"""What arrives is chained or counted; nothing is skipped, whatever it is."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from altscore_audit.chain import store
from altscore_audit.chain.domain import Link, Rule, entry_of, without_trace
from altscore_audit.chain.events import EventConsumer
from altscore_audit.counts import store as counts
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import RawMessage
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.event_signatures import HEADER, EventVerifier, SentMessage
from altscore_libs.events import SchemaCatalog
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import SCHEMAS, SoftwareSigner, signed_headers

SIGNERS = {name: SoftwareSigner(f"{name}-events") for name in ("consent", "score", "webhook", "Not A Name")}
VERIFIER = EventVerifier(
    PublicKeys({key: value for signer in SIGNERS.values() for key, value in signer.public_keys()._keys.items()})
)
PRODUCERS = {
    "altscore.audit": frozenset({"consent", "score", "Not A Name"}),
    "altscore.scoring.requests": frozenset({"score"}),
}


def recorder(pool: asyncpg.Pool, decoder: Any, *, rules: dict[str, Rule], clock: FixedClock) -> EventConsumer:
    return EventConsumer(pool=pool, decoder=decoder, verifier=VERIFIER, producers=PRODUCERS, rules=rules, clock=clock)


async def signed(raw: RawMessage, producer: str) -> RawMessage:
    """The message as the relay of that producer sends it."""
    headers = await signed_headers(SIGNERS[producer], SentMessage(raw.topic, raw.key, raw.value))
    return replace(raw, signature=headers[HEADER])


class Topics:
    """Hands batches to the recorder, each event signed by the producer that it names."""

    def __init__(self, recorder: EventConsumer) -> None:
        self._recorder = recorder
        self._catalog = SchemaCatalog.load(SCHEMAS)

    async def consume(self, batch: Sequence[RawMessage]) -> None:
        await self._recorder.consume([await self._signed(raw) for raw in batch])

    async def _signed(self, raw: RawMessage) -> RawMessage:
        try:
            return await signed(raw, self._catalog.decode(raw.key, raw.value)["producer"])
        except ValueError:
            return raw


def raw_message(topic: str, key: str, value: bytes, *, partition: int = 0, offset: int) -> RawMessage:
    return RawMessage(topic=topic, partition=partition, offset=offset, key=key, value=value)


@pytest.fixture
def consumer(pool: asyncpg.Pool, decoder: Any, rules: dict[str, Rule], clock: FixedClock) -> "Topics":
    return Topics(recorder(pool, decoder, rules=rules, clock=clock))


@pytest.fixture
def message(decoder: Any, clock: FixedClock) -> Any:
    def make(
        seq: int,
        event: str = "audit_event",
        *,
        producer: str = "consent",
        identifier: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> RawMessage:
        audit = {"action": "consent_granted", "actor": "webhook", "subject": None, "outcome": "ok", "reason": None}
        contents: dict[str, dict[str, Any]] = {
            "audit_event": {**audit, "details": {}},
            "score.requested": {"retailer_id": "ret_0123456789abcdef", "request_id": "req_1"},
        }
        envelope = {
            "event_id": UUID(int=identifier or 1_000 * sum(producer.encode()) + seq),
            "occurred_at": clock.now(),
            "producer": producer,
            "producer_seq": seq,
            "trace_id": None,
        }
        schema = {field["name"] for field in decoder.catalog.type_of(event).schema["fields"]}
        complete = {
            name: value for name, value in {**envelope, **contents[event], **(data or {})}.items() if name in schema
        }
        for field in decoder.catalog.type_of(event).schema["fields"]:
            complete.setdefault(field["name"], clock.now() if isinstance(field["type"], dict) else "text")
        body = decoder.catalog.encode(event, complete)
        return raw_message(decoder.catalog.topic_of(event), event, body, offset=seq % 1_000_000)

    return make


async def chain(pool: asyncpg.Pool, name: str = "general") -> list[Link]:
    async with transaction(pool) as connection:
        return await store.links(connection, name, after=0, limit=1_000)


async def test_an_audit_event_is_chained_as_canonical_text(consumer: Topics, pool: asyncpg.Pool, message: Any) -> None:
    await consumer.consume([message(1)])
    (link,) = await chain(pool)
    assert link.action == "consent_granted"
    assert link.payload.startswith('{"action":"consent_granted","actor":"webhook","details":{},"event_id":"')
    assert json.loads(link.payload)["occurred_at"] == "2026-05-20T08:00:00.000000Z"


async def test_failed_authentication_has_a_chain_of_its_own(consumer: Topics, pool: asyncpg.Pool, message: Any) -> None:
    await consumer.consume([message(1), message(2, data={"action": "failed_auth"})])
    assert [link.action for link in await chain(pool)] == ["consent_granted"]
    assert [link.action for link in await chain(pool, "failed_auth")] == ["failed_auth"]


async def test_an_unlisted_action_is_chained_too(consumer: Topics, pool: asyncpg.Pool, message: Any) -> None:
    await consumer.consume([message(1, data={"action": "Some\nthing\x01new"})])
    (link,) = await chain(pool)
    assert (link.action, json.loads(link.payload)["action"]) == ("unlisted_action", "Some\nthing\x01new")


async def test_a_text_that_no_database_holds_is_chained_as_opaque(
    consumer: Topics, pool: asyncpg.Pool, message: Any
) -> None:
    await consumer.consume([message(1, data={"action": "Some\x00thing"}), message(2)])
    assert [link.action for link in await chain(pool)] == ["unreadable_event", "consent_granted"]


async def test_an_unreadable_message_is_chained_by_its_place_and_digest(
    consumer: Topics, pool: asyncpg.Pool, message: Any
) -> None:
    broken = raw_message("altscore.audit", "audit_event", b"\xff not avro", partition=2, offset=77)
    await consumer.consume([message(1), broken, message(2)])
    links = await chain(pool)
    assert [link.action for link in links] == ["consent_granted", "unreadable_event", "consent_granted"]
    payload = json.loads(links[1].payload)
    assert (payload["topic"], payload["partition"], payload["offset"]) == ("altscore.audit", 2, 77)
    assert base64.b64decode(payload["sha256"]) == hashlib.sha256(broken.value).digest()


async def test_an_unreadable_message_delivered_twice_is_one_entry(consumer: Topics, pool: asyncpg.Pool) -> None:
    broken = raw_message("altscore.scores", "score.computed", b"", offset=5)
    await consumer.consume([broken])
    await consumer.consume([broken, broken])
    assert len(await chain(pool)) == 1


async def test_a_number_that_canonical_json_cannot_hold_makes_the_event_unreadable_not_stuck(
    consumer: Topics, pool: asyncpg.Pool, message: Any
) -> None:
    await consumer.consume([message(2**60), message(1)])
    assert [link.action for link in await chain(pool)] == ["unreadable_event", "consent_granted"]


async def test_a_producer_without_a_usable_name_does_not_stop_the_others(
    consumer: Topics, pool: asyncpg.Pool, message: Any
) -> None:
    await consumer.consume([message(1), message(2, producer="Not A Name"), message(3)])
    assert [link.action for link in await chain(pool)] == ["consent_granted", "unreadable_event", "consent_granted"]


async def test_an_event_that_the_database_will_not_hold_is_chained_opaque_and_the_others_as_they_are(
    pool: asyncpg.Pool, decoder: Any, rules: dict[str, Rule], clock: FixedClock, message: Any
) -> None:
    class Misreading:
        async def decode(self, raw: RawMessage) -> Any:
            event = await decoder.decode(raw)
            return replace(event, event_id="no uuid") if event.producer_seq == 2 else event

    consumer = Topics(recorder(pool, Misreading(), rules=rules, clock=clock))
    await consumer.consume([message(1), message(2), message(3)])
    assert [link.action for link in await chain(pool)] == ["consent_granted", "unreadable_event", "consent_granted"]


async def test_a_producer_cannot_use_the_actions_of_this_service(
    consumer: Topics, pool: asyncpg.Pool, message: Any
) -> None:
    await consumer.consume([message(1, data={"action": "unreadable_event"})])
    assert [link.action for link in await chain(pool)] == ["unlisted_action"]


async def test_an_event_id_with_a_second_content_is_kept_beside_the_first(
    consumer: Topics, pool: asyncpg.Pool, message: Any
) -> None:
    await consumer.consume([message(1, identifier=9)])
    second = message(2, identifier=9, data={"actor": "somebody-else"})
    await consumer.consume([second])
    await consumer.consume([second])
    links = await chain(pool)
    assert [link.action for link in links] == ["consent_granted", "conflicting_event"]
    assert "somebody-else" in json.loads(links[1].payload)["claimed_payload"]


TRACE = "0f8fad5bd9cb469fa16570867728950e"


async def test_an_entry_names_the_trace_of_its_event(consumer: Topics, pool: asyncpg.Pool, message: Any) -> None:
    await consumer.consume([message(1, data={"trace_id": TRACE}), message(2)])
    payloads = [json.loads(link.payload) for link in await chain(pool)]
    assert [payload.get("trace_id") for payload in payloads] == [TRACE, None]
    assert "trace_id" not in payloads[1]


async def test_an_event_chained_before_entries_named_traces_is_no_conflict_when_it_comes_again(
    consumer: Topics, pool: asyncpg.Pool, decoder: Any, rules: dict[str, Rule], message: Any
) -> None:
    traced = message(1, data={"trace_id": TRACE})
    before = without_trace(entry_of(await decoder.decode(traced), rules))
    async with transaction(pool) as connection:
        await store.append(connection, before.chain, [before])
    await consumer.consume([traced, message(2)])
    assert [link.action for link in await chain(pool)] == ["consent_granted", "consent_granted"]


async def test_while_the_registry_is_away_nothing_is_called_unreadable(
    consumer: Topics, pool: asyncpg.Pool, decoder: Any, message: Any
) -> None:
    decoder.is_reachable = False
    with pytest.raises(Unavailable):
        await consumer.consume([message(1)])
    decoder.is_reachable = True
    await consumer.consume([message(1)])
    assert [link.action for link in await chain(pool)] == ["consent_granted"]


async def test_other_topics_are_counted_not_chained(consumer: Topics, pool: asyncpg.Pool, message: Any) -> None:
    await consumer.consume([message(1, "score.requested", producer="score"), message(2, producer="score")])
    async with transaction(pool) as connection:
        counted = {(row["topic"], row["producer"]): row["events"] for row in await counts.by_topic(connection)}
    assert counted == {("altscore.scoring.requests", "score"): 1, ("altscore.audit", "score"): 1}
    assert len(await chain(pool)) == 1


async def test_a_hole_in_a_producers_numbers_is_named_and_closes_when_the_event_arrives_late(
    consumer: Topics, pool: asyncpg.Pool, message: Any
) -> None:
    await consumer.consume([message(1), message(4), message(2)])
    async with transaction(pool) as connection:
        (row,) = await counts.by_producer(connection)
    assert (row["produced"], row["applied"], row["first_missing"]) == (4, 3, 3)
    await consumer.consume([message(3), message(1)])
    async with transaction(pool) as connection:
        (row,) = await counts.by_producer(connection)
    assert (row["produced"], row["applied"], row["first_missing"]) == (4, 4, None)


@pytest.mark.parametrize("signed_by", [None, "webhook", "score"])
async def test_an_audit_event_in_another_producers_name_is_chained_as_opaque_and_counts_for_nobody(
    pool: asyncpg.Pool, decoder: Any, rules: dict[str, Rule], *, clock: FixedClock, message: Any, signed_by: str | None
) -> None:
    forged = message(664, data={"action": "model_promoted", "actor": "ops-1"})
    if signed_by is not None:
        forged = await signed(forged, signed_by)
    await recorder(pool, decoder, rules=rules, clock=clock).consume([forged])
    (link,) = await chain(pool)
    assert link.action == "unreadable_event"
    assert json.loads(link.payload)["reason"].startswith("not_authentic")
    async with transaction(pool) as connection:
        assert await counts.by_producer(connection) == []


async def test_a_producer_counts_only_on_its_own_topics(
    pool: asyncpg.Pool, decoder: Any, rules: dict[str, Rule], *, clock: FixedClock, message: Any
) -> None:
    stray = await signed(message(1, "score.requested", producer="consent"), "consent")
    await recorder(pool, decoder, rules=rules, clock=clock).consume([stray])
    assert [link.action for link in await chain(pool)] == ["unreadable_event"]
    async with transaction(pool) as connection:
        assert await counts.by_producer(connection) == []


async def test_a_number_too_far_ahead_is_chained_as_opaque_and_not_counted(
    consumer: Topics, pool: asyncpg.Pool, message: Any
) -> None:
    await consumer.consume([message(1)])
    await consumer.consume([message(2), message(2 + 1_000_001 + 1)])
    assert [link.action for link in await chain(pool)] == ["consent_granted", "consent_granted", "unreadable_event"]
    async with transaction(pool) as connection:
        (row,) = await counts.by_producer(connection)
    assert (row["produced"], row["applied"]) == (2, 2)
