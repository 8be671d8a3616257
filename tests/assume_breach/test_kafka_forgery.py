"""One service's Kafka user and signing key send events in the name of others: nothing changes for anybody."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from altscore_libs.decoding import RefusedEvent, trusting
from altscore_libs.event_signatures import EventVerifier
from altscore_libs.testing import Database, SoftwareSigner, postgres_fixtures
from altscore_libs.testing_events import CatalogRegistry, Topic

from .kafka_world import (
    CATALOGUE,
    KEYS,
    PRINCIPALS,
    SIGNED,
    SIGNERS,
    ScoreProjection,
    block_data,
    consent_data,
    sample,
    send,
)

MIGRATIONS = Path(__file__).parents[2] / "services/score/migrations"
template, database, pool = postgres_fixtures("score", MIGRATIONS, further_roles=("score_access",))
RETAILER = "ret_00000000000000f3"
FORGED = [
    (principal, topic["name"], event, topic["producers"][0])
    for principal in PRINCIPALS
    for topic in SIGNED
    for event in topic["events"]
    if principal not in topic["producers"]
]


@pytest.fixture
async def projection(pool: asyncpg.Pool, database: Database) -> ScoreProjection:
    """The score service's projection, empty."""
    made_up = ScoreProjection(pool, database)
    await made_up.put_context_key()
    return made_up


def test_every_event_that_changes_access_is_on_a_signed_topic() -> None:
    events = {event for topic in SIGNED for event in topic["events"]}
    changing = {"score.computed", "score.blocked", "score.requested", "pipeline.gold.ready", "audit_event"}
    changing |= {"consent.granted", "consent.revoked", "consent.expired", "consent.declined", "consent.invited"}
    assert events >= changing | {"model.promoted", "model.decided", "retailer.erased"}
    assert len(FORGED) > 60


@pytest.mark.parametrize(("principal", "topic", "event", "owner"), FORGED, ids=str)
async def test_no_foreign_principal_sends_an_event_of_another(
    principal: str, topic: str, event: str, owner: str
) -> None:
    registry = CatalogRegistry(CATALOGUE)
    place, decoder = Topic(CATALOGUE, registry, topic), trusting(CATALOGUE, registry, EventVerifier(KEYS))
    signers = (SIGNERS[principal], None, SoftwareSigner(f"{owner}-events"), SoftwareSigner(f"{owner}-signing"))
    for signer in signers:
        for claims in (owner, principal):
            forged = await send(place, event, sample(event), claims=claims, signer=signer)
            with pytest.raises(RefusedEvent, match="not_authentic"):
                await decoder.decode(forged)
    genuine = await send(place, event, sample(event), claims=owner, signer=SIGNERS[owner])
    assert (await decoder.decode(genuine)).name == event


async def test_an_audit_event_in_anothers_name_is_nobodys(projection: ScoreProjection) -> None:
    place = projection.topic("altscore.audit")
    forged = await send(place, "audit_event", sample("audit_event"), claims="score", signer=SIGNERS["webhook"])
    with pytest.raises(RefusedEvent, match="not_authentic"):
        await projection.consumer.decoder.decode(forged)


@pytest.mark.parametrize("principal", [name for name in PRINCIPALS if name != "consent"])
async def test_a_forged_withdrawal_ends_no_consent_and_a_genuine_one_does(
    projection: ScoreProjection, principal: str
) -> None:
    topic = projection.topic("altscore.consent")
    grant = consent_data("consent.granted", RETAILER, 1)
    endless = consent_data("consent.revoked", RETAILER, 2**62)
    await projection.arrive(
        await send(topic, "consent.granted", grant, claims="consent", signer=SIGNERS["consent"], key=RETAILER),
        await send(topic, "consent.revoked", endless, claims="consent", signer=SIGNERS[principal], key=RETAILER),
        await send(topic, "consent.revoked", endless, claims="consent", signer=None, key=RETAILER),
    )
    assert await projection.is_consented(RETAILER)
    revoked = consent_data("consent.revoked", RETAILER, 2)
    await projection.arrive(
        await send(topic, "consent.revoked", revoked, claims="consent", signer=SIGNERS["consent"], key=RETAILER)
    )
    assert not await projection.is_consented(RETAILER)


