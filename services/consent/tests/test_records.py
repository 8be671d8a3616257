"""A record is believed only as it was signed."""

import json

import asyncpg
import pytest
from altscore_libs.signer import canonical

from .conftest import LENDERS, NOW, PURPOSE, RETAILER, World

CHANGES = ["UPDATE consent_records SET record = ''", "DELETE FROM consent_records", "TRUNCATE consent_records"]


async def test_a_record_is_canonical_and_holds_the_whole_artefact(world: World) -> None:
    invite = await world.invite()
    record = await world.haan(invite, NOW)
    content = json.loads(record.record)
    assert canonical(content) == record.record.encode()
    assert content["notice"] == {
        "id": "retailer_credit_score",
        "version": "2",
        "language": "hi",
        "sha256": invite.notice_sha256,
    }
    assert content["lender_scope"] == sorted(LENDERS)
    assert (content["given_at"], content["expires_at"]) == (
        "2026-05-20T08:00:00.000000Z",
        "2027-05-20T18:30:00.000000Z",
    )
    assert content["key_id"].startswith("consent-signing-")
    assert (content["record_version"], content["purpose"], content["purpose_code"]) == (2, PURPOSE, "103")
    assert content["data_range"] == {"months_back": 36, "from": "2023-05-20", "to": "2027-05-20"}
    assert (content["data_life_days"], content["frequency"]) == (180, {"uses": 30, "period_days": 30})


async def test_what_is_signed_is_what_the_notice_said(world: World) -> None:
    invite = await world.invite(language="en")
    content = json.loads((await world.haan(invite, NOW)).record)
    frequency = content["frequency"]
    said = f"{content['data_range']['months_back']} months of records are read, each lender may look"
    assert f"{said} {frequency['uses']} times in {frequency['period_days']} days" in invite.notice_text
    assert f"keep what it saw for {content['data_life_days']} days" in invite.notice_text


async def test_an_invite_of_an_older_notice_makes_a_record_as_it_was_then_and_it_counts(world: World) -> None:
    invite = await world.invite()
    world.as_superuser("UPDATE invites SET notice_version = '1'")
    content = json.loads((await world.haan(invite, NOW)).record)
    assert "record_version" not in content
    assert content["terms"] == {"data_history_months": 36, "data_life_days": 365, "frequency_per_day": 3}
    assert await world.is_consented()


async def test_a_damaged_consent_can_still_be_withdrawn(world: World) -> None:
    await world.granted()
    world.as_superuser("UPDATE consent_records SET record = overlay(record placing 'x' from 40 for 1)")
    assert len((await world.nahi(NOW)).revoked) == 1


async def test_the_history_shows_what_no_longer_verifies(world: World) -> None:
    await world.granted()
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    world.as_superuser("UPDATE consent_records SET signature = decode(repeat('00', 64), 'hex') WHERE kind = 'grant'")
    invites, records = await world.checks.history(RETAILER)
    assert len(invites) == 1
    assert {row.kind: content is not None for row, content in records} == {"grant": False, "withdrawal": True}


@pytest.mark.parametrize("statement", CHANGES)
async def test_the_service_cannot_change_a_record(world: World, statement: str) -> None:
    await world.granted()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.execute(statement)


async def test_a_version_cannot_go_back_in_the_database(world: World) -> None:
    await world.granted()
    with pytest.raises(asyncpg.RaiseError):
        await world.pool.execute("UPDATE consent_state SET version = version")
