"""Failed authentications: twenty of a source in ten minutes are written one by one, the rest by their number."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest
from altscore_libs.errors import Unavailable
from altscore_score.access.failed_auth import FailedAuthAudit
from altscore_score.app import create_served_lenders_app
from altscore_score.audit.domain import AuditEntry
from prometheus_client import REGISTRY

from ..world import LENDER, NOW, PATIENT, PURPOSE, RETAILER, World, locked_outbox

COMMIT_S = 4.0  # ends the wait for a lock, and is long for a commit that nothing holds up
FORGED = AuditEntry(action="failed_auth", actor="unknown", outcome="refused", reason="TOKEN_INVALID")


@pytest.fixture
async def from_address(world: World) -> AsyncIterator[Callable[[str], httpx.AsyncClient]]:
    """Makes clients of the lenders' API that call from an address."""
    app = create_served_lenders_app(world.services)
    async with AsyncExitStack() as stack:

        def client(address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=app, client=(address, 1))
            api = httpx.AsyncClient(transport=transport, base_url="https://altscore.test")
            stack.push_async_callback(api.aclose)
            return api

        yield client


@pytest.fixture
def failures(world: World) -> FailedAuthAudit:
    """The object that writes the failures of the application under test."""
    return world.services.tokens.failures


async def call_with_forged_token(client: httpx.AsyncClient) -> int:
    """The status of a call with a forged token."""
    headers = {"Authorization": "Bearer a.b.c", "X-Client-ID": LENDER}
    reply = await client.post("/v1/score", json={"retailer_id": RETAILER, "purpose": PURPOSE}, headers=headers)
    assert reply.json()["code"] == "TOKEN_INVALID"
    return reply.status_code


def failed_authentications() -> float:
    """The counter of calls with a bad token."""
    name = "altscore_score_failed_authentications_total"
    return REGISTRY.get_sample_value(name, {"reason": "TOKEN_INVALID"}) or 0.0


async def test_beyond_twenty_of_an_address_one_entry_tells_their_number(
    world: World, failures: FailedAuthAudit, from_address: Callable[[str], httpx.AsyncClient]
) -> None:
    before = failed_authentications()
    noisy, quiet = from_address("192.0.2.1"), from_address("192.0.2.2")
    assert [await call_with_forged_token(noisy) for _ in range(57)] == [401] * 57
    assert [await call_with_forged_token(quiet) for _ in range(3)] == [401] * 3
    credentials = {"client_id": "lender_nobody", "client_secret": "x"}
    assert (await noisy.post("/v1/auth/token", json=credentials)).status_code == 401
    assert failed_authentications() - before == 60
    world.clock.advance(seconds=599)
    await failures.write_summaries()
    written = Counter(entry["details"]["request_ip"] for entry in await world.audit("failed_auth"))
    assert written == {"192.0.2.1": 20, "192.0.2.2": 3}
    world.clock.advance(seconds=1)
    for _ in range(2):
        await failures.write_summaries()
    (summary,) = (entry for entry in await world.audit("failed_auth") if entry["outcome"] == "summarised")
    assert summary["details"] == {
        "request_ip": "192.0.2.1",
        "began_at": NOW.isoformat(),
        "window_s": "600",
        "number": "38",
        "TOKEN_INVALID": "37",
        "UNAUTHORIZED": "1",
    }
    assert await world.pool.fetchval("SELECT count(*) FROM auth_failure WHERE client_id = 'lender_nobody'") == 1


async def test_the_next_window_of_an_address_is_written_one_by_one_again(
    world: World, failures: FailedAuthAudit
) -> None:
    for _ in range(25):
        await failures.write(FORGED, source="192.0.2.1")
    world.clock.advance(seconds=600)
    for _ in range(22):
        await failures.write(FORGED, source="192.0.2.1")
    await failures.write_summaries(too_early=True)
    entries = await world.audit("failed_auth")
    assert Counter(entry["outcome"] for entry in entries) == {"refused": 40, "summarised": 2}
    assert [entry["details"]["number"] for entry in entries if entry["outcome"] == "summarised"] == ["5", "2"]


async def test_memory_and_entries_are_bounded_however_many_addresses_come(world: World) -> None:
    failures = FailedAuthAudit(world.audit_writer, world.clock, max_sources=3)
    for number in range(50):
        await failures.write(FORGED, source=f"192.0.2.{number}")
    assert len(await world.audit("failed_auth")) == 3 + 20
    await failures.write_summaries(too_early=True)
    summary = (await world.audit("failed_auth"))[-1]
    assert (summary["details"]["request_ip"], summary["details"]["number"]) == ("others", "27")


@pytest.mark.parametrize("waits", [replace(PATIENT, commit_s=COMMIT_S)])
async def test_a_summary_that_cannot_be_written_waits(world: World, failures: FailedAuthAudit) -> None:
    for _ in range(21):
        await failures.write(FORGED, source="192.0.2.1")
    world.clock.advance(seconds=600)
    with locked_outbox(world.database), pytest.raises(Unavailable):
        await failures.write_summaries()
    await failures.write_summaries()
    (summary,) = (entry for entry in await world.audit("failed_auth") if entry["outcome"] == "summarised")
    assert summary["details"]["number"] == "1"
