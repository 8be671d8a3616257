"""Handling grievances: who has it, what handlers note, what score holds of it, and what the retailer is told."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from starlette.requests import Request
from starlette.routing import Route

from ..conftest import NOW, Answer, Operations, Upstreams
from .test_service import ANSWER, RETAILER, act, ask, filed, identifier

SCORE_ID = "scr_" + "9b2c" * 8


class ScoreUpstreams(Upstreams):
    """Score holds the score that was complained about and another one."""

    language = "en"

    async def scores(self, request: Request, body: dict[str, Any]) -> Answer:
        records = [{"is_verified": True, "record": {"score_id": name, "altscore": 640}} for name in ("scr_1", SCORE_ID)]
        return 200, {"scores": records, "blocks": []}

    async def rescoring(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"lenders": 1}

    async def history(self, request: Request, body: dict[str, Any]) -> Answer:
        invite = {"invite_id": "inv_1", "language": self.language, "created_at": "2026-05-01T00:00:00Z"}
        return 200, {"retailer_id": RETAILER, "invites": [invite], "records": []}

    def further_routes(self, service: str, answers: Any) -> list[Route]:
        retailer = "/internal/admin/retailers/{id}"
        score = [
            Route(f"{retailer}/scores", answers(self.scores)),
            Route(f"{retailer}/rescoring", answers(self.rescoring), methods=["POST"]),
        ]
        return score if service == "score" else []


@pytest.fixture
def upstreams() -> ScoreUpstreams:
    return ScoreUpstreams()


async def test_filters_and_pages_show_each_once_and_the_longest_overdue_first(
    pool: asyncpg.Pool, operations: Operations
) -> None:
    for number, age in enumerate((0, 8, 2, 9, 1), 1):
        await filed(pool, number, at=NOW - timedelta(days=age))
    await act(operations, "legal-1", 3, "assign", {"assignee": "risk-1"})
    await act(operations, "legal-1", 4, "resolve", ANSWER)
    shown, cursor = [], None
    while True:
        page = (await ask(operations, "ops-1", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        shown += [item["grievance_id"] for item in page["grievances"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert shown == [identifier(number) for number in (2, 3, 5, 1)]

    async def listed(**query: Any) -> list[str]:
        return [item["grievance_id"] for item in (await ask(operations, "ops-1", **query)).json()["grievances"]]

    assert await listed(assignee="risk-1") == [identifier(3)]
    assert await listed(status="resolved") == [identifier(4)]
    assert await listed(status="acknowledged") == []
    assert await listed(overdue="true") == [identifier(number) for number in (2, 3)]
    for query in ({"status": "closed"}, {"cursor": "x"}, {"assignee": "919800000001"}, {"order": "id"}):
        assert (await ask(operations, "ops-1", **query)).status_code == 400


async def test_a_grievance_is_assigned_once_and_taken_back(pool: asyncpg.Pool, operations: Operations) -> None:
    await filed(pool)
    for _ in range(2):
        assigned = (await act(operations, "legal-1", 1, "assign", {"assignee": "risk-1"})).json()
        assert (assigned["assigned_to"], assigned["assigned_at"]) == ("risk-1", "2026-05-20T08:00:00Z")
    assert (await act(operations, "legal-1", 1, "assign", {"assignee": None})).json()["assigned_to"] is None
    assert [event[0] for event in await operations.audited()] == ["grievance_assigned"] * 2
    await act(operations, "legal-1", 1, "resolve", ANSWER)
    assert (await act(operations, "legal-1", 1, "assign", {"assignee": "risk-1"})).status_code == 409


async def test_notes_are_encrypted_read_by_handlers_and_audited(pool: asyncpg.Pool, operations: Operations) -> None:
    await filed(pool)
    for text in ("Called Ramesh Kumar", "The March payments came late"):
        assert (await act(operations, "legal-1", 1, "notes", {"note": text})).status_code == 204
    notes = (await ask(operations, "risk-1", f"/{identifier(1)}/notes")).json()["items"]
    assert [(note["seq"], note["author"], note["text"]) for note in notes] == [
        (1, "legal-1", "Called Ramesh Kumar"),
        (2, "legal-1", "The March payments came late"),
    ]
    assert "Ramesh" not in await operations.whole_database()
    assert (await ask(operations, "ops-1", f"/{identifier(1)}/notes")).status_code == 403
    assert ("admin_data_access", "risk-1", "ok") in await operations.audited()


async def test_the_evidence_is_the_score_that_was_complained_about(pool: asyncpg.Pool, operations: Operations) -> None:
    await filed(pool)
    evidence = (await ask(operations, "legal-1", f"/{identifier(1)}/evidence")).json()
    assert evidence["score"]["record"]["score_id"] == SCORE_ID
    assert [score["record"]["score_id"] for score in evidence["other_scores"]] == ["scr_1"]
    assert ("admin_data_access", "legal-1", "ok") in await operations.audited()


async def test_a_new_score_is_asked_for_and_after_the_resolution_no_more(
    pool: asyncpg.Pool, operations: Operations, upstreams: ScoreUpstreams
) -> None:
    await filed(pool)
    asked = await act(operations, "legal-1", 1, "request-rescoring")
    assert asked.json()["rescoring_requested_at"] == "2026-05-20T08:00:00Z"
    path = f"POST /internal/admin/retailers/{RETAILER}/rescoring"
    assert (path, {"reference": identifier(1)}) in upstreams.asked
    upstreams.is_down.add("score")
    assert (await act(operations, "legal-1", 1, "request-rescoring")).status_code == 503
    await act(operations, "legal-1", 1, "resolve", ANSWER)
    assert (await act(operations, "legal-1", 1, "request-rescoring")).status_code == 409


@pytest.mark.parametrize(
    ("body", "is_down", "language"),
    [({}, False, "en"), ({"language": "hi"}, False, "hi"), ({}, True, "hi")],
)
async def test_the_retailer_is_told_once_in_their_language_by_a_code_and_without_the_text(
    pool: asyncpg.Pool,
    operations: Operations,
    upstreams: ScoreUpstreams,
    *,
    body: dict[str, str],
    is_down: bool,
    language: str,
) -> None:
    await filed(pool)
    if is_down:
        upstreams.is_down.add("consent")
    for _ in range(2):
        await act(operations, "legal-1", 1, "resolve", {**ANSWER, "outcome": "data_corrected", **body})
    [notice] = await operations.events("retailer.notice_requested")
    shown = {name: notice[name] for name in ("kind", "retailer_id", "language", "reference", "outcome")}
    assert shown == {
        "kind": "grievance_resolved",
        "retailer_id": RETAILER,
        "language": language,
        "reference": identifier(1),
        "outcome": "data_corrected",
    }
    assert ANSWER["resolution"] not in str(notice)


async def test_an_outcome_without_a_text_is_refused(pool: asyncpg.Pool, operations: Operations) -> None:
    await filed(pool)
    answer = await act(operations, "legal-1", 1, "resolve", {**ANSWER, "outcome": "won"})
    assert answer.status_code == 400
