"""An invitation is a request that another manager approves; neither of the two is the invited one."""

import asyncio
import hashlib
import json
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_admin.errors import ApprovalConflict, SameOperator
from altscore_admin.operators.domain import Operator, Role
from altscore_admin.security_keys.invitations import FirstInvitations, Requested
from altscore_libs.errors import AltScoreError, Conflict, Forbidden

from ..people import CONFIGURATION, MAKER, ORIGIN, People

APPROVE = "/v1/admin/approvals/{}/approve"


def manager(operator_id: str) -> Operator:
    """Somebody who manages operators."""
    return Operator(operator_id, frozenset({Role.SUPER_ADMIN}))


async def requested(people: People, by: str = "asha", whom: str = "carol") -> Requested:
    return await people.operations.services.invitations_of_keys.request(manager(by), whom)


async def approve(people: People, by: Operator, invited: Requested, content_sha256: str | None = None) -> Any:
    request = invited.request
    approvals = people.operations.services.approvals
    return await approvals.approve(by, request.approval_id, content_sha256 or request.content_sha256)


async def invitations(people: People) -> int:
    return int(await people.operations.pool.fetchval("SELECT count(*) FROM key_invitations"))


async def challenge(people: People, code: str, whom: str = "carol") -> httpx.Response:
    """What the invited person's browser gets for the code."""
    person = await people.person(whom, "altscore-ml")
    await person.sign_in()
    return await person.post("/v1/admin/security-keys/challenge", {"code": code})


def first_invitations(people: People) -> FirstInvitations:
    service = people.operations.services.invitations_of_keys
    pool = people.operations.pool
    return FirstInvitations(pool=pool, outbox=service.outbox, clock=people.clock, macs=CONFIGURATION.macs)


async def test_two_managers_invite_over_the_api(people: People) -> None:
    boss, second = await people.at_work("boss"), await people.at_work("second")
    answer = await boss.act("/v1/admin/operators/carol/key-invitations")
    assert answer.status_code == 202
    invited = answer.json()
    body = {"content_sha256": invited["content_sha256"]}
    own = await boss.act(APPROVE.format(invited["approval_id"]), body)
    assert (own.status_code, own.json()["code"]) == (409, "SECOND_OPERATOR_REQUIRED")
    executed = (await second.act(APPROVE.format(invited["approval_id"]), body)).json()
    assert (executed["state"], executed["kind"], executed["subject"]) == ("executed", "key_invitation", "carol")
    carol = await people.person("carol", "altscore-ml")
    await carol.sign_in()
    assert (await carol.register(invited["code"])).status_code == 201
    assert invited["code"] not in await people.operations.whole_database()


