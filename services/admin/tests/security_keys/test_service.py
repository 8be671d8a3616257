"""A key is registered by an invitation that two persons made, is of an accepted model, and is never a copy."""

import asyncio
from typing import Any

import pytest
from simulators_security_key.authenticator import (
    BACKED_UP,
    BACKUP_ELIGIBLE,
    USER_PRESENT,
    USER_VERIFIED,
    Maker,
    Otherwise,
)

from ..people import MAKER, ORIGIN, People

ATTESTED = 0x40
WRONG = {
    "origin": Otherwise(client_data={"origin": "https://evil.test"}),
    "type": Otherwise(client_data={"type": "webauthn.other"}),
    "challenge": Otherwise(client_data={"challenge": "AAAA"}),
    "rp_id": Otherwise(rp_id="evil.test"),
    "signature": Otherwise(rp_signature_broken=True),
}


@pytest.mark.parametrize(
    "otherwise",
    [
        *WRONG.values(),
        Otherwise(flags=USER_VERIFIED | ATTESTED),
        Otherwise(flags=USER_PRESENT | ATTESTED),
        Otherwise(flags=USER_PRESENT | USER_VERIFIED | ATTESTED | BACKUP_ELIGIBLE),
        Otherwise(flags=USER_PRESENT | USER_VERIFIED | ATTESTED | BACKUP_ELIGIBLE | BACKED_UP),
        Otherwise(attestation="none"),
        Otherwise(attestation="self"),
    ],
    ids=[*WRONG, "not-present", "not-verified", "backup-eligible", "backed-up", "no-attestation", "self-attested"],
)
async def test_a_key_that_is_not_as_demanded_is_not_registered(people: People, otherwise: Otherwise) -> None:
    person = await people.person("asha")
    await person.sign_in()
    code = await people.invited("asha")
    answer = await person.register(code, otherwise)
    assert (answer.status_code, answer.json()["code"]) == (403, "SECURITY_KEY_REFUSED")
    assert len(await people.refusals()) == 1
    assert (await person.register(code)).status_code == 201  # the invitation was not used up


@pytest.mark.parametrize(
    "maker", [Maker(), Maker.from_pem(MAKER.key_pem(), aaguid="6d8f1c9a-41b7-4f5e-9a2e-0c7d55aa1e11")]
)
async def test_a_key_of_another_maker_or_model_is_not_registered(people: People, maker: Maker) -> None:
    person = await people.person("asha")
    await person.sign_in()
    person.key = maker.new_key(ORIGIN)
    assert (await person.register(await people.invited("asha"))).status_code == 403


async def test_a_model_that_its_maker_did_not_certify_is_not_registered(people: People) -> None:
    other = Maker.from_pem(MAKER.key_pem(), aaguid="6d8f1c9a-41b7-4f5e-9a2e-0c7d55aa1e11")
    other.aaguid = MAKER.aaguid  # states an accepted model, with a certificate of another one
    person = await people.person("asha")
    await person.sign_in()
    person.key = other.new_key(ORIGIN)
    assert (await person.register(await people.invited("asha"))).status_code == 403


async def test_an_invitation_is_its_operators_alone_for_one_key_and_a_day(people: People) -> None:
    asha, banu = await people.person("asha"), await people.person("banu")
    await asha.sign_in()
    await banu.sign_in()
    code = await people.invited("asha")
    for person, wrong in ((banu, code), (asha, "0" * 32)):
        answer = await person.post("/v1/admin/security-keys/challenge", {"code": wrong})
        assert (answer.status_code, answer.json()["code"]) == (403, "NOT_INVITED")
    assert (await asha.register(code)).status_code == 201
    assert (await asha.post("/v1/admin/security-keys/challenge", {"code": code})).status_code == 403
    late = await people.invited("asha")
    people.clock.advance(seconds=3 * 3600 - 1)
    challenge = await asha.post("/v1/admin/security-keys/challenge", {"code": late})
    assert challenge.status_code == 201
    people.clock.advance(seconds=21 * 3600 + 1)
    assert (await asha.post("/v1/admin/security-keys/challenge", {"code": late})).status_code == 401
    await asha.sign_in()
    assert (await asha.post("/v1/admin/security-keys/challenge", {"code": late})).status_code == 403


