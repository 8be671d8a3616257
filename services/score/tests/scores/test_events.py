"""The worker's side: only sealed scores enter, each event once, and what is stale leaves the cache."""

import json
from pathlib import Path

import asyncpg
import pytest
from altscore_libs.consumer import PoisonEvent
from altscore_libs.testing import SoftwareSigner, api_client
from altscore_score.app import create_internal_app, openapi_document
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.audit.spool import Spool
from altscore_score.scores.domain import SignedRecord
from redis.exceptions import RedisError

from ..world import (
    FAR,
    LENDER,
    NOW,
    OTHER_LENDER,
    OTHER_RETAILER,
    PURPOSE,
    RETAILER,
    RedisServer,
    World,
    record_of,
)


async def send(world: World, signed: SignedRecord, *, score_id: str, retailer_id: str = OTHER_RETAILER) -> None:
    """The event of a score."""
    await world.event(
        "score.computed",
        score_id=score_id,
        retailer_id=retailer_id,
        scored_at=NOW,
        run_id="run_1",
        sealed_record=signed.record,
        seal_key_id=signed.key_id,
        seal=signed.signature,
    )


async def refused(
    world: World, signed: SignedRecord, score_id: str = "scr_" + OTHER_RETAILER[4:].rjust(32, "0")
) -> None:
    """Passes when the score is parked, audited and not stored."""
    await world.grant(OTHER_RETAILER)
    with pytest.raises(PoisonEvent):
        await send(world, signed, score_id=score_id)
    assert (await world.audit("seal_refused"))[-1]["subject"] == OTHER_RETAILER
    assert (await world.score(OTHER_RETAILER)).status_code == 404


async def test_a_changed_record_is_parked_and_audited(world: World) -> None:
    good = await world.sign(OTHER_RETAILER)
    await refused(world, good._replace(record=good.record.replace("724", "890")))


async def test_a_signature_by_an_unknown_key_is_parked(world: World) -> None:
    world.signer = SoftwareSigner("score-seal")
    await refused(world, await world.sign(OTHER_RETAILER))


async def test_a_signature_by_a_key_of_another_purpose_is_parked(world: World) -> None:
    good = await world.sign(OTHER_RETAILER)
    await refused(world, good._replace(key_id=good.key_id.replace("score-seal", "consent-signing")))


async def test_a_signature_that_is_not_hex_is_parked(world: World) -> None:
    await refused(world, (await world.sign(OTHER_RETAILER))._replace(signature="zz"))


async def test_a_record_of_another_score_is_parked(world: World) -> None:
    await refused(world, await world.sign(OTHER_RETAILER), score_id="scr_other")


REASONS = record_of(RETAILER)["reason_codes"]


@pytest.mark.parametrize(
    "change",
    [
        {"reason_codes": []},
        {"reason_codes": REASONS[:4]},
        {"reason_codes": [*REASONS[:4], {"code": "NO_SUCH_CODE", "direction": "negative", "rank": 5}]},
        {"reason_codes": [*REASONS[:4], {"code": "LOW_RETURN_RATE", "direction": "negative", "rank": 5}]},
        {"altscore": 901},
        {"risk_band": "E"},
        {"expires_at": "2026-06-18T22:14:07"},
    ],
)
async def test_a_signed_record_that_says_less_than_the_contract_is_parked(
    world: World, change: dict[str, object]
) -> None:
    await refused(world, await world.sign(OTHER_RETAILER, **change))


async def test_a_row_changed_in_the_database_is_not_served(world: World) -> None:
    owner = await asyncpg.connect(world.database.superuser_dsn)
    await owner.execute("UPDATE sealed_score SET sealed_record = replace(sealed_record, '724', '890')")
    await owner.close()
    assert (await world.score()).status_code == 503


async def test_an_entry_changed_in_redis_is_not_served(world: World) -> None:
    await world.score()
    redis = world.redis
    (key,) = await redis.call("KEYS", "*:cached:*")
    await redis.call("SET", key, (await redis.call("GET", key)).replace(b"724", b"890"))
    assert (await world.score()).json()["altscore"] == 724


