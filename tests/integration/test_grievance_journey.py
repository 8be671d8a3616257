"""A grievance from the lender's door to the handler and back, over the real outboxes, Kafka and both databases."""

import json
import uuid

import httpx

from demo.context import LENDERS, Demo
from demo.steps.lender import Lender

TEXT = "Payments of Ramesh Kumar, 98000 00001, are missing for March"
ANSWER = "Score updated after data correction"
_SCORED = """
SELECT s.retailer_id, s.score_id FROM sealed_score s JOIN consent_grant g USING (retailer_id)
WHERE g.lender_id = %s AND g.is_active AND g.expires_at > now() ORDER BY s.retailer_id, s.scored_at DESC LIMIT 1
"""


def handler(demo: Demo) -> httpx.Client:
    """Admin's API as the operator who answers grievances."""
    token = json.loads(demo.secret("operators.json"))["legal-1"]
    return demo.http("admin", headers={"Authorization": f"Bearer {token}"})


def test_a_grievance_is_filed_acknowledged_and_resolved(demo: Demo) -> None:
    lender = Lender(demo, LENDERS[0])
    with demo.superuser("score") as connection:
        row = connection.execute(_SCORED.encode(), (LENDERS[0],)).fetchone()
    assert row is not None
    body = {
        "retailer_id": row[0],
        "score_id": row[1],
        "grievance_type": "incorrect_score",
        "description": TEXT,
    }
    key = str(uuid.uuid4())

    def file() -> httpx.Response | None:
        answer = lender.http.post("/v1/grievances", json=body, headers={"X-Request-ID": key})
        return answer if answer.status_code != 429 else None  # the main job has spent this lender's minute

    filed = demo.until("the lender's minute is over", file, limit_s=90, every_s=5)
    assert filed.status_code == 200, filed.text
    path = f"/{filed.json()['grievance_id']}"

    def status() -> str:
        return str(lender.http.get(f"/v1/grievances{path}").json().get("status"))

    with handler(demo) as admin:
        base = "/v1/admin/grievances"
        read = demo.until("admin has it", lambda: (response := admin.get(base + path)).status_code == 200 and response)
        assert read.json()["description"] == TEXT
        assert admin.post(f"{base}{path}/acknowledge").status_code == 200
        demo.until("the lender sees it acknowledged", lambda: status() == "acknowledged", every_s=1)
        assert admin.post(f"{base}{path}/resolve", json={"resolution": ANSWER}).status_code == 200
    demo.until("the lender sees it resolved", lambda: status() == "resolved", every_s=1)
    assert lender.http.get(f"/v1/grievances{path}").json()["resolution"] == ANSWER
    for database in ("score", "admin", "audit"):
        with demo.superuser(database) as connection:
            rows = connection.execute(b"SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
            tables = [row[0] for row in rows.fetchall()]
            texts = "".join(
                str(connection.execute(f'SELECT t::text FROM "{table}" t'.encode()).fetchall()) for table in tables
            )
        assert tables
        assert "Ramesh" not in texts, database
