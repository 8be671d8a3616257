"""Every API killed with work in its hands: the caller asks again with the same key, and the work is done once."""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from demo.context import LENDERS, PURPOSE, Demo
from demo.steps.consent import simulator
from demo.steps.ingest import send
from demo.steps.lender import Lender

from .conftest import Stack, eventually
from .ledger import Line, all_sent, balanced, lines

RECORDS = 900


def killed_under(stack: Stack, names: tuple[str, ...], work: Callable[[], None]) -> None:
    """Runs `work` on a thread, kills the processes a moment after it began, heals, and waits for the thread."""
    worker = threading.Thread(target=work)
    worker.start()
    stack.run("kill", *names)
    stack.run("up")
    worker.join(timeout=180)
    assert not worker.is_alive()


def scored(demo: Demo, lender_id: str, at_most: int) -> list[str]:
    """Retailers whose score this lender may see, without those whose disclosures the drills have spent."""
    persona = demo.facts["retailer_of_gstin"][demo.facts["personas"]["scored_gstin"]]
    spent = [persona, *demo.facts.get("spent_retailers", [])]
    with demo.superuser("score") as connection:
        rows = connection.execute(
            "SELECT g.retailer_id FROM consent_grant g JOIN sealed_score s USING (retailer_id)"
            " WHERE g.lender_id = %s AND g.purpose = %s AND g.is_active AND NOT EXISTS"
            " (SELECT FROM score_block b WHERE b.retailer_id = g.retailer_id) AND g.retailer_id <> ALL(%s)"
            " GROUP BY 1 ORDER BY 1 DESC LIMIT %s",
            (lender_id, PURPOSE, spent, at_most),
        ).fetchall()
    return [str(row[0]) for row in rows]


def test_a_score_call_cut_off_by_a_kill_is_served_once_when_asked_again(demo: Demo, healed: Stack) -> None:
    lender = Lender(demo, LENDERS[1])
    keys = {retailer_id: str(uuid.uuid4()) for retailer_id in scored(demo, LENDERS[1], 20)}
    assert len(keys) >= 10
    statuses: dict[str, int] = {}

    def ask_all() -> None:
        for retailer_id, key in keys.items():
            try:
                statuses[retailer_id] = lender.score(retailer_id, request_id=key).status_code
            except httpx.HTTPError:
                statuses[retailer_id] = 0
            time.sleep(0.3)  # spread over the time that a kill takes, on a busy machine too

    killed_under(healed, ("score-api",), ask_all)
    assert 0 in statuses.values()
    again = {retailer_id: lender.score(retailer_id, request_id=key) for retailer_id, key in keys.items()}
    assert {retailer_id: reply.status_code for retailer_id, reply in again.items()} == dict.fromkeys(keys, 200)
    eventually("the books balance", lambda: balanced(demo), 90)
    for key in keys.values():
        served = "SELECT count(*) FROM audit_log WHERE payload LIKE %s AND payload LIKE %s"
        assert demo.count("audit", served, f"%{key}%", '%"outcome":"served"%') == 1


def batch(number: int) -> dict[str, Any]:
    """A sound batch of its own records."""
    invoices = [
        {
            "invoice_id": f"KILL/{number}/{position}",
            "retailer_ref": f"kill-shop-{position % 40}",
            "invoice_date": "2026-10-05",
            "amount_inr": 1000 + position,
        }
        for position in range(RECORDS)
    ]
    span = {"sync_from": "2026-10-01T00:00:00Z", "sync_to": "2026-10-31T23:59:59Z"}
    return {"distributor_id": "dist_b", **span, "invoices": invoices, "payments": []}


def test_a_batch_cut_off_by_a_kill_is_written_once_when_sent_again(demo: Demo, healed: Stack) -> None:
    ids = {number: str(uuid.uuid4()) for number in range(4)}
    answers: dict[int, Any] = {}

    def send_all() -> None:
        for number, batch_id in ids.items():
            try:
                answers[number] = send(demo, batch(number), batch_id=batch_id)["status"]
            except (ValueError, OSError):  # the connector found nobody
                answers[number] = 0

    killed_under(healed, ("ingestion-api", "vault"), send_all)
    for number, batch_id in ids.items():
        repeated = send(demo, batch(number), batch_id=batch_id)
        assert repeated["status"] in (200, 202, 409), repeated
        written = repeated["body"].get("result", repeated["body"])
        assert (written["accepted"], written["quarantined"]) == (RECORDS, 0)
    stored = "SELECT count(*) FROM record WHERE record_key LIKE %s"
    assert demo.count("ingestion", stored, "%KILL/%") == RECORDS * len(ids)
    complete = "SELECT count(*) FROM batch WHERE client_batch_id = ANY(%s) AND state = 'complete'"
    assert demo.count("ingestion", complete, list(ids.values())) == len(ids)
    eventually("the books balance", lambda: balanced(demo), 90)


def test_a_reply_that_the_webhook_could_not_take_is_delivered_again_and_applied_once(demo: Demo, healed: Stack) -> None:
    phones = [phone for phone, persona in demo.facts["personas_by_phone"].items() if persona["behaviour"] == "silent"][
        :3
    ]
    before = demo.count("consent", "SELECT count(*) FROM consent_records WHERE kind = 'grant'")

    def answer_all() -> None:
        for phone in phones:
            simulator(demo).post("/sim/reply", json={"phone": phone, "button": "yes"})
            time.sleep(0.3)

    open_before = demo.count("consent", "SELECT count(*) FROM invites WHERE status = 'open'")
    assert open_before >= len(phones) > 0
    killed_under(healed, ("webhook-api", "vault"), answer_all)

    def settled() -> bool:
        granted = demo.count("consent", "SELECT count(*) FROM consent_records WHERE kind = 'grant'") - before
        return bool(granted >= 1 and demo.count("webhook", "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0)

    eventually("the answers arrive", settled, 90)
    grouped = "SELECT 1 FROM consent_records WHERE kind = 'grant' GROUP BY message_hash HAVING count(*) > 1"
    twice = f"SELECT count(*) FROM ({grouped}) AS doubled"
    assert demo.count("consent", twice) == 0
    eventually("the books balance", lambda: balanced(demo), 90)


def test_an_onboarding_cut_off_by_a_kill_leaves_one_lender_when_asked_again(demo: Demo, healed: Stack) -> None:
    names = [f"lender_kill_{number}" for number in range(12)]

    def onboard(name: str) -> int:
        try:
            with demo.operator(1) as ops:
                return ops.post("/v1/admin/lenders", json={"lender_id": name, "name": name}).status_code
        except httpx.HTTPError:
            return 0

    def onboard_all() -> None:
        for name in names:
            onboard(name)

    killed_under(healed, ("admin-api",), onboard_all)
    assert all(onboard(name) in (200, 201) for name in names)
    assert demo.count("score", "SELECT count(*) FROM lender WHERE lender_id LIKE 'lender_kill_%%'") == len(names)
    eventually("the books balance", lambda: balanced(demo), 90)


def test_after_all_kills_produced_is_applied_plus_parked(demo: Demo, stack: Stack) -> None:
    seen: list[Line] = []

    def is_settled() -> bool:
        seen[:] = lines(demo)
        return all_sent(demo) and all(line.is_balanced for line in seen)

    eventually("the books balance", is_settled, 120)
    assert seen