@pytest.mark.parametrize("version", [2**62, 1_000_001, 102])
async def test_even_with_consents_own_key_no_version_ends_a_consent_for_good(
    projection: ScoreProjection, version: int
) -> None:
    topic, consent = projection.topic("altscore.consent"), SIGNERS["consent"]

    async def arrives(event: str, number: int) -> None:
        data = consent_data(event, RETAILER, number)
        await projection.arrive(await send(topic, event, data, claims="consent", signer=consent, key=RETAILER))

    await arrives("consent.granted", 1)
    await arrives("consent.revoked", version)
    assert await projection.is_consented(RETAILER)
    await arrives("consent.revoked", 2)
    await arrives("consent.granted", 3)
    assert await projection.is_consented(RETAILER)
    assert await projection.query("SELECT max(version) FROM consent_grant") == 3


async def test_a_block_of_the_future_hides_nothing(projection: ScoreProjection) -> None:
    topic = projection.topic("altscore.scores")
    future = block_data(RETAILER, blocked_at=datetime(2100, 1, 1, tzinfo=UTC))
    for signer in (SIGNERS["scoring"], SIGNERS["score"], None):
        await projection.arrive(
            await send(topic, "score.blocked", future, claims="scoring", signer=signer, key=RETAILER)
        )
        run = future | {"retailer_id": None, "scope": "run"}
        await projection.arrive(await send(topic, "score.blocked", run, claims="scoring", signer=signer, key="run"))
    blocks = "SELECT (SELECT count(*) FROM score_block) + (SELECT count(*) FROM run_block)"
    assert await projection.query(blocks) == 0


@pytest.mark.parametrize("poison", ["forged", "unreadable", "broken_seal"])
async def test_a_poisoned_score_hides_no_block_behind_it(projection: ScoreProjection, poison: str) -> None:
    topic, scoring = projection.topic("altscore.scores"), SIGNERS["scoring"]
    bad = sample("score.computed") | {"retailer_id": RETAILER}
    if poison == "unreadable":
        first = await topic.message(b"\x00\x00\x00\xff\xffx", key=RETAILER, signer=scoring)
    else:
        signer = scoring if poison == "broken_seal" else SIGNERS["consent"]
        first = await send(topic, "score.computed", bad, claims="scoring", signer=signer, key=RETAILER)
    block = await send(topic, "score.blocked", block_data(RETAILER), claims="scoring", signer=scoring, key=RETAILER)
    await projection.arrive(first, block)
    await projection.arrive(block)
    assert await projection.query("SELECT count(*) FROM score_block WHERE retailer_id = $1", RETAILER) == 1
    assert await projection.query("SELECT count(*) FROM parked") == 1


async def test_a_message_sent_again_under_another_key_or_topic_is_nobodys(projection: ScoreProjection) -> None:
    topic, consent = projection.topic("altscore.consent"), SIGNERS["consent"]
    data = consent_data("consent.granted", RETAILER, 1)
    sent = await send(topic, "consent.granted", data, claims="consent", signer=consent, key=RETAILER)
    other = await projection.topic("altscore.scores").message(sent.value, key=sent.key, signer=None)
    for copy in (
        type(sent)(**{**vars(sent), "key": "ret_other"}),
        type(other)(**{**vars(other), "signature": sent.signature}),
    ):
        with pytest.raises(RefusedEvent, match="not_authentic"):
            await projection.consumer.decoder.decode(copy)


async def test_an_instant_within_the_skew_of_two_clocks_is_taken(projection: ScoreProjection) -> None:
    topic = projection.topic("altscore.scores")
    soon = datetime.now(UTC) + timedelta(minutes=4)
    data = block_data(RETAILER, blocked_at=soon)
    await projection.arrive(
        await send(
            topic,
            "score.blocked",
            data,
            claims="scoring",
            signer=SIGNERS["scoring"],
            key=RETAILER,
            occurred_at=soon,
        )
    )
    assert await projection.query("SELECT count(*) FROM score_block") == 1