async def test_a_valid_signature_under_another_retailers_key_is_not_served(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    await world.computed(OTHER_RETAILER, altscore=555)
    await world.score(OTHER_RETAILER)
    await world.score()
    redis = world.redis
    mine, theirs = (f"score:{{{LENDER}}}:cached:{item}" for item in (RETAILER, OTHER_RETAILER))
    await redis.call("SET", mine, await redis.call("GET", theirs))
    assert (await world.score()).json()["altscore"] == 724


async def test_a_newer_score_replaces_the_cached_one(world: World) -> None:
    assert (await world.score()).json()["altscore"] == 724
    await world.computed(score_id="scr_new", altscore=800, scored_at="2026-05-20T01:00:00Z")
    assert (await world.score()).json()["altscore"] == 800


async def test_one_event_names_several_lenders(world: World) -> None:
    await world.event(
        "consent.granted",
        consent_id="cns_two",
        retailer_id=OTHER_RETAILER,
        lender_scope=[OTHER_LENDER, LENDER],
        purpose=PURPOSE,
        version=1,
        expires_at=FAR,
    )
    async with world.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "SELECT set_config('app.context', $1, true)", world.services.scores.signer.sign("projector")
        )
        result = await connection.fetch("SELECT lender_id FROM consent_grant WHERE retailer_id = $1", OTHER_RETAILER)
    assert {row["lender_id"] for row in result} == {LENDER, OTHER_LENDER}


async def test_stale_marks_wait_for_redis(world: World, redis_server: RedisServer) -> None:
    await world.score()
    await world.event(
        "consent.revoked",
        consent_id="cns_x",
        retailer_id=RETAILER,
        lender_scope=[LENDER],
        purpose=PURPOSE,
        version=9,
        revoked_at=NOW,
    )
    redis_server.stop()
    with pytest.raises(RedisError):
        await world.invalidator.invalidate_marked()
    assert await world.pool.fetchval("SELECT count(*) FROM stale_cache") == 1
    redis_server.start()
    assert await world.invalidator.invalidate_marked() == 1


async def lock_outbox(world: World) -> asyncpg.Connection:
    """Takes the outbox away."""
    owner = await asyncpg.connect(world.database.superuser_dsn)
    await owner.execute("REVOKE INSERT ON outbox FROM score")
    return owner


async def test_an_unwritable_outbox_is_503_and_discloses_nothing(world: World) -> None:
    owner = await lock_outbox(world)
    for _ in range(4):
        reply = await world.score()
        assert reply.status_code == 503
        assert "altscore" not in reply.json()
    await owner.execute("GRANT INSERT ON outbox TO score")
    await owner.close()
    assert (await world.score()).status_code == 200


async def test_a_spooled_entry_is_written_once_the_outbox_can_be(world: World, tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    audit_writer = AuditWriter(world.pool, world.audit_writer.outbox, spool)
    owner = await lock_outbox(world)
    await audit_writer.write(AuditEntry(action="score_requested", actor=LENDER, outcome="served", subject=RETAILER))
    await owner.execute("GRANT INSERT ON outbox TO score")
    await owner.close()
    assert await world.audit("score_requested") == []
    for _ in range(2):
        await spool.replay(audit_writer.write_all)
    assert [item["subject"] for item in await world.audit("score_requested")] == [RETAILER]


@pytest.mark.parametrize("caller", [None, "score", "consent", "distributor"])
async def test_only_admin_onboards(world: World, caller: str | None) -> None:
    async with api_client(create_internal_app(world.services), caller) as client:
        reply = await client.put("/internal/admin/lenders/lender_x", json={"name": "x"})
    assert reply.status_code == 403


def test_the_committed_document_is_the_generated_one() -> None:
    committed = json.loads((Path(__file__).parents[2] / "openapi.json").read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(openapi_document()))
