"""Whatever order keys are rotated, lost, used and revoked in: one successor, no lock-out, no life after the end."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

from altscore_libs.testing import api_client
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from ..connector import BEAT, HEARTBEAT, Connector
from ..world import World

ROTATE = "/v1/connector/rotate-key"
LIFE, OVERLAP = timedelta(days=37), timedelta(days=7)
KEYS = st.integers(0, 2)  # counted from the newest key backwards
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("rotate"), KEYS),
        st.tuples(st.just("use"), KEYS),
        st.tuples(st.just("wait"), st.sampled_from([1, 3, 6, 7, 8, 29, 30, 36, 37])),
        st.tuples(st.just("reissue"), st.integers(0, 1)),
        st.tuples(st.just("revoke"), st.just(0)),
    ),
    min_size=6,
    max_size=18,
)


@dataclass
class Key:
    """An API key as the model knows it; whether its answer was lost shows in whether it is used."""

    api_key: str
    signing_secret: str
    issued_at: datetime
    ends_at: datetime = field(init=False)
    is_used: bool = False

    def __post_init__(self) -> None:
        self.ends_at = self.issued_at + LIFE


class Model:
    """What the contract says of a distributor's keys, oldest first."""

    def __init__(self) -> None:
        self.keys: list[Key] = []

    def issue(self, answer: dict[str, Any], now: datetime, *, ends_previous: bool = False) -> None:
        """A new key takes the place of one that was never used."""
        for key in self.keys:
            if ends_previous or not key.is_used:
                key.ends_at = min(key.ends_at, now)
        self.keys.append(Key(answer["api_key"], answer["signing_secret"], now))

    def is_accepted(self, key: Key, now: datetime) -> bool:
        """Whether the key opens anything."""
        return now < key.ends_at

    def use(self, key: Key) -> None:
        """An accepted key is used; the first time it lets the older ones end."""
        if key.is_used:
            return
        key.is_used = True
        for older in self.keys[: self.keys.index(key)]:
            older.ends_at = min(older.ends_at, key.issued_at + OVERLAP)

    def is_newest_used(self, key: Key) -> bool:
        """Whether the key has no successor that was used."""
        return [other for other in self.keys if other.is_used][-1] is key


@dataclass
class Site:
    """A distributor and what was ever issued to it."""

    world: World
    connector: Connector
    model: Model

    def with_key(self, place: int) -> tuple[Key, Connector]:
        """One of its keys, and the connector that presents it with the newest certificate."""
        key = self.model.keys[-1 - place % len(self.model.keys)]
        connector = Connector(self.connector.distributor_id, self.connector.key)
        connector.take({"certificate_pem": self.connector.certificate_pem, "api_key": key.api_key})
        connector.signing_secret = key.signing_secret
        return key, connector

    async def take(self, step: str, choice: int) -> None:
        """Takes a step and holds its answer against the model."""
        now = self.world.clock.now()
        if step == "wait":
            self.world.clock.advance(seconds=choice * 86_400)
        elif step == "use":
            key, connector = self.with_key(choice)
            await self._use(key, connector, now)
        elif step == "rotate":
            key, connector = self.with_key(choice)
            await self._rotate(key, connector, now)
        elif step == "reissue":
            await self.reissue(ends_previous=bool(choice))
        else:
            await self.world.services.distributors.revoke(self.connector.distributor_id)
            for key in self.model.keys:
                key.ends_at = min(key.ends_at, now)

    async def _use(self, key: Key, connector: Connector, now: datetime) -> None:
        is_accepted = self.model.is_accepted(key, now)
        answer = await self.world.call(connector, "POST", HEARTBEAT, BEAT)
        assert answer.status_code == (200 if is_accepted else 401)
        if is_accepted:
            self.model.use(key)
            assert datetime.fromisoformat(answer.json()["api_key_expires_at"]) == key.ends_at

    async def _rotate(self, key: Key, connector: Connector, now: datetime) -> None:
        is_accepted = self.model.is_accepted(key, now)
        if is_accepted:
            self.model.use(key)
        answer = await self.world.call(connector, "POST", ROTATE, {})
        if not is_accepted:
            assert answer.status_code == 401
        elif not self.model.is_newest_used(key):
            event("superseded")
            assert (answer.status_code, answer.json()["code"]) == (409, "KEY_SUPERSEDED")
        else:
            event("rotated")
            assert answer.status_code == 201
            told = answer.json()
            assert datetime.fromisoformat(told["expires_at"]) == now + LIFE
            assert datetime.fromisoformat(told["previous_valid_until"]) == min(key.ends_at, now + OVERLAP)
            self.model.issue(told, now)

    async def reissue(self, *, ends_previous: bool) -> None:
        """Operations issue key and certificate anew."""
        fresh = Connector.new(self.connector.distributor_id)
        path = f"/internal/admin/distributors/{fresh.distributor_id}/rotate-key"
        body = {"csr_pem": fresh.csr_pem(), "end_previous": ends_previous}
        async with api_client(self.world.app, "admin") as client:
            answer = await client.post(path, json=body)
        assert answer.status_code == 201
        fresh.take(answer.json())
        self.connector = fresh
        self.model.issue(answer.json(), self.world.clock.now(), ends_previous=ends_previous)
        await endless_certificates(self.world)

    async def assert_sound(self) -> None:
        """What must hold of the stored keys after every step, whoever computed them."""
        now = self.world.clock.now()
        rows = await self.world.pool.fetch(
            "SELECT *, revoked_at IS NULL AND accepted_until > $2 AS is_live FROM connector_key"
            " WHERE distributor_id = $1 ORDER BY key_number",
            self.connector.distributor_id,
            now,
        )
        live, used = [row for row in rows if row["is_live"]], [row for row in rows if row["used_at"]]
        assert len([row for row in live if not row["used_at"]]) <= 1, "two successors"
        for older, newer in pairwise(used):
            # A key whose own end came before its successor was first used had nothing left to be cut.
            latest = max(newer["valid_from"] + OVERLAP, newer["used_at"])
            assert older["revoked_at"] or older["accepted_until"] <= latest, "an old key lives after its end"
        if used and used[-1]["revoked_at"] is None:
            assert used[-1]["accepted_until"] == used[-1]["valid_from"] + LIFE, "the key in use was cut: a lock-out"
        accepted = [key for key in self.model.keys if self.model.is_accepted(key, now)]
        assert len(live) == len(accepted)


