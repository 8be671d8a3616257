"""A lender looks a retailer up, receives a score, and every refusal the contract names."""

import statistics
import time
import uuid
from typing import Any

import httpx

from demo.context import LENDERS, PURPOSE, Demo

MASKED_HEADERS = {"date", "x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
CONTRACT = {
    "retailer_id", "altscore", "risk_band", "probability_of_default", "recommended_limit_inr", "reason_codes",
    "data_freshness_days", "low_confidence", "score_version", "scored_at", "request_id",
}  # fmt: skip
ADDED = {"score_id", "guardrails", "expires_at"}
BAND_B_OF_THE_SANDBOX = "ret_7e57000000000002"


class Lender:
    """A lender's own client: a token, its id in every call; with `is_test` that of its sandbox."""

    def __init__(self, demo: Demo, lender_id: str, *, is_test: bool = False) -> None:
        issued, prefix = demo.facts["lenders"][lender_id], "test_" if is_test else ""
        credentials = {name: issued[prefix + name] for name in ("client_id", "client_secret")}
        self._facts = demo.facts
        self._facts.setdefault("lender_calls", 0)
        self.http = demo.http("score")
        answer = self.http.post("/v1/auth/token", json=credentials)
        demo.check(f"{credentials['client_id']} gets a token", answer.status_code == 200, answer.status_code)
        self.token = answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {self.token}", "X-Client-ID": credentials["client_id"]}
        self.http.headers.update(headers)

    def score(self, retailer_id: str, *, language: str = "en", request_id: str | None = None) -> httpx.Response:
        """POST /v1/score."""
        self._facts["lender_calls"] += 1
        headers = {"Accept-Language": language} | ({"X-Request-ID": request_id} if request_id else {})
        return self.http.post("/v1/score", json={"retailer_id": retailer_id, "purpose": PURPOSE}, headers=headers)


def comparable(answer: httpx.Response) -> tuple[Any, ...]:
    """A response without what may differ: request id, date and rate-limit headers."""
    body = {key: value for key, value in answer.json().items() if key != "request_id"}
    headers = sorted((key, value) for key, value in answer.headers.items() if key not in MASKED_HEADERS)
    return answer.status_code, body, headers


def run(demo: Demo) -> None:
    """Step 8 of the main job."""
    first, second = (Lender(demo, name) for name in LENDERS)
    people = demo.facts["personas"]
    retailer_id = look_up(demo, first, people["scored_gstin"])
    fetch_score(demo, first, retailer_id)
    refuse_alike(demo, first, second=second, people=people)
    ledger_too_thin(demo, first, people)
    play_in_the_sandbox(demo, first)
    spend_the_minute(demo, first, people)


def look_up(demo: Demo, lender: Lender, gstin: str) -> str:
    """A consented retailer's id by GSTIN."""
    answer = lender.http.post("/v1/retailers/lookup", json={"gst": gstin})
    demo.check("a GSTIN resolves to an opaque id", answer.status_code == 200, answer.json())
    return str(answer.json()["retailer_id"])


def fetch_score(demo: Demo, lender: Lender, retailer_id: str) -> None:
    """The contract's answer in both languages, and the same bytes for the same request id."""
    request_id = str(uuid.uuid4())
    answer = lender.score(retailer_id, request_id=request_id)
    demo.check_answer("POST /v1/score answers 200", answer.status_code == 200, answer)
    body = answer.json()
    demo.check(
        "the body is exactly the contract's", set(body) == CONTRACT | ADDED, sorted(set(body) ^ (CONTRACT | ADDED))
    )
    directions = [code["direction"] for code in body["reason_codes"]]
    demo.check(
        "at least three positive and two negative reasons",
        directions.count("positive") >= 3 and directions.count("negative") >= 2,
        directions,
    )
    replay = lender.score(retailer_id, request_id=request_id)
    demo.check("the same X-Request-ID gives the same bytes", replay.content == answer.content)
    other = {"retailer_id": retailer_id, "purpose": PURPOSE, "requested_limit_inr": 1000}
    conflict = lender.http.post("/v1/score", json=other, headers={"X-Request-ID": request_id})
    refusal(demo, "same_request_id_other_body", answer=conflict, status=409, code="IDEMPOTENCY_CONFLICT")
    mismatch = lender.http.post("/v1/score", json={"retailer_id": retailer_id, "purpose": "term_loan"})
    refusal(demo, "other_purpose", answer=mismatch, status=403, code="SCOPE_MISMATCH")
    hindi = lender.score(retailer_id, language="hi")
    demo.check(
        "in Hindi too",
        hindi.status_code == 200 and hindi.headers["content-language"] == "hi",
        hindi.json()["reason_codes"][0]["label_hi"],
    )
    demo.facts["provable"] = {"score": hindi.json()["request_id"], "refusal": mismatch.json()["request_id"]}
    latencies = [timed(lender, retailer_id, request_id) for _ in range(20)]
    demo.summary["lender"] = {
        "status": answer.status_code,
        "body": body,
        "latency_ms": round(statistics.median(latencies), 2),
    }
    demo.facts["scored_retailer"] = retailer_id


def timed(lender: Lender, retailer_id: str, request_id: str) -> float:
    """Milliseconds of one replayed call on a warm connection."""
    started = time.perf_counter()
    lender.score(retailer_id, request_id=request_id)
    return (time.perf_counter() - started) * 1000


def refusal(demo: Demo, case: str, answer: httpx.Response, status: int, code: str) -> None:
    """Checks one refusal and records it."""
    answered = answer.json().get("code")
    claim = f"{case.replace('_', ' ')}: {status} {code}"
    demo.check(claim, (answer.status_code, answered) == (status, code), detail=answer.text[:300])
    demo.summary["refusals"].append({"case": case, "status": answer.status_code, "code": code})


def refuse_alike(demo: Demo, first: Lender, second: Lender, people: dict[str, str]) -> None:
    """Unknown, unconsented and somebody else's retailer cannot be told apart."""
    cases = {
        "unknown_retailer": first.score("ret_00000000000000ff"),
        "unconsented_retailer": first.score(people["unconsented"]),
        "other_lenders_retailer": second.score(people["first_lender_only"]),
    }
    for case, answer in cases.items():
        refusal(demo, case, answer=answer, status=403, code="CONSENT_NOT_GRANTED")
    bodies = [comparable(answer) for answer in cases.values()]
    demo.check(
        "the three refusals are byte-identical apart from ids and dates", all(body == bodies[0] for body in bodies)
    )
    bare = demo.http("score").post("/v1/score", json={"retailer_id": "ret_00000000000000ff", "purpose": PURPOSE})
    refusal(demo, "no_token", answer=bare, status=401, code="TOKEN_MISSING")
    malformed = first.http.post(
        "/v1/score", content=b'{"retailer_id":NaN}', headers={"content-type": "application/json"}
    )
    refusal(demo, "malformed_json", answer=malformed, status=400, code="INVALID_REQUEST")


def ledger_too_thin(demo: Demo, lender: Lender, people: dict[str, str]) -> None:
    """A consented retailer whose ledger is too thin gets no number."""
    refusal(
        demo, "insufficient_ledger", answer=lender.score(people["insufficient"]), status=422, code="DATA_INSUFFICIENT"
    )


def play_in_the_sandbox(demo: Demo, live: Lender) -> None:
    """Test credentials see retailers who do not exist, live credentials do not."""
    answer = Lender(demo, LENDERS[0], is_test=True).score(BAND_B_OF_THE_SANDBOX)
    is_persona = answer.status_code == 200 and answer.json()["score_version"].startswith("altscore-sandbox")
    demo.check_answer("the sandbox shows a persona", is_persona, answer)
    refusal(
        demo, "persona_asked_for_live", answer=live.score(BAND_B_OF_THE_SANDBOX), status=403, code="CONSENT_NOT_GRANTED"
    )


def spend_the_minute(demo: Demo, lender: Lender, people: dict[str, str]) -> None:
    """The 101st call of a minute is refused."""
    answer = lender.score(people["unconsented"])
    spent = 0
    while answer.status_code != 429 and spent < 110:
        answer = lender.score(people["unconsented"])
        spent += 1
    refusal(demo, "call_101_in_a_minute", answer=answer, status=429, code="RATE_LIMIT_EXCEEDED")
    demo.check("it says when to come back", int(answer.headers["retry-after"]) > 0, answer.headers["retry-after"])
