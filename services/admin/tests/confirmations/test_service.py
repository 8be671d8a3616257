"""A sensitive action needs a signature over exactly it; the audit's entry proves to anybody who confirmed what."""

import asyncio
import base64
import hashlib
import json
from typing import Any

import pytest
from altscore_admin.confirmations import domain
from altscore_admin.confirmations.domain import NotConfirmed, action_of, challenge_of, verify
from hypothesis import given, settings
from hypothesis import strategies as st

from ..conftest import LENDER, Operations, Upstreams
from ..people import ORIGIN, People

PATH = "/v1/admin/models/freeze"
BODY = {"model_name": "altscore-pd", "reason": "fairness", "ticket": "RISK-12"}
CONTENT = json.dumps(BODY).encode()


async def test_what_was_shown_is_what_was_signed(people: People) -> None:
    person = await people.at_work("asha")
    assert (await person.act(PATH, BODY)).status_code == 200
    refused = {
        "no confirmation": await person.send(PATH, CONTENT, {}),
        "other body": await person.send(
            PATH, CONTENT.replace(b"fairness", b"fraud"), await person.confirmation(PATH, CONTENT)
        ),
        "other path": await person.send("/v1/admin/models/unfreeze", CONTENT, await person.confirmation(PATH, CONTENT)),
        "other method": await person.send(PATH, CONTENT, await person.confirmation(PATH, CONTENT, method="PUT")),
        "a query": await person.send(f"{PATH}?x=1", CONTENT, await person.confirmation(PATH, CONTENT)),
    }
    codes = {name: answer.json()["code"] for name, answer in refused.items()}
    assert codes == {
        "no confirmation": "ACTION_CONFIRMATION_REQUIRED",
        "other body": "SECURITY_KEY_REFUSED",
        "other path": "SECURITY_KEY_REFUSED",
        "other method": "SECURITY_KEY_REFUSED",
        "a query": "ACTION_CONFIRMATION_REQUIRED",
    }


async def test_a_confirmation_is_used_once_within_five_minutes_and_by_its_session(people: People) -> None:
    asha, banu = await people.at_work("asha"), await people.at_work("banu")
    header = await asha.confirmation(PATH, CONTENT)
    answers = await asyncio.gather(*(asha.send(PATH, CONTENT, header) for _ in range(4)))
    assert [answer.status_code for answer in answers].count(200) == 1
    stolen = await asha.confirmation(PATH, CONTENT)
    assert (await banu.send(PATH, CONTENT, stolen)).status_code == 403
    late = await asha.confirmation(PATH, CONTENT)
    people.clock.advance(seconds=300)
    assert (await asha.send(PATH, CONTENT, late)).status_code == 403


async def test_an_answer_for_a_token_confirms_no_action(people: People) -> None:
    person = await people.at_work("asha")
    challenge = (await person.post("/v1/admin/session/challenge")).json()
    assertion = {"challenge_id": challenge["challenge_id"], "credential": person.key.get(challenge["options"])}
    header = {"X-Action-Assertion": base64.urlsafe_b64encode(json.dumps(assertion).encode()).decode()}
    assert (await person.send(PATH, CONTENT, header)).status_code == 403


@pytest.mark.parametrize("header", ["x", "e30", "%%%", "A" * 6001, base64.urlsafe_b64encode(b"[" * 2000).decode()])
async def test_a_header_of_another_form_is_no_confirmation(people: People, header: str) -> None:
    person = await people.at_work("asha")
    answer = await person.send(PATH, CONTENT, {"X-Action-Assertion": header})
    assert (answer.status_code, answer.json()["code"]) == (403, "ACTION_CONFIRMATION_REQUIRED")
    assert ("admin_action", "asha", "refused") in await people.operations.audited()


@pytest.mark.parametrize(
    "path", ["/v1/admin/distributors/9800000001/revoke", "/other", "/v1/admin/x?y=1", "/v1/admin/"]
)
async def test_no_challenge_is_given_for_a_path_that_could_name_a_person(people: People, path: str) -> None:
    person = await people.at_work("asha")
    body = {"method": "POST", "path": path, "body_sha256": "0" * 64}
    assert (await person.post("/v1/admin/action-challenges", body)).status_code == 400
    assert "9800000001" not in await people.operations.whole_database()


async def _confirmed(people: People) -> tuple[dict[str, Any], bytes]:
    person = await people.at_work("asha")
    assert (await person.act(PATH, BODY)).status_code == 200
    events = await people.operations.events()
    (entry,) = [event for event in events if event["action"] == "action_confirmed"]
    (registered,) = [event for event in events if event["action"] == "security_key_registered"]
    assert registered["details"]["key_id"] == entry["details"]["key_id"]
    return entry, bytes.fromhex(registered["details"]["public_key"])


async def test_the_audit_proves_offline_who_confirmed_what(people: People) -> None:
    entry, key = await _confirmed(people)
    ours: dict[str, Any] = {"registered_public_key": key, "origin": ORIGIN, "rp_id": "altscore.test"}
    verify(entry["actor"], entry["details"], **ours)
    assert entry["details"]["body_sha256"] == hashlib.sha256(CONTENT).hexdigest()
    changes: list[dict[str, str]] = [
        {"method": "PUT"},
        {"path": "/v1/admin/models/unfreeze"},
        {"body_sha256": "0" * 64},
        {"challenge_id": "chl_" + "0" * 32},
        {"signature": entry["details"]["signature"][:-2] + "00"},
        {"authenticator_data": "00" + entry["details"]["authenticator_data"][2:]},
        {"authenticator_data": entry["details"]["authenticator_data"][:64] + "0000000009"},
        {"client_data": "00"},
        {"public_key": "00"},
    ]
    for change in changes:
        with pytest.raises(NotConfirmed):
            verify(entry["actor"], entry["details"] | change, **ours)
    for actor, other in (
        ("banu", ours),
        ("asha", ours | {"origin": "https://x.test"}),
        ("asha", ours | {"rp_id": "x"}),
    ):
        with pytest.raises(NotConfirmed):
            verify(actor, entry["details"], **other)


async def test_every_entry_of_the_action_names_its_confirmation(people: People) -> None:
    entry, _ = await _confirmed(people)
    (proposed,) = [event for event in await people.operations.events() if event["action"] == "model_decision_proposed"]
    assert "confirmation" not in entry["details"]
    assert proposed["details"]["confirmation"] == entry["details"]["challenge_id"]


async def test_a_development_token_needs_no_key(operations: Operations, upstreams: Upstreams) -> None:
    answer = await operations.post("ops-1", "/v1/admin/lenders", LENDER)
    assert answer.status_code == 201
    assert "action_confirmed" not in {action for action, _, _ in await operations.audited()}


ACTIONS = st.builds(action_of, st.sampled_from(domain.METHODS), st.text(max_size=40), st.binary(max_size=40))


@settings(deadline=None, max_examples=60)
@given(ACTIONS, ACTIONS, st.sampled_from(["asha", "banu"]), st.sampled_from(["asha", "banu"]))
def test_two_actions_share_no_challenge(one_action: Any, other: Any, operator: str, other_operator: str) -> None:
    identifier = "chl_" + "0" * 32
    is_same = challenge_of(identifier, operator, one_action) == challenge_of(identifier, other_operator, other)
    assert is_same == ((operator, one_action) == (other_operator, other))
