"""How long a lender is still served after a retailer's revocation was accepted."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
from altscore_libs.tls import ClientTls, client_context

from bench.score.population import PURPOSE, Population
from bench.score.servers import Servers

AT_ONCE = 10
POLL_S = 0.02
GIVE_UP_S = 10.0


def measure(servers: Servers, population: Population, clean: Callable[[], None]) -> dict[str, Any]:
    """p99 over all retailers of the population, seconds; their consents are given anew for the loads that follow."""
    clean()
    seconds = sorted(asyncio.run(_revoke_all(servers, population)))
    return {"revocation_p99_s": seconds[math.ceil(0.99 * len(seconds)) - 1], "revocation_s": seconds}


async def _revoke_all(servers: Servers, population: Population) -> list[float]:
    context = client_context(ClientTls(servers.layout.pki / "ca.pem"))
    base = f"https://127.0.0.1:{servers.port('score-api')}"
    async with (
        httpx.AsyncClient(base_url=base, verify=context, trust_env=False) as lender,
        population.caller("admin") as admin,
    ):
        turns = asyncio.Semaphore(AT_ONCE)

        async def revoke_pair(retailer_id: str, lender_id: str) -> float:
            async with turns:
                return await _revoke(lender, admin, population, (retailer_id, lender_id))

        delays_s = await asyncio.gather(*map(revoke_pair, population.retailers, population.lenders))
    await asyncio.sleep(1.0)  # a HAAN is dated by whole seconds, and of two answers of one second the NAHI holds
    await population.haan_again(population.retailers)
    return delays_s


async def _revoke(
    lender: httpx.AsyncClient, admin: httpx.AsyncClient, population: Population, pair: tuple[str, str]
) -> float:
    """Polls with one X-Request-ID: a replay asks consent like any call and spends nothing."""
    retailer_id, lender_id = pair
    headers = {
        "authorization": f"Bearer {population.tokens[lender_id]}",
        "x-client-id": lender_id,
        "x-request-id": str(uuid4()),
    }
    body = {"retailer_id": retailer_id, "purpose": PURPOSE}
    (await lender.post("/v1/score", json=body, headers=headers)).raise_for_status()
    order = {"retailer_id": retailer_id, "reason": "retailer_request"}
    (await admin.post("/v1/consent/revoke", json=order)).raise_for_status()
    begun = time.perf_counter()
    while time.perf_counter() - begun < GIVE_UP_S:
        if (await lender.post("/v1/score", json=body, headers=headers)).status_code == httpx.codes.FORBIDDEN:
            break
        await asyncio.sleep(POLL_S)
    return round(time.perf_counter() - begun, 3)
