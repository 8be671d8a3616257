"""Random histories: as if forged messages did not exist, and withdrawals and blocks hold whatever is unreadable."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest
from altscore_libs.consumer import RawMessage
from altscore_libs.testing import Database, SoftwareSigner, postgres_fixtures
from altscore_libs.testing_events import Topic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .kafka_world import CATALOGUE, SIGNERS, ScoreProjection, block_data, consent_data, send

MIGRATIONS = Path(__file__).parents[2] / "services/score/migrations"
template, database, pool = postgres_fixtures("score", MIGRATIONS, further_roles=("score_access",))


class Step(NamedTuple):
    """What arrives next of a retailer: `how` is genuine, forged or unreadable."""

    what: str
    how: str
    is_redelivered: bool


STEPS = st.builds(
    Step,
    st.sampled_from(["grant", "revoke", "block"]),
    st.sampled_from(["genuine", "genuine", "forged", "unreadable"]),
    st.booleans(),
)


@dataclass
class Retailer:
    """One retailer's messages, and what must be true of them."""

    projection: ScoreProjection
    id: str = field(default_factory=lambda: f"ret_{secrets.token_hex(8)}")
    version: int = 0
    blocks: int = 0
    is_withdrawn: bool = False
    """Whether the newest genuine answer was a withdrawal."""
    waits: bool = False
    """Whether something unreadable of the topic of consents is parked."""

    async def message(self, consents: Topic, blocks: Topic, step: Step) -> RawMessage:
        """The message of a step; genuine ones count versions on."""
        topic, producer = (blocks, "scoring") if step.what == "block" else (consents, "consent")
        signer: SoftwareSigner | None = SIGNERS[producer]
        if step.how == "unreadable":
            self.waits = self.waits or topic is consents
            return await topic.message(b"\x00\x00\x00\xff\xff", key=self.id, signer=signer)
        version = self.version + 1
        if step.how == "forged":
            signer, version = SIGNERS["webhook"], version + 50
        else:
            self._count(step.what)
        if step.what == "block":
            data, event = block_data(self.id), "score.blocked"
        else:
            event = "consent.granted" if step.what == "grant" else "consent.revoked"
            data = consent_data(event, self.id, version)
        return await send(topic, event, data, claims=producer, signer=signer, key=self.id)

    def _count(self, what: str) -> None:
        if what == "block":
            self.blocks += 1
        else:
            self.version += 1
            self.is_withdrawn = what == "revoke"

    async def state(self) -> tuple[bool, int, int]:
        """Whether consented, the newest version, and the blocks, as the projection has them."""
        query = "SELECT coalesce(max(version), 0) FROM consent_grant WHERE retailer_id = $1"
        newest = await self.projection.query(query, self.id)
        blocks = await self.projection.query("SELECT count(*) FROM score_block WHERE retailer_id = $1", self.id)
        return await self.projection.is_consented(self.id), newest, blocks


async def replayed(projection: ScoreProjection, retailer: Retailer) -> None:
    """What only waits is applied late, in its order; what cannot be read is put away."""
    rows = await projection.pool.fetch("SELECT * FROM parked WHERE key = $1 ORDER BY id", retailer.id)
    for row in rows:
        if row["reason"] == "an earlier event of this key is parked":
            async with projection.pool.acquire() as connection, connection.transaction():
                await projection.consumer.apply_parked(connection, row)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=12))
async def test_forged_messages_are_as_if_they_did_not_exist_and_what_takes_away_holds(
    pool: asyncpg.Pool, database: Database, steps: list[Step]
) -> None:
    projection = ScoreProjection(pool, database)
    await projection.put_context_key()
    attacked, left_alone = Retailer(projection), Retailer(projection)
    topics = (Topic(CATALOGUE, projection.registry, "altscore.consent"), projection.topic("altscore.scores"))
    await pool.execute("DELETE FROM inbox")  # the offsets of the topics begin anew, so earlier rows must be gone
    connection = await asyncpg.connect(database.superuser_dsn)
    await connection.execute("TRUNCATE parked, parked_order")
    await connection.close()
    for step in steps:
        for retailer in (attacked, left_alone):
            if retailer is left_alone and step.how == "forged":
                continue
            message = await retailer.message(*topics, step)
            await projection.arrive(*([message, message] if step.is_redelivered else [message]))
        state = await attacked.state()
        assert state == await left_alone.state()
        assert state[2] == attacked.blocks
        if attacked.is_withdrawn:
            assert not state[0]
        elif attacked.version and not attacked.waits:
            assert state == (True, attacked.version, attacked.blocks)
    await replayed(projection, attacked)
    expected = bool(attacked.version) and not attacked.is_withdrawn
    assert await attacked.state() == (expected, attacked.version, attacked.blocks)


@pytest.mark.parametrize("how", ["forged", "unreadable"])
async def test_the_history_of_the_review(pool: asyncpg.Pool, database: Database, how: str) -> None:
    projection = ScoreProjection(pool, database)
    await projection.put_context_key()
    retailer = Retailer(projection)
    topics = (projection.topic("altscore.consent"), projection.topic("altscore.scores"))
    for what, kind in (
        ("grant", "genuine"),
        ("grant", how),
        ("revoke", "genuine"),
        ("block", how),
        ("block", "genuine"),
    ):
        await projection.arrive(await retailer.message(*topics, Step(what, kind, is_redelivered=False)))
    assert await retailer.state() == (False, 2, 1)
