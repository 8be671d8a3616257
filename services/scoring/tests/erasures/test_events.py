"""An erased retailer's scores, blocks and evidence go for good, and no run, however old its Gold, scores them again."""

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import pytest
from altscore_libs.consumer import PoisonEvent
from altscore_libs.testing import SoftwareSigner
from altscore_libs.testing_erasures import erased_fields
from altscore_libs.testing_parked import outcome_of_a_dry_run
from altscore_scoring.erasures import store
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy

from .. import synthetic
from ..worker_world import AS_OF, AT, VAULT, World, make_world

Trained = tuple[Bundle, Path]
FIRST, ALIAS, NEIGHBOUR = (synthetic.retailer_id(i) for i in (3, 60, 4))
WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE NOT granted AND locktype = 'advisory' AND datname = current_database()
"""
TABLES = ("scores", "blocks", "evidence", "revocations", "score_requests", "erased_retailers")


async def erase(world: World, *retailer_ids: str, signer: SoftwareSigner = VAULT, **change: Any) -> None:
    """Delivers the event of an erasure; `change` is what somebody changed after it was signed."""
    ids = retailer_ids or (FIRST,)
    data = await erased_fields(ids, erased_at=world.clock.now(), signer=signer, **change)
    await world.deliver("retailer.erased", max(ids), **data)


async def scored(world: World, trained: Trained, rows: int = 80) -> None:
    """A promoted model and one scored run."""
    await world.promote(trained[1], trained[0].model_sha256)
    await world.announce(synthetic.gold_table(rows, seed=11, as_of_on=AS_OF))
    await world.work()


async def everything(pool: asyncpg.Pool) -> dict[str, list[str]]:
    """All rows that could name a retailer."""
    return {table: sorted(map(str, await pool.fetch(f"SELECT * FROM {table}"))) for table in TABLES}


async def naming(pool: asyncpg.Pool, retailer_id: str) -> set[str]:
    """Tables with a row that names a retailer."""
    return {table for table, rows in (await everything(pool)).items() if any(retailer_id in row for row in rows)}


async def test_scores_blocks_evidence_revocations_and_requests_go_and_others_keep_theirs(
    world: World, trained: Trained
) -> None:
    await scored(world, trained)
    for retailer_id in (FIRST, ALIAS, NEIGHBOUR):
        await world.deliver("consent.revoked", retailer_id, retailer_id=retailer_id, consent_id="cns_1")
        await world.deliver("score.requested", retailer_id, retailer_id=retailer_id, lender_id="lender_a")
    held = await naming(world.pool, NEIGHBOUR)
    assert await naming(world.pool, FIRST) == held >= {"evidence", "revocations", "score_requests"}
    await erase(world, FIRST, ALIAS)
    for retailer_id in (FIRST, ALIAS):
        assert await naming(world.pool, retailer_id) == {"erased_retailers"}
    assert await naming(world.pool, NEIGHBOUR) == held
    [entry] = await world.audits("erasure_applied")
    assert int(entry["details"]["scores"]) + int(entry["details"]["blocks"]) == 2


async def test_the_evidence_of_a_settled_revocation_goes_too(world: World, trained: Trained) -> None:
    await scored(world, trained)
    world.consents.refused.add(FIRST)
    await world.deliver("consent.revoked", FIRST, retailer_id=FIRST, consent_id="cns_1")
    await world.work()
    assert await world.pool.fetchval("SELECT evidence_digest FROM blocks WHERE run_id IS NULL") is not None
    await erase(world)
    assert await naming(world.pool, FIRST) == {"erased_retailers"}


async def test_the_next_run_leaves_them_out_though_gold_holds_them_and_consent_says_yes(
    world: World, trained: Trained
) -> None:
    await erase(world)  # before anything else of this retailer
    await scored(world, trained)
    assert await naming(world.pool, FIRST) == {"erased_retailers"}
    told = await world.outbox("score.computed") + await world.outbox("score.blocked")
    assert len(told) == 79
    assert FIRST not in {event["retailer_id"] for event in told}


async def test_a_retailer_who_is_erased_while_the_chunk_is_computed_is_not_written(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    await world.promote(trained[1], trained[0].model_sha256)
    await world.announce(synthetic.gold_table(40, seed=11, as_of_on=AS_OF))
    await world.worker.step()

    class ErasingSigner(SoftwareSigner):
        """Signing takes a moment, in which the erasure arrives."""

        has_fired = False

        async def sign(self, message_digest: bytes) -> bytes:
            if not self.has_fired:
                ErasingSigner.has_fired = True
                await erase(world)
            return await super().sign(message_digest)

    slow = make_world(world.pool, world.folder, taxonomy, signer=ErasingSigner("score-seal"))
    await slow.work()
    assert await naming(world.pool, FIRST) == {"erased_retailers"}
    assert len(await world.outbox("score.computed") + await world.outbox("score.blocked")) == 39


async def test_a_block_that_was_computed_twice_leaves_no_evidence_that_an_erasure_cannot_find(
    world: World, trained: Trained
) -> None:
    world.consents.refused.add(FIRST)
    await scored(world, trained)
    world.consents.version += 1  # somebody's consent changed, not this retailer's
    await world.deliver("score.requested", FIRST, retailer_id=FIRST, lender_id="lender_a")
    await world.work()
    await erase(world)
    assert await naming(world.pool, FIRST) == {"erased_retailers"}


async def test_an_erasure_and_the_answer_to_a_request_never_wait_for_each_other(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    world.consents.refused.add(FIRST)
    await scored(world, trained)
    world.consents.refused.clear()
    await world.deliver("score.requested", FIRST, retailer_id=FIRST, lender_id="lender_a")

    async def erase_as_soon_as_the_answer_waits(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            await store.lock(connection)
            is_locked.set()
            while not await connection.fetchval(WAITING):
                continue
            await store.add(connection, [FIRST], request_id="rrq_1", erased_at=AT, at=AT)
            await store.delete(connection, [FIRST])

    class ErasingSigner(SoftwareSigner):
        """Signing takes a moment, in which the erasure begins."""

        erasures: ClassVar[list[asyncio.Task[None]]] = []

        async def sign(self, message_digest: bytes) -> bytes:
            if not self.erasures:
                self.erasures.append(asyncio.create_task(erase_as_soon_as_the_answer_waits(connection)))
                await is_locked.wait()
            return await super().sign(message_digest)

    is_locked = asyncio.Event()
    slow = make_world(world.pool, world.folder, taxonomy, signer=ErasingSigner("score-seal"))
    async with world.pool.acquire() as connection:
        await slow.work()
        await asyncio.gather(*ErasingSigner.erasures)
    assert len(ErasingSigner.erasures) == 1
    assert await naming(world.pool, FIRST) == {"erased_retailers"}


async def test_requests_are_deleted_without_a_look_at_those_of_others(world: World) -> None:
    add = "INSERT INTO score_requests (retailer_id, lender_id, received_at)"
    await world.pool.execute(
        f"{add} SELECT 'ret_' || lpad(to_hex(n), 16, '0'), 'lender_a', now() FROM generate_series(1, 100000) n"
    )
    plan = await world.pool.fetch("EXPLAIN SELECT FROM score_requests WHERE retailer_id = ANY($1)", [FIRST])
    assert "Seq Scan" not in str(plan)


async def test_late_facts_of_an_erased_retailer_are_not_kept(world: World) -> None:
    await erase(world)
    await world.deliver("consent.revoked", FIRST, retailer_id=FIRST, consent_id="cns_1")
    await world.deliver("score.requested", FIRST, retailer_id=FIRST, lender_id="lender_a")
    assert await naming(world.pool, FIRST) == {"erased_retailers"}


@pytest.mark.parametrize("change", [{"retailer_ids": [NEIGHBOUR]}, {"certificate": "{}"}, {"signature": "00" * 64}])
async def test_an_event_that_differs_from_its_certificate_is_parked(world: World, change: dict[str, Any]) -> None:
    with pytest.raises(PoisonEvent):
        await erase(world, **change)
    assert await world.pool.fetchval("SELECT count(*) FROM erased_retailers") == 0


async def test_a_certificate_by_another_key_is_parked(world: World) -> None:
    with pytest.raises(PoisonEvent):
        await erase(world, signer=SoftwareSigner("erasure-signing"))


async def test_read_again_from_the_beginning_the_topic_gives_the_same_state(world: World, trained: Trained) -> None:
    await scored(world, trained)
    await erase(world)
    before = await everything(world.pool)
    await erase(world)  # as after a restore that forgot that it was applied
    assert await everything(world.pool) == before


async def test_the_services_own_role_can_delete_nobody_who_is_not_erased(world: World, trained: Trained) -> None:
    await scored(world, trained)
    before = await everything(world.pool)
    assert tuple(await world.pool.fetchrow("SELECT * FROM forget_erased($1)", [FIRST])) == (0, 0)
    assert await everything(world.pool) == before


async def test_an_operators_order_about_what_is_set_aside_is_carried_out(world: World) -> None:
    outcome = await outcome_of_a_dry_run(world.pool, world.consumer, service="scoring", topic="altscore.privacy")
    assert outcome == "would_be_refused"
