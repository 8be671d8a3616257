"""A record holds the whole artefact, as the notice said."""

import hashlib
import json
from dataclasses import replace

from altscore_consent.invites.notices import Notices
from altscore_libs.canonical_json import canonical_json

from ..conftest import CONTACT, LENDERS, NOW, PURPOSE, World


async def test_a_record_is_canonical_and_holds_the_whole_artefact(world: World) -> None:
    invite = await world.invite()
    record = await world.haan(invite, NOW)
    content = json.loads(record.record)
    assert canonical_json(content) == record.record.encode()
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
    sentence = f"{content['data_range']['months_back']} months of records are read, each lender may look"
    assert f"{sentence} {frequency['uses']} times in {frequency['period_days']} days" in invite.notice_text
    assert f"keep what it saw for {content['data_life_days']} days" in invite.notice_text


async def test_an_invite_of_an_older_notice_makes_a_record_as_it_was_then_and_it_counts(world: World) -> None:
    invite = await world.invite()
    notices = Notices.load()
    text = notices.render(
        notices.get(invite.notice_id, "1"),
        distributor_name=invite.distributor_name,
        lender_scope=invite.lender_scope,
        purpose=invite.purpose,
        language=invite.language,
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    world.as_superuser(f"UPDATE invites SET notice_version = '1', notice_text = '{text}', notice_sha256 = '{digest}'")
    await world.sign_invite(invite.invite_id)
    invite = replace(invite, notice_version="1", notice_text=text, notice_sha256=digest)
    content = json.loads((await world.haan(invite, NOW)).record)
    assert "record_version" not in content
    assert content["terms"] == {"data_history_months": 36, "data_life_days": 365, "frequency_per_day": 3}
    assert await world.is_consented()


async def test_the_signed_record_names_the_invite_and_no_phone(world: World) -> None:
    content = json.loads((await world.granted()).record)
    assert content["invite_id"].startswith("inv_")
    assert CONTACT not in str(content)