async def endless_certificates(world: World) -> None:
    """Certificates have tests of their own."""
    await world.pool.execute("UPDATE certificate SET accepted_until = accepted_until + interval '10 years'")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@example(
    steps=[("wait", 29), ("rotate", 0), ("wait", 8), ("use", 0)]
)  # the old key ends by itself before the new one is used
@given(steps=STEPS)
async def test_keys_follow_the_model_whatever_happens(world: World, steps: list[tuple[str, int]]) -> None:
    connector = await world.onboard(f"dist_{uuid4().hex[:12]}")
    await endless_certificates(world)
    site = Site(world, connector, Model())
    site.model.issue({"api_key": connector.api_key, "signing_secret": connector.signing_secret}, world.clock.now())
    for step, choice in steps:
        await site.take(step, choice)
        await site.assert_sound()
    for place in reversed(range(len(site.model.keys))):
        await site.take("use", place)
        await site.assert_sound()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(days=st.lists(st.tuples(st.integers(1, 36), st.booleans()), min_size=1, max_size=12))
async def test_a_site_that_speaks_within_the_life_of_its_key_is_never_locked_out(
    world: World, days: list[tuple[int, bool]]
) -> None:
    connector = await world.onboard(f"dist_{uuid4().hex[:12]}")
    await endless_certificates(world)
    begun = world.clock.now()
    for pause, is_answer_lost in days:
        if world.clock.now() + timedelta(days=pause) < begun + LIFE:
            world.clock.advance(seconds=pause * 86_400)
        answer = await world.call(connector, "POST", ROTATE, {})
        assert answer.status_code == 201, "locked out"
        if not is_answer_lost:
            connector.api_key, connector.signing_secret = answer.json()["api_key"], answer.json()["signing_secret"]
            begun = world.clock.now()
            assert (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code == 200


async def test_rotations_and_first_uses_at_the_same_time_leave_one_successor(world: World) -> None:
    connector = await world.onboard()
    first = (await world.call(connector, "POST", ROTATE, {})).json()
    successor = Connector("dist_a", connector.key, certificate_pem=connector.certificate_pem)
    successor.api_key, successor.signing_secret = first["api_key"], first["signing_secret"]
    answers = await asyncio.gather(
        *(world.call(connector, "POST", ROTATE, {}) for _ in range(4)),
        *(world.call(successor, "POST", ROTATE, {}) for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} <= {201, 401, 409}
    unused = await world.pool.fetchval("SELECT count(*) FROM connector_key WHERE used_at IS NULL")
    assert unused == 1
    working = 0
    for answer in answers:
        if answer.status_code == 201:
            site = Connector("dist_a", connector.key, certificate_pem=connector.certificate_pem)
            site.api_key, site.signing_secret = answer.json()["api_key"], answer.json()["signing_secret"]
            working += (await world.call(site, "POST", HEARTBEAT, BEAT)).status_code == 200
    assert working == 1
