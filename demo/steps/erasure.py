"""A retailer asks to be erased: told, approved by two persons, erased by every store, proven offline; then unknown."""

import json
import subprocess
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import redis

from demo.context import LENDERS, Demo
from demo.holdings import emptied_tables, keeping_tables, reporting_stores, rows_naming, tables_holding
from demo.operators import ActingOperator, acting
from demo.steps.grievance import LANGUAGE, notice_to
from demo.steps.lender import Lender, comparable, refusal

DAYS = 30
PRODUCTION_NOTICE = timedelta(hours=48)
LONGEST_WAIT = timedelta(minutes=10)  # a stack with the notice of production is left while it runs
INDIA = ZoneInfo("Asia/Kolkata")
UNKNOWN = "ret_00000000000000ff"


def run(demo: Demo) -> None:
    """Step 10 of the main job."""
    gstin = demo.facts["personas"]["erased_gstin"]
    retailer_id = demo.facts["retailer_of_gstin"][gstin]
    lender, request_id = Lender(demo, LENDERS[1]), str(uuid.uuid4())
    before = lender.score(retailer_id, request_id=request_id)
    demo.check_answer("before: the lender sees the score", before.status_code == 200, before)
    held = rows_naming(demo, emptied_tables(), retailer_id)
    demo.check("before: stores hold rows of the retailer", {"vault.subject", "score.sealed_score"} <= held.keys(), held)
    with acting(demo, chitra="legal-1", asha="legal-2", divya="ops-1") as (first, second, outsider):
        right = ask(demo, first, outsider, retailer_id)
        right = tell(demo, first, right)
        if not approve(demo, first, second, right):
            return
        prove(demo, wait_for_stores(demo, first, right), retailer_id)
    lender_learns_nothing(demo, lender, gstin, request_id=request_id)
    nothing_is_left(demo, gstin)
    demo.facts["erased_retailer"] = retailer_id
    demo.summary["erasure"] = {"request_id": right["request_id"], "stores": sorted(reporting_stores() | {"vault"})}


def ask(demo: Demo, first: ActingOperator, outsider: ActingOperator, retailer_id: str) -> dict[str, Any]:
    """Whoever answers rights opens the request and records how the retailer was verified; its clock is 30 days."""
    path = f"/v1/admin/retailers/{retailer_id}/erasure"
    language = demo.count("consent", LANGUAGE, retailer_id)
    intake = {"channel": "phone", "ticket": "DPO-17", "language": language}
    refused = outsider.send("PUT", path, json=intake)
    refusal(demo, "erasure_by_another_role", answer=refused, status=403, code="FORBIDDEN")
    opened = first.send("PUT", path, json=intake)
    demo.check_answer("a request of erasure is opened", opened.json().get("state") == "received", opened)
    right: dict[str, Any] = opened.json()
    received_on = datetime.fromisoformat(right["received_at"]).astimezone(INDIA).date()
    due_on = date.fromisoformat(right["clock"]["due_on"])
    demo.check(f"its clock ends after {DAYS} days in India", due_on - received_on == timedelta(days=DAYS), due_on)
    evidence = {"method": "phone_callback", "evidence": "DOC-17"}
    verified = first.send("POST", f"/v1/admin/rights/{right['request_id']}/verify", json=evidence)
    demo.check_answer(
        "the retailer is verified, the notice is asked for", verified.json()["state"] == "notifying", verified
    )
    return right


def tell(demo: Demo, first: ActingOperator, right: dict[str, Any]) -> dict[str, Any]:
    """The notice reaches the retailer; from then on the notice period runs."""
    path = f"/v1/admin/rights/{right['request_id']}"

    def notified() -> dict[str, Any] | None:
        content: dict[str, Any] = first.get(path).json()
        return content if content["state"] == "notified" else None

    told: dict[str, Any] = demo.until("the notice has left", notified, limit_s=120, every_s=0.5)
    message = notice_to(demo, demo.facts["phone_of"][right["retailer_id"]], "erasure_notice") or {}
    seen = (message.get("language"), message.get("parameters"))
    demo.check("the retailer is told, in their language", seen == (right["language"], [right["request_id"]]), seen[0])
    notice = datetime.fromisoformat(told["erasable_at"]) - datetime.fromisoformat(told["notice_at"])
    demo.say(f"nobody approves for {notice}; the production profile starts with no less than {PRODUCTION_NOTICE}")
    return told | {"notice": notice}


def approve(demo: Demo, first: ActingOperator, second: ActingOperator, right: dict[str, Any]) -> bool:
    """One person proposes; another approves exactly that, and not before the notice has run."""
    path = f"/v1/admin/rights/{right['request_id']}/propose-erasure"
    early = first.send("POST", path)
    refusal(demo, "erasure_during_the_notice", answer=early, status=409, code="NOTICE_RUNNING")
    wait_s = int(early.headers["retry-after"])
    demo.check("it says when the retailer's time to object ends", 0 < wait_s <= right["notice"].total_seconds(), wait_s)
    if right["notice"] > LONGEST_WAIT:
        demo.say(f"here it ends for now: it may be proposed from {right['erasable_at']} on")
        return False
    ends_at = datetime.fromisoformat(right["erasable_at"])
    limit_s = right["notice"].total_seconds() + 30
    demo.until("the notice runs", lambda: datetime.now(UTC) > ends_at, limit_s=limit_s)
    proposed = first.send("POST", path)
    demo.check_answer("one operator proposes", proposed.status_code == 202, proposed)
    approval = f"/v1/admin/approvals/{proposed.json()['approval_id']}/approve"
    digest = {"content_sha256": proposed.json()["content_sha256"]}
    alone = first.post(approval, json=digest)
    refusal(demo, "erasure_by_one", answer=alone, status=409, code="SECOND_OPERATOR_REQUIRED")
    other = second.post(approval, json={"content_sha256": "0" * 64})
    refusal(demo, "erasure_of_another_content", answer=other, status=409, code="APPROVAL_CONFLICT")
    approved = second.post(approval, json=digest)
    is_approved = (approved.json().get("result") or {}).get("state") == "approved"
    demo.check_answer("a second operator approves", is_approved, approved)
    return True


