"""The API killed at random points while batches arrive: every batch is in Bronze once and whole, or not at all.

The connectors repeat what was not acknowledged, as theirs do, at times after a newer batch has overtaken it.
`ALTSCORE_KILLS` sets how often the API is killed; 25 repeats of acknowledged batches go with each kill. Points and
batches follow from the seed, whom a kill hits does not.
"""

import asyncio
import logging
import os
import random
import statistics
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from ..world import BRONZE, Store
from .bronze import assert_whole
from .deployment import Deployment
from .site import Batch, Site

KILLS = int(os.environ.get("ALTSCORE_KILLS", "12"))
REPLAYS_PER_KILL = 25
SITES = max(4, KILLS // 25)  # the quota is 200 batches an hour for each
AT_ONCE = 3
SEED = 20_261_129
OVERTAKEN_RATIO, OTHER_ID_RATIO = 0.3, 0.5
LATER_THAN_USUAL = 1.3
RETRY_S = 0.05
_log = logging.getLogger("altscore.tests.kills")


@dataclass
class Traffic:
    """The sites' traffic and what the kills hit."""

    deployment: Deployment
    pool: asyncpg.Pool
    store: Store
    random: random.Random
    clients: dict[str, httpx.AsyncClient]
    durations_s: deque[float] = field(default_factory=lambda: deque([0.2], maxlen=30))
    stages: Counter[str] = field(default_factory=Counter)
    replays: int = 0

    async def post(self, site: Site, batch: Batch, **how: Any) -> httpx.Response | None:
        """One try; None where it was not acknowledged: the connection ended without an answer, or with "not now"."""
        begun = asyncio.get_running_loop().time()
        try:
            client = self.clients[site.connector.distributor_id]
            answer = await client.post("/v1/ingest/batch", **site.request(batch, **how))
        except httpx.TransportError:
            return None
        if answer.status_code == 503:
            return None
        if answer.status_code == 202:
            self.durations_s.append(asyncio.get_running_loop().time() - begun)
        return answer

    async def answered(self, site: Site, batch: Batch, **how: Any) -> httpx.Response:
        """Repeats until there is an answer."""
        while True:
            answer = await self.post(site, batch, **how)
            if answer is not None:
                return answer
            await asyncio.sleep(RETRY_S)

    async def deliver(self, site: Site, batch: Batch) -> None:
        """Repeats until it is acknowledged."""
        answer = await self.answered(site, batch)
        assert answer.status_code in (202, 409), answer.text
        site.take(batch, answer.json() if answer.status_code == 202 else answer.json()["result"])

    async def replay(self, site: Site) -> None:
        """Sends an acknowledged batch again, at times under an id of its own: the original result is told."""
        batch = self.random.choice(site.acknowledged)
        other = f"{self.random.getrandbits(122):032x}" if self.random.random() < OTHER_ID_RATIO else None
        how = {} if other is None else {"client_batch_id": str(_uuid4(other))}
        answer = await self.answered(site, batch, **how)
        assert (answer.status_code, answer.json()["code"]) == (409, "BATCH_ALREADY_PROCESSED")
        site.take(batch, answer.json()["result"])
        self.replays += 1

    async def killed_once(self, sites: Sequence[Site]) -> None:
        """A round: some sites send, the API dies at a random moment, comes back, and they repeat."""
        batches = {id(site): site.next_batch() for site in sites}
        tries = [asyncio.create_task(self.post(site, batches[id(site)])) for site in sites]
        await asyncio.sleep(self.random.uniform(0, LATER_THAN_USUAL * statistics.median(self.durations_s)))
        await self.deployment.kill()
        for site, answer in zip(sites, await asyncio.gather(*tries), strict=True):
            batch = batches[id(site)]
            self.stages[await self._stage(batch, answer)] += 1
            if answer is not None:
                assert answer.status_code == 202, answer.text
                site.take(batch, answer.json())
        self.deployment.start()
        await self.deployment.is_serving()
        await asyncio.gather(*(self._repeat(site, batches[id(site)]) for site in sites))

    async def _repeat(self, site: Site, batch: Batch) -> None:
        if batch.client_batch_id not in site.told and self.random.random() < OVERTAKEN_RATIO:
            await self.deliver(site, site.correction_of(batch))
        await self.deliver(site, batch)

    async def _stage(self, batch: Batch, answer: httpx.Response | None) -> str:
        """How far a batch had come when the API died."""
        if answer is not None:
            return "acknowledged"
        row = await self.pool.fetchrow(
            "SELECT batch_id, distributor_id, state FROM batch WHERE client_batch_id = $1", batch.client_batch_id
        )
        if row is None:
            return "not stored"
        if row["state"] == "complete":
            owes = await self.pool.fetchval("SELECT true FROM pending_manifest WHERE batch_id = $1", row["batch_id"])
            return "counted, manifest owed" if owes else "complete, not answered"
        prefix, part = f"bronze/dist={row['distributor_id']}/", f"batch={row['batch_id']}/"
        names = list(self.store.objects(BRONZE, prefix, containing=part))
        assert not any(key.endswith("manifest.json") for key in names), "the lake sees what does not count"
        return "files written" if names else "received"


def _uuid4(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


@pytest_asyncio.fixture
async def sites(deployment: Deployment) -> list[Site]:
    """Onboarded distributors."""
    connectors = [await deployment.onboard(f"dist_kill_{number}") for number in range(SITES)]
    return [Site(connector, random.Random(SEED + number)) for number, connector in enumerate(connectors)]


@pytest_asyncio.fixture
async def traffic(
    deployment: Deployment, sites: list[Site], pool: asyncpg.Pool, object_store: Store
) -> AsyncIterator[Traffic]:
    """What the sites send."""
    async with AsyncExitStack() as stack:
        clients = {
            site.connector.distributor_id: await stack.enter_async_context(deployment.site_client(site.connector))
            for site in sites
        }
        yield Traffic(deployment, pool, object_store, random.Random(SEED), clients=clients)


@pytest.mark.timeout(120 + 15 * KILLS)
async def test_a_kill_at_any_point_leaves_every_batch_whole_or_not_at_all(traffic: Traffic, sites: list[Site]) -> None:
    for site in sites:
        await traffic.deliver(site, site.next_batch())
    for _ in range(KILLS):
        await traffic.killed_once(traffic.random.sample(sites, AT_ONCE))
        for _ in range(REPLAYS_PER_KILL):
            await traffic.replay(traffic.random.choice(sites))
    counted = await assert_whole(traffic.pool, traffic.store, sites)
    stages = dict(traffic.stages)
    _log.info("%d kills, %d replays: %s; batches at a kill: %s", KILLS, traffic.replays, dict(counted), stages)
    assert traffic.replays == KILLS * REPLAYS_PER_KILL
    assert traffic.stages.total() - traffic.stages["acknowledged"] >= KILLS, "the kills hit no work"
