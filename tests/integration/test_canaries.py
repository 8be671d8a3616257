"""500 marked phones, GSTINs, names and secrets in every field that a caller controls: no store, no answer has one."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from demo.canary import Canary
from demo.context import LENDERS, Demo
from demo.steps.lender import Lender

from . import canaries
from .canaries import GSTINS, MARKS, NAMES, PHONES, SECRETS, hits
from .test_refused_callers import DOCUMENTS, documented

PLANTED = {
    "a phone": PHONES[3].encode(),
    "with the country": f"tel:+91{PHONES[7]};".encode(),
    "a GSTIN": GSTINS[124].encode(),
    "in lower case": GSTINS[0].lower().encode(),
    "a name in a form": NAMES[5].replace(" ", "+").encode(),
    "a secret": SECRETS[9].encode(),
    "the text of a bytea": PHONES[7].encode().hex().encode(),
    "a name as the text of a bytea": NAMES[7].encode().hex().upper().encode(),
}


@pytest.mark.parametrize("form", PLANTED)
def test_the_search_sees_a_planted_mark(form: str) -> None:
    assert len(set(MARKS)) == 500
    assert len(hits(b'{"x": "' + PLANTED[form] + b'"}')) == 1


def test_the_search_sees_a_number_of_a_ledger_and_no_part_of_a_longer_one() -> None:
    known = frozenset((b"9000000135", b"24AABPN0000C1ZV"))
    assert canaries.of_ledgers(b"tel:+919000000135, 24AABPN0000C1ZV, 190000001359", known) == [
        b"9000000135",
        b"24AABPN0000C1ZV",
    ]


class Sent:
    """What the stack was sent, and what it answered that has a mark in it."""

    def __init__(self) -> None:
        self.began_at = time.time()
        self.statuses: dict[int, int] = {}
        self.echoes: list[tuple[str, str]] = []

    def request(self, client: httpx.Client, **request: Any) -> None:
        """Sends one, and looks at what comes back."""
        answer = client.request(**request)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if hits(repr(answer.headers.multi_items()).encode() + answer.content):
            self.echoes.append((request["method"], str(answer.url)))


def send_everything(demo: Demo) -> Sent:
    """Every operation of every document twice, by whom its service knows best, and a grievance full of marks."""
    sent, marks, lender = Sent(), canaries.all_marks(), Lender(demo, LENDERS[0])
    with demo.operator() as operator:
        callers = {"admin": operator, "score": lender.http}
        for service in DOCUMENTS:
            with demo.http(service, identity="admin") as known:
                for path, method, document in documented(service):
                    if service == "score" and path.startswith("/internal"):
                        continue  # another listener's
                    if method == "get" or "{" in path or "requestBody" in document["paths"][path][method]:
                        client = callers.get(service, known)
                        for _ in range(2):
                            sent.request(client, **canaries.as_sent(document, path, method, marks))
    score = lender.score(Canary(demo).marked(10)[-1]).json()
    grievance = {name: score[name] for name in ("retailer_id", "score_id")} | {"grievance_type": "other"}
    filed = lender.http.post("/v1/grievances", json=grievance | {"description": " ".join(MARKS[:40])})
    assert filed.status_code == 200, filed.text
    return sent


@pytest.fixture(scope="module")
def sent(demo: Demo) -> Sent:
    return send_everything(demo)


def test_no_answer_repeats_what_its_caller_sent(sent: Sent) -> None:
    assert sent.echoes == []
    assert sum(sent.statuses.values()) * 4 > len(MARKS)
    assert {200, 400, 401, 403} <= sent.statuses.keys()


def test_no_database_topic_cache_object_log_metric_or_temporary_file_has_a_mark_or_a_number_of_a_ledger(
    demo: Demo, sent: Sent
) -> None:
    demo.until("the grievance has reached admin", lambda: not waiting(demo), limit_s=60)
    names = list(demo.count("audit", "SELECT array_agg(DISTINCT topic) FROM event_count"))
    sources: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
        "databases": lambda: canaries.databases(demo),
        "topics": lambda: canaries.topics(demo, names),
        "cache": lambda: canaries.cache(demo),
        "files": lambda: canaries.files(demo, sent.began_at),
        "metrics": lambda: canaries.metrics(demo),
        "objects": lambda: canaries.objects(demo),
    }
    of_ledgers = frozenset(text.encode() for text in demo.facts["personal_texts"])
    looked_at, leaks = dict.fromkeys(sources, 0), []
    for source, contents in sources.items():
        for place, content in contents():
            looked_at[source] += len(content)
            leaks += [(source, place, hit) for hit in (hits(content) + canaries.of_ledgers(content, of_ledgers))[:3]]
    assert leaks == []
    assert min(looked_at.values()) > 1_000, looked_at
    print(f"\n{looked_at} bytes, {sent.statuses} answers")


def waiting(demo: Demo) -> int:
    """Events of score that its relay has not sent yet."""
    return int(demo.count("score", "SELECT count(*) FROM outbox WHERE sent_at IS NULL"))