@pytest.mark.parametrize(
    "otherwise",
    [
        *WRONG.values(),
        Otherwise(flags=USER_VERIFIED),
        Otherwise(flags=USER_PRESENT),
        Otherwise(flags=USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP),
        Otherwise(user_handle=b"somebody else"),
        Otherwise(credential_id=b"0" * 32),
    ],
    ids=[*WRONG, "not-present", "not-verified", "backed-up", "user-handle", "credential"],
)
async def test_a_touch_that_is_not_as_demanded_gives_no_token_and_suspends_nothing(
    people: People, otherwise: Otherwise
) -> None:
    person = await people.at_work("asha")
    answer = await person.touch(otherwise)
    assert (answer.status_code, answer.json()["code"]) == (403, "SECURITY_KEY_REFUSED")
    assert len(await people.refusals()) == 1
    assert (await person.touch()).status_code == 201


async def test_another_operators_key_gives_no_token(people: People) -> None:
    asha, banu = await people.at_work("asha"), await people.at_work("banu")
    asha.key = banu.key
    assert (await asha.touch()).status_code == 403
    assert (await banu.touch()).status_code == 201


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_a_count_that_does_not_grow_suspends_the_key_and_its_tokens(people: People, count: int) -> None:
    person = await people.at_work("asha")  # its count is 2 by now
    answer = await person.touch(Otherwise(sign_count=count))
    assert (answer.status_code, answer.json()["code"]) == (403, "SECURITY_KEY_REFUSED")
    assert ("security_key_suspended", "admin", "done") in await people.operations.audited()
    assert (await person.client.get("/v1/admin/overview")).json()["code"] == "ADMIN_TOKEN_REQUIRED"
    assert (await person.post("/v1/admin/session/challenge")).status_code == 403


async def test_of_two_answers_with_one_count_one_is_taken(people: People) -> None:
    person = await people.at_work("asha")
    bodies: list[dict[str, Any]] = []
    for _ in range(2):
        challenge = (await person.post("/v1/admin/session/challenge")).json()
        credential = person.key.get(challenge["options"], Otherwise(sign_count=9))
        bodies.append({"challenge_id": challenge["challenge_id"], "credential": credential})
    answers = await asyncio.gather(*(person.post("/v1/admin/session/token", body) for body in bodies))
    assert [answer.status_code for answer in answers].count(201) == 1


async def test_a_lost_key_is_revoked_at_once_and_another_is_registered_by_invitation(people: People) -> None:
    boss, asha = await people.at_work("boss"), await people.at_work("asha")
    listed = (await boss.client.get("/v1/admin/operators")).json()
    assert [(item["operator_id"], item["status"]) for item in listed["items"]] == [
        ("asha", "active"),
        ("boss", "active"),
    ]
    path = f"/v1/admin/operators/asha/keys/{listed['items'][0]['key_id']}/revoke"
    assert (await boss.act(path)).status_code == 204
    assert (await asha.client.get("/v1/admin/overview")).json()["code"] == "ADMIN_TOKEN_REQUIRED"
    assert (await boss.act(path)).status_code == 404
    asha.key = MAKER.new_key(ORIGIN)
    assert (await asha.register(await people.invited("asha"))).status_code == 201
    assert (await asha.touch()).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"credential": {"id": "A", "rawId": "A", "type": "public-key", "response": {}}},
        {"credential": "x"},
        {"challenge_id": "chl_" + "0" * 31},
        {"credential": {"id": "AAAA", "rawId": "AAAA", "type": "password", "response": {}}},
        {"key_id": "key_" + "0" * 32},
    ],
)
async def test_a_body_of_another_form_is_a_400(people: People, change: dict[str, Any]) -> None:
    person = await people.at_work("asha")
    assert (await person.touch(**change)).status_code == 400