async def test_a_code_opens_nothing_before_the_second_person_and_ends_a_day_after_the_first(people: People) -> None:
    invited = await requested(people)
    refused = await challenge(people, invited.code)
    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_INVITED")
    people.clock.advance(seconds=23 * 3_600)
    executed = await approve(people, manager("banu"), invited)
    assert (await challenge(people, invited.code)).status_code == 201
    assert executed.result["expires_at"] == (invited.request.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    people.clock.advance(seconds=3_600)
    assert (await challenge(people, invited.code)).status_code == 403


@pytest.mark.parametrize("same", ["asha", "ASHA", "carol", "Carol "])
async def test_neither_the_first_person_nor_the_invited_one_approves(people: People, same: str) -> None:
    invited = await requested(people)
    with pytest.raises(SameOperator):
        await approve(people, manager(same), invited)
    assert await invitations(people) == 0


@pytest.mark.parametrize("spelling", ["carol", "CAROL"])
async def test_nobody_invites_themselves(people: People, spelling: str) -> None:
    with pytest.raises(SameOperator):
        await requested(people, by=spelling)
    assert await people.operations.pool.fetchval("SELECT count(*) FROM approvals") == 0
    refused = [event for event in await people.operations.events() if event["outcome"] == "refused"]
    assert [(event["action"], event["reason"]) for event in refused] == [
        ("approval_requested", "SECOND_OPERATOR_REQUIRED")
    ]


async def test_a_manager_with_two_keys_is_one_person(people: People) -> None:
    boss = await people.at_work("boss")
    invited = (await boss.act("/v1/admin/operators/carol/key-invitations")).json()
    boss.key = MAKER.new_key(ORIGIN)
    assert (await boss.register(await people.invited("boss"))).status_code == 201
    assert (await boss.touch()).status_code == 201
    answer = await boss.act(APPROVE.format(invited["approval_id"]), {"content_sha256": invited["content_sha256"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "SECOND_OPERATOR_REQUIRED")


async def test_who_does_not_manage_operators_does_not_approve(people: People) -> None:
    with pytest.raises(Forbidden):
        await approve(people, Operator("dina", frozenset({Role.ENGINEERING_OPS})), await requested(people))


async def test_an_invitation_that_was_changed_after_the_first_signature_is_approved_by_nobody(people: People) -> None:
    invited = await requested(people)
    content = json.loads(invited.request.content.text) | {"subject": "mallory"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    async with people.operations.superuser() as connection:  # more than the service's role can
        await connection.execute(
            "UPDATE approvals SET content = $1, content_sha256 = $2, subject = 'mallory'", text, digest
        )
    for shown in (invited.request.content_sha256, digest):
        with pytest.raises(ApprovalConflict):
            await approve(people, manager("banu"), invited, shown)
    assert await invitations(people) == 0


async def test_sixteen_approvals_at_once_make_one_invitation(people: People) -> None:
    invited = await requested(people)

    async def attempt(number: int) -> str:
        try:
            return str((await approve(people, manager(f"other-{number}"), invited)).state)
        except AltScoreError as error:
            return error.code

    answers = await asyncio.gather(*(attempt(number) for number in range(16)))
    assert await invitations(people) == 1
    assert "executed" in answers
    # Sixteen at a pool of fewer connections: one that waited too long for one is told to come again.
    assert set(answers) <= {"executed", "APPROVAL_IN_PROGRESS", "SERVICE_UNAVAILABLE"}


async def test_an_invitation_that_nobody_approved_in_a_day_is_over(people: People) -> None:
    invited = await requested(people)
    people.clock.advance(seconds=24 * 3_600)
    with pytest.raises(ApprovalConflict):
        await approve(people, manager("banu"), invited)
    assert await invitations(people) == 0


async def test_ones_own_invitation_is_corrected_and_another_managers_is_not(people: People) -> None:
    first = await requested(people)
    with pytest.raises(ApprovalConflict):
        await requested(people, by="banu")
    second = await requested(people)
    with pytest.raises(ApprovalConflict):
        await approve(people, manager("banu"), first)
    await approve(people, manager("banu"), second)
    assert (await challenge(people, first.code)).status_code == 403
    assert (await challenge(people, second.code)).status_code == 201


async def test_the_audit_names_both_persons_of_an_invitation(people: People) -> None:
    invited = await requested(people)
    await approve(people, manager("banu"), invited)
    entries = [event for event in await people.operations.events() if event["action"] == "security_key_invited"]
    assert [(entry["actor"], entry["subject"], entry["outcome"]) for entry in entries] == [
        ("asha", "carol", "requested"),
        ("banu", "carol", "approved"),
    ]
    assert entries[1]["details"]["requested_by"] == "asha"
    assert {entry["details"]["approval_id"] for entry in entries} == {invited.request.approval_id}
    assert len({entry["details"]["invitation_id"] for entry in entries}) == 1


@pytest.mark.parametrize(("first", "second"), [("asha", "ASHA"), ("carol", "banu"), ("asha", "carol")])
async def test_the_database_takes_no_approved_invitation_of_one_person_or_of_the_invited(
    people: People, first: str, second: str
) -> None:
    invited = await requested(people)
    with pytest.raises(asyncpg.CheckViolationError, match="key_invitations_two_others"):
        await people.operations.pool.execute(
            "INSERT INTO key_invitations (invitation_id, operator_id, code_digest, requested_by, requested_at,"
            " expires_at, approved_by, approved_at, approval_id, mac) VALUES ($1, 'carol', repeat('0', 64), $2, now(),"
            " now(), $3, now(), $4, $5)",
            *(f"kin_{'0' * 32}", first, second, invited.request.approval_id, b"0" * 32),
        )


async def test_the_first_invitations_are_for_a_deployment_without_keys(people: People) -> None:
    first = first_invitations(people)
    for one_person in (("banu", "banu"), ("banu", "BANU")):
        with pytest.raises(Conflict):
            await first.invite("asha", by=one_person)
    person = await people.person("asha")
    await person.sign_in()
    assert (await person.register(await first.invite("asha", by=("banu", "carol")))).status_code == 201
    with pytest.raises(Conflict):
        await first.invite("dina", by=("banu", "carol"))


async def test_an_invitation_of_the_release_before_still_registers_a_key(people: People) -> None:
    invited = await requested(people)
    await approve(people, manager("banu"), invited)
    async with people.operations.superuser() as connection:  # the release before knows no approvals
        await connection.execute("UPDATE key_invitations SET approval_id = NULL")
    assert (await challenge(people, invited.code)).status_code == 201