def wait_for_stores(demo: Demo, first: ActingOperator, right: dict[str, Any]) -> dict[str, Any]:
    """The vault destroys key and mapping, every store reports; the proof."""
    path = f"/v1/admin/rights/{right['request_id']}"
    demo.until(
        "the vault and every store", lambda: first.get(path).json()["state"] == "closed", limit_s=180, every_s=0.5
    )
    answer = first.get(f"{path}/proof")
    demo.check_answer("the proof can be fetched", answer.status_code == 200, answer)
    proof: dict[str, Any] = answer.json()
    reported = {report["store"] for report in proof["reports"]}
    complete = reported == reporting_stores() and not proof["missing"]
    demo.check("every store that had something reports what it erased", complete, sorted(reported))
    return proof


def prove(demo: Demo, proof: dict[str, Any], retailer_id: str) -> None:
    """The vault's certificate and the report are verified with public keys and nothing of the stack."""
    certificate = proof["certificate"]
    demo.check("the vault's certificate names the retailer", retailer_id in certificate["retailer_ids"])
    bundle = demo.out / "erasure-proof.json"
    bundle.write_text(json.dumps(proof, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    status, verdict = verify_offline(demo, bundle)
    demo.check("the proof is verified offline by a separate command", status == 0, verdict)
    forged = demo.out / "erasure-proof-forged.json"
    proof["report"]["told_at"] = "2026-01-01T00:00:00Z"
    forged.write_text(json.dumps(proof), encoding="utf-8")
    status, verdict = verify_offline(demo, forged)
    demo.check("with another instant the same proof is refused", status == 1, verdict)


def verify_offline(demo: Demo, bundle: Path) -> tuple[int, str]:
    """Exit status and verdict of the documented command; it gets the proof, public keys and no environment."""
    command = [sys.executable, "-m", "altscore_admin", "verify-erasure", str(bundle)]
    command += ["--keys", str(demo.pki("public"))]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, (done.stdout or done.stderr).strip()


def lender_learns_nothing(demo: Demo, lender: Lender, gstin: str, *, request_id: str) -> None:
    """To the lender the erased retailer is one that nobody knows, whatever it asks."""
    retailer_id = demo.facts["retailer_of_gstin"][gstin]
    unknown = lender.score(UNKNOWN)
    for case, answer in {
        "erased_retailer": lender.score(retailer_id),
        "erased_retailer_by_a_kept_request": lender.score(retailer_id, request_id=request_id),
    }.items():
        refusal(demo, case, answer=answer, status=403, code="CONSENT_NOT_GRANTED")
        demo.check("no byte tells it from an unknown retailer", comparable(answer) == comparable(unknown))
    ids, unconsented = demo.facts["retailer_of_gstin"], demo.facts["personas"]["unconsented"]
    nobody = next(number for number, name in ids.items() if name == unconsented)
    answers = [lender.http.post("/v1/retailers/lookup", json={"gst": number}) for number in (gstin, nobody)]
    refusal(demo, "erased_gstin", answer=answers[0], status=403, code="CONSENT_NOT_GRANTED")
    demo.check("nor does a lookup by GSTIN", comparable(answers[0]) == comparable(answers[1]))


def nothing_is_left(demo: Demo, gstin: str) -> None:
    """No store has a row of the retailer, no database their number or phone, no cache their score."""
    retailer_id = demo.facts["retailer_of_gstin"][gstin]
    left = rows_naming(demo, emptied_tables(), retailer_id)
    demo.check("no row of the retailer is left where rows are erased", not left, left or len(emptied_tables()))
    phone = demo.facts["phone_of"][retailer_id].removeprefix("91")
    holding = tables_holding(demo, [gstin, phone])
    demo.check("their GSTIN and phone stand in no database in the clear", not holding, holding)
    named = set(tables_holding(demo, [retailer_id]))
    demo.check(
        "their id is left only where schemas/privacy/stores.yml says why", named <= keeping_tables(), sorted(named)
    )
    demo.say("Bronze cannot be deleted: what it holds of the identity is encrypted under a key that no longer exists")
    with demo.http("vault", identity="score") as vault:
        known = vault.post("/internal/lookup", json={"gst": gstin}).json()
    demo.check("the vault knows no such GSTIN any more", known.get("retailer_id") is None, known)
    cache = redis.Redis.from_url(demo.stack["redis"]["url"], ssl_ca_certs=str(demo.pki("ca.pem")))
    cached = [lender_id for lender_id in LENDERS if cache.exists(f"score:{{{lender_id}}}:cached:{retailer_id}")]
    cache.close()
    demo.check("no score of theirs is cached", not cached, cached)
