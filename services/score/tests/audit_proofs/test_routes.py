"""Proofs for lenders: what may be asked, whose entries leave, and what is said when there is no proof."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from altscore_libs.testing import SCHEMAS, SoftwareSigner
from altscore_score.audit_proofs.published import RELOAD_S, AuditKeys

from ..test_cross_lender import SCORE
from ..world import GSTIN, LENDER, OTHER_LENDER, OTHER_RETAILER, RETAILER, UNKNOWN_GSTIN, World, without_request_id
from .proofs import proofs_of

REQUEST = "0197a3f2-0000-7000-8000-000000000001"
GRIEVANCE = "grv_" + "2" * 32


async def prove(world: World, lender_id: str = LENDER, **query: str | list[str]) -> httpx.Response:
    """GET /v1/audit-proofs."""
    return await world.lenders.get(
        "/v1/audit-proofs", params=query or {"request_id": REQUEST}, headers=world.headers(lender_id)
    )


@pytest.mark.parametrize(
    ("query", "named", "is_cosigned"),
    [
        ({"request_id": REQUEST}, REQUEST, True),
        ({"score_id": SCORE, "retailer_id": RETAILER}, f"{SCORE} of {RETAILER}", False),
        ({"grievance_id": GRIEVANCE, "retailer_id": RETAILER}, f"{GRIEVANCE} of {RETAILER}", None),
    ],
)
async def test_a_proof_leaves_as_the_audit_service_made_it_and_counts_as_a_call(
    world: World, query: dict[str, str], named: str, *, is_cosigned: bool | None
) -> None:
    answer = world.neighbours.proofs[LENDER, named] = proofs_of(LENDER, is_cosigned=is_cosigned)
    before = int((await world.score()).headers["X-RateLimit-Remaining"])
    reply = await prove(world, **query)
    assert (reply.status_code, reply.json()) == (200, {"proofs": answer["proofs"]})
    assert int(reply.headers["X-RateLimit-Remaining"]) == before - 1
    (entry,) = await world.audit("audit_proof_read")
    assert (entry["actor"], entry["subject"], entry["outcome"]) == (LENDER, query.get("retailer_id"), "served")
    name = next(iter(query))
    assert (entry["details"][f"proven_{name}"], entry["details"]["entries"]) == (query[name], "1")


async def test_the_keys_that_verify_a_proof_are_published_and_no_other(world: World, tmp_path: Path) -> None:
    for name in ("audit-checkpoint", "audit-checkpoint.2", "audit-witness", "audit-checkpointer", "promotion"):
        (tmp_path / f"{name}.pem").write_bytes(SoftwareSigner(name).public_pem())
    clock_s = [0.0]
    published = AuditKeys(tmp_path, monotonic=lambda: clock_s[0])
    before = published.document()
    names = [key["name"] for key in json.loads(before)["keys"]]
    assert names == ["audit-checkpoint.2.pem", "audit-checkpoint.pem", "audit-witness.pem"]
    (tmp_path / "audit-witness.pem").unlink()
    assert published.document() == before
    clock_s[0] = RELOAD_S
    assert [key["name"] for key in json.loads(published.document())["keys"]] == names[:2]
    reply = await world.lenders.get("/.well-known/audit-keys.json")
    assert (reply.status_code, reply.json().keys(), reply.headers["cache-control"]) == (
        200, {"keys"}, "public, max-age=300",
    )  # fmt: skip


async def test_another_lenders_proof_is_as_one_that_nobody_has(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    world.neighbours.proofs[LENDER, REQUEST] = proofs_of(LENDER)
    theirs, nobodys = await prove(world, OTHER_LENDER), await prove(world, OTHER_LENDER, request_id=str(uuid4()))
    assert (theirs.status_code, theirs.json()["code"]) == (404, "AUDIT_ENTRY_NOT_FOUND")
    assert without_request_id(theirs) == without_request_id(nobodys)
    assert "retry-after" not in theirs.headers


async def test_an_entry_of_another_lender_never_leaves_whatever_the_audit_service_answers(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for answer in (proofs_of(OTHER_LENDER), proofs_of("x") | {"proofs": [{"version": 1}]}):
        world.neighbours.proofs[LENDER, REQUEST] = answer
        reply = await prove(world)
        assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert OTHER_LENDER not in reply.text
    assert [record.levelname for record in caplog.records if "another's entry" in record.message] == ["CRITICAL"]


async def test_an_entry_that_no_checkpoint_covers_yet_says_when_to_come_back(world: World) -> None:
    world.neighbours.proofs[LENDER, REQUEST] = {"proofs": [], "unsigned": 1}
    reply = await prove(world)
    assert (reply.status_code, reply.json()["code"]) == (404, "AUDIT_PROOF_PENDING")
    assert reply.headers["retry-after"] == "60"


async def test_an_ended_consent_takes_no_proof_away(world: World) -> None:
    world.neighbours.proofs[LENDER, REQUEST] = proofs_of(LENDER)
    await world.revoke()
    assert (await prove(world)).status_code == 200


async def test_an_audit_service_that_is_down_is_a_503_and_soon_nobody_waits_for_it(world: World) -> None:
    world.neighbours.is_down = True
    for _ in range(40):
        reply = await prove(world)
        assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert reply.headers["retry-after"] == "30"
    assert world.neighbours.asked < 40


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"other": "1"}, "request_id"),
        ({"request_id": REQUEST, "score_id": SCORE}, "request_id"),
        ({"request_id": [REQUEST, REQUEST]}, "request_id"),
        ({"request_id": "9876543210"}, "request_id"),
        ({"request_id": REQUEST, "retailer_id": RETAILER}, "retailer_id"),
        ({"score_id": SCORE}, "retailer_id"),
        ({"grievance_id": GRIEVANCE, "retailer_id": "9876543210"}, "retailer_id"),
    ],
)
async def test_a_malformed_question_is_a_400_that_repeats_nothing(
    world: World, query: dict[str, Any], field: str
) -> None:
    reply = await prove(world, **query)
    assert reply.status_code == 400
    assert [error["field"] for error in reply.json()["errors"]] == [field]
    assert "9876543210" not in reply.text
    assert world.neighbours.asked == 0


async def test_every_entry_of_a_lenders_call_may_be_shown_to_it(world: World) -> None:
    """The list of names and what the service writes cannot drift apart."""
    world.neighbours.identities[GSTIN] = RETAILER
    filing = {"retailer_id": RETAILER, "score_id": SCORE, "grievance_type": "other", "description": "x"}
    await world.score(headers={"X-Request-ID": REQUEST})
    await world.score(headers={"X-Request-ID": REQUEST})
    await world.score(OTHER_RETAILER)
    await world.score(purpose="vehicle_loan")
    await world.lenders.get(f"/v1/score/{RETAILER}/history", headers=world.headers())
    await world.lenders.post(
        "/v1/score/batch", json={"retailer_ids": [RETAILER], "purpose": "term_loan"}, headers=world.headers()
    )
    await world.lenders.post("/v1/score/batch", json={"retailer_ids": []}, headers=world.headers())
    for gstin in (GSTIN, UNKNOWN_GSTIN):
        await world.lenders.post("/v1/retailers/lookup", json={"gst": gstin}, headers=world.headers())
    for body in (filing, {**filing, "retailer_id": OTHER_RETAILER}):
        filed = await world.lenders.post("/v1/grievances", json=body, headers=world.headers())
        await world.lenders.get(f"/v1/grievances/{filed.json().get('grievance_id')}", headers=world.headers())
    shown = yaml.safe_load((SCHEMAS / "audit/lender_entries.yml").read_text(encoding="utf-8"))
    written = {action: await world.audit(action) for action in shown}
    assert {action for action, entries in written.items() if not entries} == set()
    for action, entries in written.items():
        assert {name for entry in entries for name in entry["details"]} <= set(shown[action]), action
        assert {entry["actor"] for entry in entries} == {LENDER}
