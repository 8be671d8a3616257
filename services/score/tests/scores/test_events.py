"""The consumed events: only signed scores enter, each event once, and what is stale leaves the cache."""

import asyncpg
import pytest
from altscore_libs.consumer import PoisonEvent
from altscore_libs.testing import SoftwareSigner
from altscore_score.scores.domain import SignedRecord
from redis.exceptions import RedisError

from ..redis_server import RedisServer
from ..world import (
    FAR,
    LENDER,
    NOW,
    OTHER_LENDER,
    OTHER_RETAILER,
    PURPOSE,
    RETAILER,
    SIGNER,
    World,
    record_of,
)


async def apply_score(world: World, signed: SignedRecord, *, score_id: str, retailer_id: str = OTHER_RETAILER) -> None:
    """Applies the event of a score with this signed record."""
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


async def assert_refused(
    world: World, signed: SignedRecord, score_id: str = "scr_" + OTHER_RETAILER[4:].rjust(32, "0")
) -> None:
    """Passes when the score is parked, audited and not stored."""
    await world.grant(OTHER_RETAILER)
    with pytest.raises(PoisonEvent):
        await apply_score(world, signed, score_id=score_id)
    assert (await world.audit("seal_refused"))[-1]["subject"] == OTHER_RETAILER
    assert (await world.score(OTHER_RETAILER)).status_code == 404


async def test_a_changed_record_is_parked_and_audited(world: World) -> None:
    good = await world.sign(OTHER_RETAILER)
    await assert_refused(world, good._replace(record=good.record.replace("724", "890")))


async def test_a_signature_by_an_unknown_key_is_parked(world: World) -> None:
    world.signer = SoftwareSigner("score-seal")
    await assert_refused(world, await world.sign(OTHER_RETAILER))


async def test_a_signature_by_a_key_of_another_purpose_is_parked(world: World) -> None:
    good = await world.sign(OTHER_RETAILER)
    await assert_refused(world, good._replace(key_id=good.key_id.replace("score-seal", "consent-signing")))


async def test_a_signature_that_is_not_hex_is_parked(world: World) -> None:
    await assert_refused(world, (await world.sign(OTHER_RETAILER))._replace(signature="zz"))


async def test_a_record_of_another_score_is_parked(world: World) -> None:
    await assert_refused(world, await world.sign(OTHER_RETAILER), score_id="scr_other")


PROVENANCE = {"manifest_sha256": "d" * 64, "consent_id": "cns_1", "consent_version": 7, "evidence_digest": "e" * 64}


async def test_a_record_that_names_its_evidence_is_served_as_one_signed_before_it_did(world: World) -> None:
    for retailer_id, more in ((RETAILER, {}), (OTHER_RETAILER, {"run_id": "run_1", **PROVENANCE})):
        await world.grant(retailer_id)
        signed = await world.sign(retailer_id, **more)
        await apply_score(world, signed, score_id=record_of(retailer_id)["score_id"], retailer_id=retailer_id)
        assert (await world.score(retailer_id)).status_code == 200


async def test_a_record_of_another_run_is_parked(world: World) -> None:
    await assert_refused(world, await world.sign(OTHER_RETAILER, run_id="run_2", **PROVENANCE))


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
    await assert_refused(world, await world.sign(OTHER_RETAILER, **change))


async def test_a_row_changed_in_the_database_is_not_served(world: World) -> None:
    owner = await asyncpg.connect(world.database.superuser_dsn)
    await owner.execute("UPDATE sealed_score SET sealed_record = replace(sealed_record, '724', '890')")
    await owner.close()
    assert (await world.score()).status_code == 503


async def test_an_entry_changed_in_redis_is_not_served(world: World) -> None:
    await world.score()
    (key,) = await world.service_redis.call("KEYS", "*:cached:*")
    await world.redis.call("SET", key, (await world.redis.call("GET", key)).replace(b"724", b"890"))
    assert (await world.score()).json()["altscore"] == 724


async def test_a_valid_signature_under_another_retailers_key_is_not_served(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    await world.computed(OTHER_RETAILER, altscore=555)
    await world.score(OTHER_RETAILER)
    await world.score()
    own_key, other_key = (f"score:{{{LENDER}}}:cached:{retailer_id}" for retailer_id in (RETAILER, OTHER_RETAILER))
    await world.redis.call("SET", own_key, await world.service_redis.call("GET", other_key))
    assert (await world.score()).json()["altscore"] == 724


async def test_a_newer_score_replaces_the_cached_one(world: World) -> None:
    assert (await world.score()).json()["altscore"] == 724
    await world.computed(score_id="scr_new", altscore=800, scored_at="2026-05-20T01:00:00Z")
    assert (await world.score()).json()["altscore"] == 800


async def test_a_consent_for_several_lenders_is_a_grant_to_each(world: World) -> None:
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
        await SIGNER.enter(connection, "projector")
        rows = await connection.fetch("SELECT lender_id FROM consent_grant WHERE retailer_id = $1", OTHER_RETAILER)
    assert {row["lender_id"] for row in rows} == {LENDER, OTHER_LENDER}


async def test_cached_scores_that_are_marked_stale_wait_for_redis(world: World, redis_server: RedisServer) -> None:
    await world.score()
    await world.revoke(drops_cache=False)
    redis_server.stop()
    with pytest.raises(RedisError):
        await world.invalidator.invalidate_marked()
    assert await world.pool.fetchval("SELECT count(*) FROM stale_cache") == 1
    redis_server.start()
    assert await world.invalidator.invalidate_marked() == 1
