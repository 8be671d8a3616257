"""Contracts between services: every topic whole, every sample judged, no personal data on the wire."""

import ast
import datetime as dt
import io
import json
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest
import yaml
from altscore_libs.events import SchemaCatalog

from .conftest import ROOT, SERVICES

SCHEMAS = ROOT / "schemas"
TOPICS = yaml.safe_load((SCHEMAS / "topics.yml").read_text(encoding="utf-8"))
DOCUMENTS = sorted(ROOT.glob("services/*/openapi*.json"))
EVENTS = sorted(path.parent for path in SCHEMAS.glob("*/*/v1.avsc"))
KNOWN = {*SERVICES, "vault", "portal", "pipeline"}
PERSONAL = ("phone", "gst", "pan", "name_of", "shop_name", "email", "address", "wa_id", "wamid", "message_id")
ENVELOPE = ["event_id", "occurred_at", "producer", "producer_seq", "trace_id"]


def newest(folder: Path) -> dict[str, Any]:
    """The newest schema of an event."""
    path = max(folder.glob("v*.avsc"), key=lambda file: int(file.stem[1:]))
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(schema, dict)
    return schema


def sources_of(service: str) -> str:
    """All code of a service (the vault lives in ingestion, the portal in admin, the pipeline in pipelines)."""
    inner = {"vault": "services/ingestion", "portal": "services/admin", "pipeline": "pipelines"}
    place = inner.get(service, f"services/{service}")
    files = [path for path in (ROOT / place).rglob("*.py") if "tests" not in path.parts]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic["name"])
def test_every_topic_has_events_producers_and_consumers_that_exist(topic: dict[str, Any]) -> None:
    assert topic["events"]
    assert topic["producers"]
    assert topic["consumers"]
    assert set(topic["producers"]) | set(topic["consumers"]) <= KNOWN
    folders = {path.name for path in EVENTS}
    assert set(topic["events"]) <= folders


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic["name"])
def test_every_event_is_made_by_its_producer_and_every_topic_read_by_its_consumers(topic: dict[str, Any]) -> None:
    for producer in topic["producers"]:
        code = sources_of(producer)
        for event in topic["events"]:
            is_produced = ".audit(" in code if event == "audit_event" else f'"{event}"' in code
            assert is_produced, f"{producer} never makes {event}"
    for consumer in topic["consumers"]:
        code = sources_of(consumer)
        assert f'"{topic["name"]}"' in code or "topics.yml" in code, f"{consumer} never reads {topic['name']}"


def test_every_schema_stands_on_a_topic() -> None:
    assert sorted(path.name for path in EVENTS) == sorted(name for topic in TOPICS for name in topic["events"])


@pytest.mark.parametrize("folder", EVENTS, ids=lambda path: path.name)
def test_good_samples_fit_and_bad_samples_do_not(folder: Path) -> None:
    schema = fastavro.parse_schema(newest(folder))
    good, bad = sorted(folder.glob("samples/pass/*.json")), sorted(folder.glob("samples/fail/*.json"))
    assert good
    assert bad
    for path in good:
        assert fits(schema, json.loads(path.read_text(encoding="utf-8"))), path.name
    for path in bad:
        assert not fits(schema, json.loads(path.read_text(encoding="utf-8"))), path.name


def fits(schema: Any, sample: dict[str, Any]) -> bool:
    """Whether a JSON sample, its logical types parsed, can be encoded."""
    parsers: dict[str, Callable[[str], Any]] = {
        "uuid": uuid.UUID,
        "timestamp-micros": dt.datetime.fromisoformat,
        "date": dt.date.fromisoformat,
        "decimal": Decimal,
    }
    value = dict(sample)
    for field in schema["fields"]:
        kind = field["type"].get("logicalType") if isinstance(field["type"], dict) else None
        if kind and field["name"] in value:
            value[field["name"]] = parsers[kind](value[field["name"]])
    try:
        fastavro.schemaless_writer(io.BytesIO(), schema, value, strict=True)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("folder", EVENTS, ids=lambda path: path.name)
