"""A lender files a grievance about a score; an operator answers it, and the lender and the retailer are told."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from demo.context import LENDERS, Demo
from demo.holdings import tables_holding
from demo.operators import ActingOperator, acting
from demo.steps.consent import simulator
from demo.steps.lender import Lender, refusal

ACKNOWLEDGED, RESOLVED = timedelta(hours=24), timedelta(days=7)
DESCRIPTION = "The owner of Shivshakti Kirana says that the payments of March are missing"
NOTE = "Compared with the ledger of the distributor: nothing is missing"
ANSWER = "The records of March are complete; the score follows from them"
OUTCOME = "score_confirmed"
TOLD = {"hi": "स्कोर की जाँच हुई और वह सही है", "en": "your score was checked and is right"}
LANGUAGE = "SELECT language FROM invites WHERE retailer_id = %s ORDER BY created_at DESC LIMIT 1"


def run(demo: Demo) -> None:
    """Step 9 of the main job."""
    lender, retailer_id = Lender(demo, LENDERS[1]), demo.facts["scored_retailer"]
    answer = lender.score(retailer_id)
    demo.check_answer("the lender has a score to complain about", answer.status_code == 200, answer)
    score = answer.json()
    grievance_id = file(demo, lender, score)
    with acting(demo, chitra="legal-1") as (handler,):
        look_into(demo, handler, grievance_id, score=score)
        acknowledge(demo, handler, lender, grievance_id=grievance_id)
        resolve(demo, handler, lender, grievance_id=grievance_id)
    retailer_is_told(demo, retailer_id, grievance_id)
    demo.facts["grievance_id"] = grievance_id
    demo.summary["grievance"] = {"grievance_id": grievance_id, "outcome": OUTCOME}


def file(demo: Demo, lender: Lender, score: dict[str, Any]) -> str:
    """The lender files it; two times run from now on."""
    order = {name: score[name] for name in ("retailer_id", "score_id")}
    order |= {"grievance_type": "incorrect_data", "description": DESCRIPTION}
    key = {"X-Request-ID": str(uuid.uuid4())}
    answer = lender.http.post("/v1/grievances", json=order, headers=key)
    demo.check_answer("a lender files a grievance", answer.status_code == 200, answer)
    filed = answer.json()
    again = lender.http.post("/v1/grievances", json=order, headers=key).json()
    demo.check("the same call again is the same grievance", again["grievance_id"] == filed["grievance_id"])
    state = lender.http.get(f"/v1/grievances/{filed['grievance_id']}").json()
    clocks = {name: _instant(filed[name]) - _instant(state["filed_at"]) for name in ("ack_by", "resolution_sla")}
    promised = {"ack_by": ACKNOWLEDGED, "resolution_sla": RESOLVED}
    demo.check("acknowledged within 24 hours, resolved within seven days: both clocks run", clocks == promised)
    return str(filed["grievance_id"])


def look_into(demo: Demo, handler: ActingOperator, grievance_id: str, *, score: dict[str, Any]) -> None:
    """The operator reads the description and the score that it is about; nobody else can."""
    path = f"/v1/admin/grievances/{grievance_id}"
    demo.until("admin has the grievance", lambda: handler.get(path).status_code == 200)
    demo.check(
        "its handler reads the description", handler.get(path).json()["description"] == DESCRIPTION, handler.name
    )
    demo.check("it stands in no database in the clear", not tables_holding(demo, [DESCRIPTION]))
    evidence = handler.get(f"{path}/evidence")
    demo.check_answer("the evidence behind the score is shown", evidence.status_code == 200, evidence)
    record = evidence.json()["score"]["record"]
    shown = {name: record[name] for name in ("score_id", "altscore", "risk_band")}
    demo.check("it is the score that the lender received", shown.items() <= score.items(), shown)


def acknowledge(demo: Demo, handler: ActingOperator, lender: Lender, *, grievance_id: str) -> None:
    """The operator takes it, and the lender sees that a person handles it."""
    path = f"/v1/admin/grievances/{grievance_id}"
    assigned = handler.send("POST", f"{path}/assign", json={"assignee": handler.name})
    demo.check("the operator takes it", assigned.json().get("assigned_to") == handler.name, assigned.status_code)
    acknowledged = handler.send("POST", f"{path}/acknowledge").json()
    demo.check("acknowledged in time", acknowledged["sla"]["state"] == "on_time", acknowledged["acknowledged_by"])
    _until_the_lender_sees(demo, lender, grievance_id, "acknowledged")
    noted = handler.send("POST", f"{path}/notes", json={"note": NOTE})
    notes = [(note["author"], note["text"]) for note in handler.get(f"{path}/notes").json()["items"]]
    demo.check("a note for the other handlers", noted.status_code == 204 and notes == [(handler.name, NOTE)])
    demo.check("the note stands in no database in the clear", not tables_holding(demo, [NOTE]))


def resolve(demo: Demo, handler: ActingOperator, lender: Lender, *, grievance_id: str) -> None:
    """The operator answers once; the lender reads the answer as it was written."""
    path = f"/v1/admin/grievances/{grievance_id}/resolve"
    order = {"resolution": ANSWER, "outcome": OUTCOME}
    resolved = handler.send("POST", path, json=order)
    demo.check_answer("the operator resolves it", resolved.json().get("status") == "resolved", resolved)
    other = handler.send("POST", path, json=order | {"resolution": "Something else"})
    refusal(demo, "grievance_resolved_twice", answer=other, status=409, code="GRIEVANCE_RESOLVED")
    state = _until_the_lender_sees(demo, lender, grievance_id, "resolved")
    demo.check("the lender reads the answer", state["resolution"] == ANSWER, state["resolution"])
    demo.check("within the time that was promised", state["sla_clock"]["state"] == "met")


def retailer_is_told(demo: Demo, retailer_id: str, grievance_id: str) -> None:
    """WhatsApp shows the retailer what came of it, in the language in which they were asked for consent."""
    phone, language = demo.facts["phone_of"][retailer_id], demo.count("consent", LANGUAGE, retailer_id)
    message = demo.until("the retailer is told", lambda: notice_to(demo, phone, "grievance_resolved"), limit_s=60)
    demo.check(
        "the retailer is told what came of it, in their language",
        (message["language"], message["parameters"]) == (language, [grievance_id, TOLD[language]]),
        message["parameters"][1],
    )


def notice_to(demo: Demo, phone: str, template: str) -> dict[str, Any] | None:
    """The newest message by this template that reached a phone."""
    messages = simulator(demo).get("/sim/messages", params={"phone": phone}).json()["messages"]
    return next((message for message in reversed(messages) if message["template"] == template), None)


def _until_the_lender_sees(demo: Demo, lender: Lender, grievance_id: str, status: str) -> dict[str, Any]:
    def seen() -> dict[str, Any] | None:
        state: dict[str, Any] = lender.http.get(f"/v1/grievances/{grievance_id}").json()
        return state if state.get("status") == status else None

    state: dict[str, Any] = demo.until(f"the lender sees it {status}", seen, limit_s=60, every_s=0.5)
    demo.check(f"the lender sees it {status}", True, state["grievance_id"])
    return state


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
