"""A Kafka user of another service, with its own events key at most: it speaks in nobody else's name to the audit."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from altscore_audit.chain.domain import rules_of
from altscore_audit.chain.events import EventConsumer
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import RawMessage, Received
from altscore_libs.event_signatures import HEADER, EventVerifier, SentMessage
from altscore_libs.events import SchemaCatalog
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import SCHEMAS, SoftwareSigner, postgres_fixtures, signed_headers
from altscore_libs.yaml_text import parse_yaml

template, database, pool = postgres_fixtures("audit", Path(__file__).parents[2] / "services/audit/migrations")
CATALOGUE = SchemaCatalog.load(SCHEMAS)
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
SCORE, WEBHOOK, ERASURES = (SoftwareSigner(label) for label in ("score-events", "webhook-events", "erasure-signing"))
KEYS = PublicKeys(
    {key: value for signer in (SCORE, WEBHOOK, ERASURES) for key, value in signer.public_keys()._keys.items()}
)
TOPIC, KEY = "altscore.audit", "ops-1"


class Bodies:
    """Reads bodies of audit events, as the decoder does behind the schema's id."""

    async def decode(self, raw: RawMessage) -> Received:
        data = CATALOGUE.decode("audit_event", raw.value)
        envelope = {
            name: data.pop(name) for name in ("event_id", "occurred_at", "producer", "producer_seq", "trace_id")
        }
        return Received(name="audit_event", topic=raw.topic, key=raw.key, data=data, **envelope)


@pytest.fixture
def recorder(pool: asyncpg.Pool) -> EventConsumer:
    topics = parse_yaml((SCHEMAS / "topics.yml").read_text(encoding="utf-8"))
    return EventConsumer(
        pool=pool,
        decoder=Bodies(),
        verifier=EventVerifier(KEYS),
        producers={topic["name"]: frozenset(topic["producers"]) for topic in topics},
        rules=rules_of(parse_yaml((SCHEMAS / "audit/actions.yml").read_text(encoding="utf-8"))),
        clock=FixedClock(NOW),
    )


async def message(
    number: int, *, offset: int, signer: SoftwareSigner | None, producer: str = "score", **change: Any
) -> RawMessage:
    event = {
        "event_id": uuid4(),
        "occurred_at": NOW,
        "producer": producer,
        "producer_seq": number,
        "trace_id": None,
        "action": "model_promoted",
        "actor": KEY,
        "subject": None,
        "outcome": "ok",
        "reason": None,
        "details": {},
    }
    value = CATALOGUE.encode("audit_event", event | change)
    headers = {} if signer is None else await signed_headers(signer, SentMessage(TOPIC, KEY, value))
    return RawMessage(topic=TOPIC, partition=0, offset=offset, key=KEY, value=value, signature=headers.get(HEADER))


async def actions(pool: asyncpg.Pool) -> list[str]:
    return [row["action"] for row in await pool.fetch("SELECT action FROM audit_log ORDER BY seq")]


@pytest.mark.parametrize(
    "signer",
    [None, WEBHOOK, ERASURES, SoftwareSigner("score-events")],
    ids=["nobody", "webhook", "vault", "another_key"],
)
async def test_a_hole_in_scores_numbers_is_not_filled_by_anybody_else(
    recorder: EventConsumer, pool: asyncpg.Pool, signer: SoftwareSigner | None
) -> None:
    await recorder.consume([await message(number, offset=number, signer=SCORE) for number in (1, 3)])
    await recorder.consume([await message(2, offset=2, signer=signer)])
    assert await actions(pool) == ["model_promoted", "model_promoted", "unreadable_event"]
    balance = await pool.fetchrow("SELECT producer, first_missing FROM event_balance")
    assert tuple(balance) == ("score", 2)


async def test_a_signature_is_of_its_message_alone(recorder: EventConsumer, pool: asyncpg.Pool) -> None:
    genuine, other = await message(1, offset=1, signer=SCORE), await message(2, offset=2, signer=None)
    await recorder.consume([replace(other, signature=genuine.signature)])
    assert await actions(pool) == ["unreadable_event"]


@pytest.mark.parametrize("number", [-1, 0, 5_000_000, 2**53 - 1])
async def test_score_itself_cannot_make_an_alarm_that_nobody_can_clear(
    recorder: EventConsumer, pool: asyncpg.Pool, number: int
) -> None:
    await recorder.consume([await message(1, offset=1, signer=SCORE)])
    await recorder.consume([await message(number, offset=2, signer=SCORE)])
    assert await actions(pool) == ["model_promoted", "unreadable_event"]
    assert tuple(await pool.fetchrow("SELECT produced, applied FROM event_balance")) == (1, 1)


@pytest.mark.parametrize("number", [-5, 0, None, 3_000_000])
async def test_the_audits_own_role_counts_no_impossible_number(pool: asyncpg.Pool, number: int | None) -> None:
    count = "SELECT audit_count($1, $2, $3)"
    await pool.execute(count, [TOPIC], ["score"], [1])
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute(count, [TOPIC], ["score"], [number])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(count.replace("audit_count", "audit_count_bounded"), [TOPIC], ["score"], [number])


async def test_a_new_audit_database_takes_a_producer_where_it_is_and_bounds_it_from_there(pool: asyncpg.Pool) -> None:
    count = "SELECT audit_count($1, $2, $3)"
    await pool.execute(count, [TOPIC], ["score"], [20_000_000])
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute(count, [TOPIC], ["score"], [21_000_002])
    await pool.execute(count, [TOPIC], ["score"], [21_000_001])