def test_every_event_starts_with_the_envelope_and_names_its_fields_without_personal_data(folder: Path) -> None:
    names = [field["name"] for field in newest(folder)["fields"]]
    assert names[: len(ENVELOPE)] == ENVELOPE
    assert not [name for name in names if any(term in name for term in PERSONAL)]


def test_money_in_events_is_decimal() -> None:
    fields = [
        (folder.name, field) for folder in EVENTS for field in newest(folder)["fields"] if "_inr" in field["name"]
    ]
    assert fields
    assert all(field["type"].get("logicalType") == "decimal" for _, field in fields)


def audited_by(tree: ast.AST) -> set[str]:
    """Actions that a service's sources name: of `audit(…)`, of `Entry(…)`, and as `served=` or `refused=`."""
    named: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            named += node.args if called == "audit" else node.args[:1] if called == "Entry" else []
            named += [node_.value for node_ in node.keywords if node_.arg in ("served", "refused")]
    constants = dict(pair for node in ast.walk(tree) if isinstance(node, ast.Assign) for pair in assigned(node))
    values = [constants.get(node_.id) if isinstance(node_, ast.Name) else node_ for node_ in named]
    return {node_.value for node_ in values if isinstance(node_, ast.Constant) and isinstance(node_.value, str)}


def assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """Names and values of an assignment, taken apart where several are made at once."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        yield from (
            (name.id, element)
            for name, element in zip(target.elts, value.elts, strict=True)
            if isinstance(name, ast.Name)
        )
    elif isinstance(target, ast.Name):
        yield target.id, value


def test_every_audited_action_is_listed_with_its_chain() -> None:
    listed = yaml.safe_load((SCHEMAS / "audit/actions.yml").read_text(encoding="utf-8"))
    assert list(listed) == sorted(listed)
    assert {entry["chain"] for entry in listed.values()} == {"general", "failed_auth"}
    used = {action for service in sorted(KNOWN - {"audit"}) for action in audited_by(ast.parse(sources_of(service)))}
    assert used, "no audited action was found: the rule would hold over nothing"
    assert used <= set(listed)


def test_lenders_are_handed_entries_of_listed_actions_alone() -> None:
    shown = yaml.safe_load((SCHEMAS / "audit/lender_entries.yml").read_text(encoding="utf-8"))
    listed = yaml.safe_load((SCHEMAS / "audit/actions.yml").read_text(encoding="utf-8"))
    assert list(shown) == sorted(shown)
    assert {listed[action]["chain"] for action in shown} == {"general"}
    assert all(names == sorted(names) for names in shown.values())
    assert set(shown) <= audited_by(ast.parse(sources_of("score")))


def test_the_catalogue_reads_what_stands_here() -> None:
    assert SchemaCatalog.load(SCHEMAS).names() == sorted(path.name for path in EVENTS)


# The contract calls a further code no breaking change (API, versioning).
LATER_CODES = {
    *("FULL_PAYMENTS", "NO_ORDER_GAP", "LOW_PURCHASE_VOLUME", "NARROW_PRODUCT_MIX", "PAYMENT_TIMES_VARY"),
    *("ORDERED_RECENTLY", "ACTIVE_MOST_MONTHS", "ORDERS_ABOVE_LEAST_FREQUENT", "ORDERS_BELOW_MOST_FREQUENT"),
    *("VOLUME_ABOVE_SMALLEST", "VOLUME_BELOW_LARGEST", "RANGE_BELOW_WIDEST", "GROWTH_BELOW_FASTEST"),
}


def test_the_taxonomy_has_the_contracts_24_codes_and_later_ones_in_two_languages_with_their_facts() -> None:
    codes = yaml.safe_load((SCHEMAS / "reference/reason_codes.yml").read_text(encoding="utf-8"))
    assert len(codes) == 24 + len(LATER_CODES)
    assert set(codes) >= LATER_CODES
    assert all({"group", "direction", "label_en", "label_hi", "fact"} == set(entry) for entry in codes.values())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_document_has_a_fraction_as_multiple_of(path: Path) -> None:
    """Common validators divide by 0.01 in binary and refuse good amounts."""
    assert DOCUMENTS
    assert '"multipleOf": 0.' not in path.read_text(encoding="utf-8")
