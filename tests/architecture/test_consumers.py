"""Whoever reads a topic that must be signed verifies signatures."""

import ast
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from altscore_admin.parked.service import OTHERS, OWNERS
from altscore_libs.parked_listener import create_parked_app
from altscore_local.layout import OUR_DATABASES

from .conftest import ROOT, SERVICES

TOPICS = yaml.safe_load((ROOT / "schemas/topics.yml").read_text(encoding="utf-8"))
SIGNED = [topic for topic in TOPICS if topic.get("signed")]
# The pipeline is only woken by events, and what a run works on is asked of their owners. The audit's recorder keeps
# every message and judges signatures itself.
ELSEWHERE = {"audit", "pipeline"}
READERS = sorted({reader for topic in SIGNED for reader in topic["consumers"]} - ELSEWHERE)


def calls_of(service: str) -> Iterator[tuple[str, set[str | None]]]:
    """Every call in a service's sources: the name that is called, and the keywords that are given."""
    place = ROOT / (
        "services/ingestion/src/altscore_ingestion/vault" if service == "vault" else f"services/{service}/src"
    )
    for path in sorted(place.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node.func.id, {keyword.arg for keyword in node.keywords}


@pytest.mark.parametrize("service", ["notification", "score", "scoring"])
def test_withdrawals_and_blocks_wait_for_nothing(service: str) -> None:
    consumers = [keywords for name, keywords in calls_of(service) if name == "Consumer"]
    assert consumers
    assert all("only_taking_away" in keywords for keywords in consumers)


def test_events_that_change_access_are_on_signed_topics() -> None:
    assert len(SIGNED) == 8
    assert len(READERS) == 6
    unsigned = {event for topic in TOPICS if not topic.get("signed") for event in topic["events"]}
    assert unsigned == {
        "erp.anomaly.detected",
        "grievance.filed",
        "grievance.status_changed",
        "ingestion.batch.complete",
    }


@pytest.mark.parametrize("service", READERS)
def test_every_reader_of_a_signed_topic_has_the_producers_keys(service: str) -> None:
    calls = list(calls_of(service))
    consumers = [keywords for name, keywords in calls if name == "Consumer"]
    # `certified` reads events that carry their own proof, which their handlers verify
    assert consumers or any(name in {"trusting", "certified"} for name, _ in calls)
    assert all("keys" in keywords for keywords in consumers)
    assert not [name for name, _ in calls if name == "Decoder"], "a decoder of its own would verify nothing"
    batches = [keywords for name, keywords in calls if name == "BatchConsumer"]
    assert all("park" in keywords for keywords in batches), "without a place to park, one message stops the others"


def test_admin_reaches_whoever_sets_events_aside_and_says_of_all_others_why_they_have_none() -> None:
    called = {service: {name for name, _ in calls_of(service)} for service in SERVICES}
    assert {service for service, names in called.items() if "Consumer" in names} == set(OWNERS)
    assert {service for service, names in called.items() if "order_workers" in names} == set(OWNERS)
    assert {*OWNERS, *OTHERS} == set(OUR_DATABASES)


@pytest.mark.parametrize("service", ["consent", "score"])
def test_whoever_sets_events_aside_answers_admin_by_the_same_contract(service: str) -> None:
    def operations(document: dict[str, Any]) -> set[tuple[str, str]]:
        paths = {path: item for path, item in document["paths"].items() if "/parked-" in path}
        return {(method, path) for path, item in paths.items() for method in item}

    of_workers = operations(create_parked_app(None).openapi())
    committed = json.loads((ROOT / f"services/{service}/openapi.json").read_text(encoding="utf-8"))
    assert len(of_workers) == 5
    assert operations(committed) == of_workers
