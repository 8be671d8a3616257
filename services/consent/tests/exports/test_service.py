"""Exports and receipts: what leaves is exactly what was signed, and the separate verifier agrees."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from altscore_consent.errors import ConsentUnknown, RecordDamaged
from altscore_libs.testing import SoftwareSigner

from ..conftest import LENDERS, PURPOSE, RETAILER, World


def verify(tmp_path: Path, signer: SoftwareSigner, body: dict[str, Any]) -> tuple[int, str]:
    """The verifier as its users run it: a process that has the file and the public key."""
    (tmp_path / "consent-signing.pem").write_bytes(signer.public_pem())
    (tmp_path / "body.json").write_text(json.dumps(body), encoding="utf-8")
    command = [sys.executable, "-m", "altscore_consent_verifier", "--public-key", str(tmp_path)]
    done = subprocess.run([*command, str(tmp_path / "body.json")], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


async def test_an_export_holds_every_record_and_verifies_offline(
    world: World, signer: SoftwareSigner, tmp_path: Path
) -> None:
    await world.granted()
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    world.clock.advance(seconds=1)
    await world.granted(purpose="term_loan")
    body = await world.services.exports.export(RETAILER, actor="admin")
    assert sorted(record["kind"] for record in body["records"]) == ["grant", "grant", "withdrawal"]
    assert {record["key_id"] for record in body["records"]} == {signer.key_id}
    status, text = verify(tmp_path, signer, body)
    assert (status, text.count(": OK")) == (0, 4)
    assert [audit["subject"] for audit in await world.audits("consent_exported")] == [RETAILER]


async def test_an_export_of_a_damaged_database_is_told_by_the_verifier(
    world: World, signer: SoftwareSigner, tmp_path: Path
) -> None:
    record = await world.granted()
    world.as_superuser("UPDATE consent_records SET record = replace(record, 'lender_ugro', 'lender_evil')")
    status, text = verify(tmp_path, signer, await world.services.exports.export(RETAILER, actor="admin"))
    assert status == 1
    assert f"{record.consent_id} grant: the signature does not hold" in text


async def test_an_export_of_an_unknown_retailer_is_an_empty_signed_list(
    world: World, signer: SoftwareSigner, tmp_path: Path
) -> None:
    body = await world.services.exports.export("ret_00000000000000aa", actor="admin")
    assert body["records"] == []
    assert verify(tmp_path, signer, body)[0] == 0


async def test_a_receipt_says_what_was_signed_in_the_terms_of_the_standard(
    world: World, signer: SoftwareSigner, tmp_path: Path
) -> None:
    record = await world.granted()
    receipt = await world.services.exports.receipt(record.consent_id, actor="admin")
    record_of_receipt = receipt["consent_record"]
    assert set(record_of_receipt) == {
        "schema_version",
        "record_id",
        "pii_principal_id",
        "pii_processing",
        "party_identification",
        "event",
    }
    [purpose] = record_of_receipt["pii_processing"]["purposes"]
    assert (purpose["purpose"], purpose["purpose_type"], purpose["retention_period"]) == (PURPOSE, "103", "P180D")
    assert purpose["recipient_third_parties"] == list(LENDERS)
    assert [event["event_state"] for event in record_of_receipt["event"]] == ["consent_given"]
    assert verify(tmp_path, signer, receipt)[0] == 0
    purpose["recipient_third_parties"].append("lender_evil")
    assert verify(tmp_path, signer, receipt)[0] == 1


async def test_a_receipt_tells_how_the_consent_ended(world: World) -> None:
    withdrawn, expired = await world.granted(), await world.granted("ret_00000000000000aa")
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    world.clock.advance(seconds=400 * 86_400)
    for record, state in ((withdrawn, "consent_withdrawn"), (expired, "consent_expired")):
        receipt = await world.services.exports.receipt(record.consent_id, actor="admin")
        assert [event["event_state"] for event in receipt["consent_record"]["event"]] == ["consent_given", state]


@pytest.mark.parametrize(
    "damage", ["record = replace(record, 'hi', 'en')", "signature = '\\x00'", "kind = 'withdrawal'"]
)
async def test_no_receipt_is_made_of_a_damaged_record_and_the_alarm_is_raised(world: World, damage: str) -> None:
    record = await world.granted()
    world.as_superuser(f"UPDATE consent_records SET {damage}")
    with pytest.raises(RecordDamaged):
        await world.services.exports.receipt(record.consent_id, actor="admin")
    assert len(await world.audits("consent_tampered")) == 1


async def test_an_unknown_consent_has_no_receipt(world: World) -> None:
    with pytest.raises(ConsentUnknown):
        await world.services.exports.receipt("cns_" + "0" * 32, actor="admin")


async def test_the_history_shows_what_no_longer_verifies(world: World) -> None:
    await world.granted()
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    world.as_superuser("UPDATE consent_records SET signature = decode(repeat('00', 64), 'hex') WHERE kind = 'grant'")
    invites, records = await world.services.exports.history(RETAILER)
    assert len(invites) == 1
    assert {row.kind: content is not None for row, content in records} == {"grant": False, "withdrawal": True}
