"""A record is believed only as it was signed."""

import json

import asyncpg
import pytest
from altscore_consent.records import Verifier
from altscore_libs.signer import SoftwareSigner, canonical

from .conftest import LENDERS, NOW, RETAILER, World

RECORDS = "UPDATE consent_records SET"
DAMAGE = {
    "a byte of the record": f"{RECORDS} record = overlay(record placing 'x' from 40 for 1)",
    "a lender added": f"{RECORDS} record = replace(record, 'lender_ugro', 'lender_evil')",
    "a byte of the signature": f"{RECORDS} signature = set_byte(signature, 5, get_byte(signature, 5) # 1)",
    "another key's id": f"{RECORDS} record = replace(record, 'consent-signing-', 'consent-signing_')",
    "another retailer's row": f"{RECORDS} retailer_id = 'ret_0000000000000009'",
    "the record replaced by no JSON": f"{RECORDS} record = '{{'",
    "the record gone": "DELETE FROM consent_records",
    "the state prolonged": "UPDATE consent_state SET expires_at = expires_at + interval '9 years', version = 99",
}
CHANGES = ["UPDATE consent_records SET record = ''", "DELETE FROM consent_records", "TRUNCATE consent_records"]


async def test_a_record_is_canonical_and_names_notice_lenders_purpose_expiry_and_key(world: World) -> None:
    invite = await world.invite()
    record = await world.haan(invite, NOW)
    content = json.loads(record.record)
    assert canonical(content) == record.record.encode()
    assert content["notice"] == {
        "id": "retailer_credit_score",
        "version": "1",
        "language": "hi",
        "sha256": invite.notice_sha256,
    }
    assert content["lender_scope"] == sorted(LENDERS)
    assert (content["given_at"], content["expires_at"]) == (
        "2026-05-20T08:00:00.000000Z",
        "2027-05-20T00:00:00.000000Z",
    )
    assert content["key_id"].startswith("consent-signing-")


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
async def test_a_damaged_row_is_no_consent_anywhere_and_is_audited_once(world: World, damage: str) -> None:
    await world.granted()
    assert await world.is_consented()
    world.as_superuser(damage)
    assert not await world.is_consented()
    assert not await world.is_consented(purpose=None)
    assert (await world.checks.check_many([RETAILER], actor="scoring"))[RETAILER][0] is False
    assert (await world.checks.snapshot(None, 10, actor="pipeline")).retailers == []
    assert [one["subject"] for one in await world.audits("consent_tampered")] == [RETAILER]


async def test_a_state_set_back_to_active_is_outvoted_by_the_signed_withdrawal(world: World) -> None:
    await world.granted()
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    world.as_superuser("UPDATE consent_state SET status = 'active', version = version + 1")
    assert not await world.is_consented()
    assert len(await world.audits("consent_tampered")) == 1


async def test_a_damaged_consent_can_still_be_withdrawn(world: World) -> None:
    await world.granted()
    world.as_superuser(DAMAGE["a byte of the record"])
    assert len((await world.nahi(NOW)).revoked) == 1


async def test_the_history_shows_what_no_longer_verifies(world: World) -> None:
    await world.granted()
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    world.as_superuser("UPDATE consent_records SET signature = decode(repeat('00', 64), 'hex') WHERE kind = 'grant'")
    invites, records = await world.checks.history(RETAILER)
    assert len(invites) == 1
    assert {row.kind: content is not None for row, content in records} == {"grant": False, "withdrawal": True}


async def test_a_record_of_an_unknown_key_is_not_believed(world: World) -> None:
    record = await world.granted()
    assert Verifier(SoftwareSigner("consent-signing").public_keys()).read(record) is None


@pytest.mark.parametrize("statement", CHANGES)
async def test_the_service_cannot_change_a_record(world: World, statement: str) -> None:
    await world.granted()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.execute(statement)


async def test_a_version_cannot_go_back_in_the_database(world: World) -> None:
    await world.granted()
    with pytest.raises(asyncpg.RaiseError):
        await world.pool.execute("UPDATE consent_state SET version = version")
