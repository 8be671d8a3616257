"""A caller that the vault does not allow leaves a trace: ten entries a minute, then their number."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from altscore_ingestion.vault.access.service import ENTRIES_OF_A_WINDOW, WINDOW, RefusalAudit, RefusedCall
from altscore_libs.clock import FixedClock
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, api_client
from altscore_libs.testing_postgres import free_port
from altscore_libs.tls import Peer

from ...world import CATALOGUE, VaultSide
from ..client import PHONE, audited, call

NOW = datetime(2026, 9, 21, 14, 20, tzinfo=UTC)
SCORE, CONNECTOR = Peer("score", None, "5c"), Peer(None, "dist_a", "d1")


def refused_call(peer: Peer = SCORE) -> RefusedCall:
    """A refused request of this caller."""
    return RefusedCall(peer, "/internal/lookup", "127.0.0.1")


@pytest.fixture
def clock() -> FixedClock:
    """The present."""
    return FixedClock(NOW)


@pytest.fixture
def refusals(vault: VaultSide, clock: FixedClock) -> RefusalAudit:
    """The audit of refused callers on the vault's database."""
    return RefusalAudit(vault.pool, outbox=Outbox(CATALOGUE, "vault", clock, mac_key=OUTBOX_KEY), clock=clock)


async def entries(vault: VaultSide) -> list[tuple[str, str, str | None]]:
    """Actor, outcome and number of the entries of refusals."""
    return [
        (entry["actor"], entry["outcome"], entry["details"].get("number"))
        for entry in await audited(vault, "failed_auth")
    ]


@pytest.mark.parametrize(
    ("peer", "actor", "reason"),
    [
        ({"caller": "score"}, "score", "role_not_allowed"),
        ({"caller": None, "distributor_id": "dist_a", "fingerprint": "ab"}, "dist_a", "certificate_not_allowed"),
        ({"caller": None}, "unknown", "certificate_not_allowed"),
    ],
)
async def test_a_caller_that_the_route_does_not_allow_is_audited_without_what_it_sent(
    vault: VaultSide, peer: dict[str, Any], actor: str, reason: str
) -> None:
    async with api_client(vault.app, **peer) as client:
        answer = await client.post("/internal/phones/resolve", json={"phone": PHONE})
    assert answer.status_code == 403
    [entry] = await audited(vault, "failed_auth")
    assert (entry["actor"], entry["outcome"], entry["reason"]) == (actor, "refused", reason)
    assert entry["details"]["route"] == "/internal/phones/resolve"
    assert PHONE not in str(entry)


async def test_a_caller_that_is_allowed_leaves_no_refusal(vault: VaultSide) -> None:
    assert (await call(vault, "webhook", "/phones/resolve", phone=PHONE)).status_code == 200
    assert await audited(vault, "failed_auth") == []


async def test_above_ten_a_minute_one_entry_tells_the_number_of_the_rest(
    vault: VaultSide, refusals: RefusalAudit, clock: FixedClock
) -> None:
    for _ in range(ENTRIES_OF_A_WINDOW + 25):
        await refusals.record(refused_call())
    await refusals.record(refused_call(CONNECTOR))
    single = [("score", "refused", None)] * ENTRIES_OF_A_WINDOW + [("dist_a", "refused", None)]
    assert await entries(vault) == single
    await refusals.write_summaries()
    assert await entries(vault) == single, "the minute is not over"
    clock.advance(seconds=WINDOW.total_seconds())
    await refusals.write_summaries()
    await refusals.write_summaries()
    assert await entries(vault) == [*single, ("score", "summarised", "25")]


async def test_the_next_minute_has_ten_entries_of_its_own(
    vault: VaultSide, refusals: RefusalAudit, clock: FixedClock
) -> None:
    for _ in range(ENTRIES_OF_A_WINDOW + 1):
        await refusals.record(refused_call())
    clock.advance(seconds=WINDOW.total_seconds())
    await refusals.record(refused_call())
    await refusals.write_summaries(too_early=True)
    expected = [("score", "refused", None)] * (ENTRIES_OF_A_WINDOW + 1) + [("score", "summarised", "1")]
    assert await entries(vault) == expected


async def test_what_was_counted_is_written_when_the_process_ends(vault: VaultSide, refusals: RefusalAudit) -> None:
    for _ in range(ENTRIES_OF_A_WINDOW + 3):
        await refusals.record(refused_call())
    stop = asyncio.Event()
    stop.set()
    await refusals.run(stop)
    assert (await entries(vault))[-1] == ("score", "summarised", "3")


async def test_the_certificates_of_a_flood_are_counted_together(vault: VaultSide, clock: FixedClock) -> None:
    outbox = Outbox(CATALOGUE, "vault", clock, mac_key=OUTBOX_KEY)
    refusals = RefusalAudit(vault.pool, outbox=outbox, clock=clock, max_certificates=2)
    for number in range(ENTRIES_OF_A_WINDOW + 6):
        await refusals.record(refused_call(Peer(None, f"dist_{number}", f"{number:02x}")))
    await refusals.write_summaries(too_early=True)
    told = await entries(vault)
    assert [entry[0] for entry in told[:3]] == ["dist_0", "dist_1", "dist_2"]
    assert told[-1] == ("unknown", "summarised", "4"), "two have minutes of their own, ten of the others an entry each"


async def test_a_refusal_that_cannot_be_written_is_counted_and_nothing_is_lost_while_the_database_is_away(
    vault: VaultSide, clock: FixedClock
) -> None:
    outbox = Outbox(CATALOGUE, "vault", clock, mac_key=OUTBOX_KEY)
    async with asyncpg.create_pool(f"postgresql://vault@127.0.0.1:{free_port()}/vault", min_size=0) as unreachable:
        refusals = RefusalAudit(unreachable, outbox=outbox, clock=clock)
        with pytest.raises(Unavailable):
            await refusals.record(refused_call())
        stop = asyncio.Event()
        stop.set()
        await refusals.run(stop)
        refusals._pool = vault.pool
        await refusals.write_summaries()
    assert await entries(vault) == [("score", "summarised", "1")]
