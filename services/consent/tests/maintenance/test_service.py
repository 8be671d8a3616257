"""What an operator runs: new MACs for what is authentic, and a sweep over everything."""

import asyncpg
from altscore_consent.grants.row_mac import FactMac, RowMac
from altscore_libs.testing import SoftwareSigner

from ..conftest import FACT_KEY, LENDERS, MAC_KEY, PURPOSE, World, build

OTHER = "ret_0000000000000009"
RECORDS = "UPDATE consent_records SET"
STATES = "UPDATE consent_state SET"


async def test_states_of_before_the_macs_are_taken_over_once_when_their_signature_holds(world: World) -> None:
    await world.granted()
    await world.granted(OTHER)
    world.as_superuser(
        f"{STATES} seal = NULL",
        f"{RECORDS} signature = decode(repeat('00', 64), 'hex') WHERE retailer_id = '{OTHER}'",
    )
    assert await world.maintenance.remac() == (0, 4)
    assert await world.maintenance.remac(is_first=True) == (2, 2)
    assert await world.is_consented()
    assert not (await world.services.checks.check(OTHER, LENDERS[0], PURPOSE)).is_consented


async def test_a_new_mac_key_takes_over_what_the_old_one_covered(
    world: World, pool: asyncpg.Pool, signer: SoftwareSigner
) -> None:
    await world.granted()
    newer = build(pool, world.database, world.clock, signer)
    newer.verifier.row_mac = RowMac([b"n" * 32, MAC_KEY])
    assert await newer.is_consented()
    assert await newer.maintenance.remac() == (2, 0)
    newer.verifier.row_mac = RowMac([b"n" * 32])
    assert await newer.is_consented()
    assert not await world.is_consented()


async def test_facts_of_before_the_macs_are_taken_over_once_and_then_answered(world: World) -> None:
    invite = await world.invite()
    world.as_superuser("UPDATE invites SET mac = NULL", "UPDATE retailer_ledger SET mac = NULL")
    assert (await world.maintenance.remac()).refused == 2
    assert await world.maintenance.remac(is_first=True) == (2, 0)
    await world.haan(invite, world.clock.now())
    assert await world.is_consented()
    assert not (await world.maintenance.sweep()).is_damaged()


async def test_a_new_key_takes_over_invites_ledgers_and_open_questions(
    world: World, pool: asyncpg.Pool, signer: SoftwareSigner
) -> None:
    invite = await world.invite()
    newer = build(pool, world.database, world.clock, signer, facts=FactMac([b"n" * 32, FACT_KEY]))
    assert await newer.maintenance.remac() == (2, 0)
    token = world.verifier.facts.reply_token(invite, None)
    proof = await world.proof(invite, world.clock.now(), token=token)
    await newer.haan(invite, world.clock.now(), proof=proof)
    assert await newer.is_consented()
    alone = build(pool, world.database, world.clock, signer, facts=FactMac([b"n" * 32]))
    assert not (await alone.maintenance.sweep()).is_damaged()


async def test_a_sweep_counts_everything_and_names_what_is_not_ours(world: World) -> None:
    await world.granted()
    await world.granted(OTHER)
    assert await world.maintenance.sweep() == (2, 0, 4, 0, 2, 0, 2, 0, 0, 0)
    world.as_superuser(f"{RECORDS} record = replace(record, '{PURPOSE}', 'x') WHERE retailer_id = '{OTHER}'")
    assert await world.maintenance.sweep() == (2, 1, 4, 2, 2, 0, 2, 0, 0, 0)
    assert [audit["subject"] for audit in await world.audits("consent_tampered")] == [OTHER]
