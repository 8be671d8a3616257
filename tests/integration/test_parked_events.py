"""What a worker has set aside is tried and replayed by an operator at admin's API, between the real processes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from demo.context import Demo

from .conftest import eventually
from .parked import PARTITION, newest, set_aside

PARKED = "/v1/admin/parked-events"
WORKERS = ("notification", "scoring", "webhook")
OWNERS = {"admin", "consent", "score", *WORKERS}
TICKET = {"ticket": "OPS-17"}
WITHIN_S = 30


@pytest.fixture
def events(demo: Demo) -> Iterator[dict[str, int]]:
    """An erasure that each of the workers has applied, set aside there; its number by service."""
    message = newest(demo, "altscore.privacy", "retailer.erased")
    yield {service: set_aside(demo, service, message) for service in WORKERS}
    for service in WORKERS:
        with demo.superuser(service) as connection:
            connection.execute(b"DELETE FROM parked_order")
            connection.execute(b"DELETE FROM parked WHERE partition = %s", (PARTITION,))


def carried_out(admin: httpx.Client, events: dict[str, int], action: str) -> dict[str, str]:
    """Orders the same of every service; what came of it."""
    orders: dict[str, str] = {}
    for service, event in events.items():
        answer = admin.post(f"{PARKED}/{service}/{event}/{action}", json=TICKET)
        assert answer.status_code == 202, f"{service}: {answer.text}"
        orders[service] = answer.json()["order_id"]

    def states() -> dict[str, Any]:
        return {
            service: admin.get(f"{PARKED}/{service}/orders/{order}").json()["outcome"]
            for service, order in orders.items()
        }

    eventually(f"{action} is carried out", lambda: None not in states().values(), WITHIN_S)
    return states()


def test_what_workers_without_an_api_set_aside_is_tried_and_replayed_by_an_operator(
    demo: Demo, events: dict[str, int]
) -> None:
    with demo.operator() as admin:
        waiting = {item["service"]: item["waiting"] for item in admin.get(PARKED).json()["items"] if item["waiting"]}
        assert set(waiting) >= set(WORKERS)
        early = admin.post(f"{PARKED}/webhook/{events['webhook']}/replay", json=TICKET)
        assert early.status_code == 409, "a replay follows a dry run"
        assert carried_out(admin, events, "dry-run") == dict.fromkeys(WORKERS, "would_apply")
        assert carried_out(admin, events, "replay") == dict.fromkeys(WORKERS, "applied")
        left = [event["id"] for event in admin.get(f"{PARKED}/webhook").json()["items"]]
    assert events["webhook"] not in left


def test_every_owner_answers_and_the_others_say_why_they_have_none(demo: Demo) -> None:
    with demo.operator() as admin:
        states = {item["service"]: item["state"] for item in admin.get(PARKED).json()["items"]}
    assert {service for service, state in states.items() if state == "answers"} == OWNERS
    assert "silent" not in states.values()


@pytest.mark.parametrize("service", WORKERS)
def test_a_workers_port_takes_no_connection_without_a_certificate_and_no_caller_but_admin(
    demo: Demo, service: str
) -> None:
    summary = "/internal/admin/parked-summary"
    with demo.http(f"{service}-internal") as client, pytest.raises(httpx.HTTPError):
        client.get(summary)
    for identity, status in (("score", 403), (service, 403), ("admin", 200)):
        with demo.http(f"{service}-internal", identity=identity) as client:
            assert client.get(summary).status_code == status, identity
