"""Requested, approved by another person with the digest of what was shown, carried out once."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
from altscore_admin.approvals.service import ApprovalService, Approved, Kind
from altscore_admin.errors import UpstreamRefused
from altscore_admin.operators.domain import Operator, Permission, Role
from altscore_admin.operators.service import DevelopmentOperators, keyed_hash
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError
from altscore_libs.testing import Database, SoftwareSigner

from ..conftest import Operations, Upstreams

APPROVALS = "/v1/admin/approvals"
SUSPEND = "/v1/admin/lenders/lender_one/suspend"
WHY = {"reason": "misuse"}
ADMINS = frozenset({Role.SUPER_ADMIN})


class Counter:
    """An executor that counts in the approval's own transaction, so that a rolled back one counts nothing."""

    def __init__(self) -> None:
        self.refuses = False

    async def __call__(self, connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        await connection.execute(
            "INSERT INTO failed_sign_ins (source, failed_at) VALUES ($1, now())", approved.approval_id
        )
        await asyncio.sleep(0)
        if self.refuses:
            raise UpstreamRefused("the owner refuses")
        return {"done_for": approved.subject, "with": approved.fields["limit"]}


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def approvals(operations: Operations, counter: Counter) -> ApprovalService:
    """The service with one kind that changes nothing outside."""
    wired = operations.services.approvals
    return ApprovalService(
        pool=wired.pool,
        outbox=wired.outbox,
        clock=wired.clock,
        keys=wired.keys,
        four_eyes=wired.four_eyes,
        kinds={"counted": Kind(Permission.RAW_ACCESS, counter)},
    )


async def requested(operations: Operations, operator: str = "ops-1", **change: Any) -> httpx.Response:
    return await operations.post(operator, SUSPEND, WHY | change)


async def open_request(approvals: ApprovalService, by: str = "super-1", limit: int = 5) -> Any:
    return await approvals.ask(Operator(by, ADMINS), kind="counted", subject="x", content={"limit": limit})


async def executions(pool: asyncpg.Pool) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM failed_sign_ins WHERE source LIKE 'apr_%'"))


async def test_the_first_person_gets_what_the_second_is_shown_and_its_digest(operations: Operations) -> None:
    first = (await requested(operations)).json()
    assert (first["state"], first["expires_at"]) == ("open", "2026-05-21T08:00:00Z")
    assert first["content"] == {"kind": "lender_suspend", "subject": "lender_one", "reason": "misuse"}
    canonical = json.dumps(first["content"], sort_keys=True, separators=(",", ":"))
    assert first["content_sha256"] == hashlib.sha256(canonical.encode()).hexdigest()


async def test_both_names_are_signed_over_what_was_stored(
    operations: Operations, partners: Operations, pool: asyncpg.Pool, signer: SoftwareSigner
) -> None:
    answer = (await operations.approve("ops-2", await requested(operations))).json()
    assert (answer["state"], answer["proposed_by"], answer["approved_by"]) == ("executed", "ops-1", "ops-2")
    row = await pool.fetchrow("SELECT * FROM approvals")
    record = json.loads(row["approval_record"])
    assert (record["purpose"], record["proposed_by"], record["approved_by"]) == ("approval", "ops-1", "ops-2")
    assert record["content_sha256"] == answer["content_sha256"]
    digest = hashlib.sha256(row["approval_record"].encode()).digest()
    assert signer.public_keys().verify(row["signature_key_id"], digest, bytes.fromhex(row["signature"]))
    names = ("approval_requested", "approval_executed")
    assert [entry for entry in await operations.audited() if entry[0] in names] == [
        ("approval_requested", "ops-1", "ok"),
        ("approval_executed", "ops-2", "requested"),
        ("approval_executed", "ops-2", "ok"),
    ]


async def test_sixteen_approvals_at_once_execute_once_and_all_learn_the_same(
    approvals: ApprovalService, pool: asyncpg.Pool
) -> None:
    request = await open_request(approvals)

    async def approve(number: int) -> str:
        operator = Operator(f"other-{number}", ADMINS)
        try:
            result = await approvals.approve(operator, request.approval_id, request.content_sha256)
        except AltScoreError as error:
            return error.code
        return str(result.result)

    answers = await asyncio.gather(*(approve(number) for number in range(16)))

    assert await executions(pool) == 1
    result = str({"done_for": "x", "with": 5})
    assert result in answers
    # Sixteen at a pool of fewer connections: one that waited too long for one is told to come again.
    assert set(answers) <= {result, "APPROVAL_IN_PROGRESS", "SERVICE_UNAVAILABLE"}
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE name = 'audit_event' AND key <> 'super-1'") >= 2
    assert {await approve(number) for number in range(16)} == {result}, "repeated, it answers the same"
    assert await executions(pool) == 1


@pytest.mark.parametrize("spelling", ["super-1", "SUPER-1", " super-1"])
async def test_nobody_approves_their_own_request_however_the_id_is_spelt(
    approvals: ApprovalService, pool: asyncpg.Pool, spelling: str
) -> None:
    request = await open_request(approvals)
    with pytest.raises(AltScoreError) as refused:
        await approvals.approve(Operator(spelling, ADMINS), request.approval_id, request.content_sha256)
    assert refused.value.code == "SECOND_OPERATOR_REQUIRED"
    assert await executions(pool) == 0


async def test_one_person_with_two_keys_is_one_person(operations: Operations, database: Database) -> None:
    tokens = {"one key": "a-first-key-of-ops-1-0123456789", "the other": "another-key-of-ops-1-0123456789"}
    secret, person = b"k" * 32, Operator("ops-1", frozenset({Role.ENGINEERING_OPS}))
    directory = DevelopmentOperators(secret, {keyed_hash(secret, token): person for token in tokens.values()})
    sign_in = replace(operations.services.sign_in, directory=directory)
    services = replace(operations.services, sign_in=sign_in)
    two_keys = Operations(services, tokens, pool=operations.pool, database=database)
    answer = await two_keys.approve("the other", await requested(two_keys, "one key"))
    assert (answer.status_code, answer.json()["code"]) == (409, "SECOND_OPERATOR_REQUIRED")


async def test_the_database_refuses_the_proposers_approval_and_a_changed_decision(
    operations: Operations, partners: Operations, pool: asyncpg.Pool
) -> None:
    request = await requested(operations)
    approve = (
        "UPDATE approvals SET state = 'executed', approved_by = $1, approved_at = proposed_at, approval_record = '{}',"
        " signature_key_id = 'k', signature = repeat('0', 128), result = '{}'"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="approvals_two_persons"):
        await pool.execute(approve, "OPS-1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE approvals SET content = '{}'")
    await operations.approve("ops-2", request)
    for statement in ("UPDATE approvals SET state = 'open'", "DELETE FROM approvals"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


async def test_another_digest_than_that_of_the_content_is_a_409(operations: Operations) -> None:
    request = (await requested(operations)).json()
    path = f"{APPROVALS}/{request['approval_id']}/approve"
    answer = await operations.post("ops-2", path, {"content_sha256": "0" * 64})
    assert (answer.status_code, answer.json()["code"]) == (409, "APPROVAL_CONFLICT")


async def test_content_that_changed_after_the_first_signature_is_approved_by_nobody(
    operations: Operations, database: Database, upstreams: Upstreams
) -> None:
    request = (await requested(operations)).json()
    other = json.dumps(request["content"] | {"reason": "drill"}, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(other.encode()).hexdigest()
    superuser = await asyncpg.connect(database.superuser_dsn)  # more than the service's role can
    try:
        await superuser.execute("UPDATE approvals SET content = $1, content_sha256 = $2", other, digest)
    finally:
        await superuser.close()
    path = f"{APPROVALS}/{request['approval_id']}/approve"
    for shown in (request["content_sha256"], digest):
        answer = await operations.post("ops-2", path, {"content_sha256": shown})
        assert (answer.status_code, answer.json()["code"]) == (409, "APPROVAL_CONFLICT")
    assert upstreams.access_commands == {}


async def test_a_failing_execution_leaves_it_open_and_says_why(
    approvals: ApprovalService, counter: Counter, pool: asyncpg.Pool
) -> None:
    request, second = await open_request(approvals), Operator("super-2", ADMINS)
    counter.refuses = True
    with pytest.raises(UpstreamRefused):
        await approvals.approve(second, request.approval_id, request.content_sha256)
    failed = await approvals.read(second, request.approval_id)
    assert (failed.state, failed.failure, failed.approval) == ("open", "OWNER_REFUSED", None)
    assert await executions(pool) == 0, "what it stored fell with the approval"
    counter.refuses = False
    done = await approvals.approve(second, request.approval_id, request.content_sha256)
    assert (done.state, done.failure, await executions(pool)) == ("executed", None, 1)


async def test_a_request_ends_after_a_day(operations: Operations, clock: FixedClock, upstreams: Upstreams) -> None:
    request = await requested(operations)
    clock.advance(seconds=24 * 3_600)
    answer = await operations.approve("ops-2", request)
    assert (answer.status_code, answer.json()["code"]) == (409, "APPROVAL_CONFLICT")
    assert upstreams.access_commands == {}
    async with operations.by("data-1") as client:
        (expired,) = (await client.get(f"{APPROVALS}?state=expired")).json()["items"]
    assert expired["approval_id"] == request.json()["approval_id"]
    assert (await requested(operations, "ops-2")).status_code == 202, "and may be made again"


async def test_who_may_not_do_it_may_not_approve_it(operations: Operations) -> None:
    answer = await operations.approve("ml-1", await requested(operations))
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert "lender_access" in answer.json()["detail"]


async def test_another_request_about_the_same_is_a_409_and_ones_own_is_corrected(operations: Operations) -> None:
    first = await requested(operations)
    assert (await requested(operations)).json() == first.json(), "the same again is the same request"
    other = await requested(operations, "ops-2", reason="drill")
    assert (other.status_code, other.json()["code"]) == (409, "APPROVAL_CONFLICT")
    corrected = await requested(operations, reason="drill")
    assert corrected.json()["approval_id"] != first.json()["approval_id"]
    assert (await operations.approve("ops-2", first)).status_code == 409


@pytest.mark.parametrize(("operator", "state"), [("ops-1", "withdrawn"), ("ops-2", "rejected")])
async def test_a_request_is_withdrawn_by_its_person_and_rejected_by_another(
    operations: Operations, operator: str, state: str
) -> None:
    request = await requested(operations)
    path = f"{APPROVALS}/{request.json()['approval_id']}"
    closed = await operations.post(operator, f"{path}/reject", {"reason": "not_needed"})
    assert (closed.json()["state"], closed.json()["closed_by"]) == (state, operator)
    assert (await operations.audited())[-1] == ("approval_closed", operator, "ok")
    assert (await operations.approve("ops-2", request)).status_code == 409
    text = await operations.post(operator, f"{path}/reject", {"reason": "Asha told me so"})
    assert (text.status_code, "Asha" in text.text) == (400, False)


async def test_the_list_pages_through_everything_once(approvals: ApprovalService, operations: Operations) -> None:
    for number in range(5):
        await operations.post("ops-1", f"/v1/admin/lenders/lender_{number}/suspend", WHY)
    async with operations.by("legal-1") as client:
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            page = (await client.get(f"{APPROVALS}?limit=2{cursor and '&cursor=' + cursor}")).json()
            seen += [item["subject"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert sorted(seen) == [f"lender_{number}" for number in range(5)]
        assert (await client.get(f"{APPROVALS}/apr_{'0' * 32}")).status_code == 404
        assert (await client.get(f"{APPROVALS}?state=all")).status_code == 400


async def test_a_request_stands_or_falls_with_the_callers_transaction(
    approvals: ApprovalService, pool: asyncpg.Pool
) -> None:
    async def fails_after_requesting() -> None:
        async with transaction(pool) as connection:
            await approvals.request(
                connection, Operator("super-1", ADMINS), kind="counted", subject="x", content={"limit": 1}
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails_after_requesting()
    assert await pool.fetchval("SELECT count(*) FROM approvals") == 0
