"""What lenders are given as the contract: complete in words, named for generators, true for each endpoint."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from altscore_score.app import create_internal_app, create_lenders_app
from altscore_score.errors import PROBLEM_TYPES

LENDERS: dict[str, Any] = create_lenders_app(None).openapi()
INTERNAL: dict[str, Any] = create_internal_app(None).openapi()
OPERATION_IDS = {
    "POST /v1/score": "getScore",
    "POST /v1/score/batch": "getScoresInBatch",
    "GET /v1/score/{retailer_id}/history": "getScoreHistory",
    "GET /v1/retailers/lookup": "lookupRetailerByQuery",
    "POST /v1/retailers/lookup": "lookupRetailer",
    "POST /v1/grievances": "fileGrievance",
    "GET /v1/grievances/{grievance_id}": "getGrievance",
    "GET /v1/audit-proofs": "getAuditProofs",
    "POST /v1/auth/token": "issueToken",
    "GET /.well-known/jwks.json": "getSigningKeys",
    "GET /.well-known/audit-keys.json": "getAuditKeys",
}
WITH_KEY = {"getScore", "getScoresInBatch", "fileGrievance"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of a document by its method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_document_says_whose_it_is_and_where_it_is_served() -> None:
    info = LENDERS["info"]
    assert [server["url"] for server in LENDERS["servers"]] == ["https://api.altscore.in"]
    assert info["description"]
    assert info["contact"]["email"]
    assert info["license"]["name"]


def test_operations_have_readable_names_and_none_is_internal() -> None:
    assert {name: operation["operationId"] for name, operation in operations(LENDERS)} == OPERATION_IDS
    assert all(re.fullmatch(r"[a-z]+[A-Za-z]+", operation["operationId"]) for _, operation in operations(INTERNAL))


@pytest.mark.parametrize("where", OPERATION_IDS)
def test_every_operation_and_parameter_is_described(where: str) -> None:
    operation = dict(operations(LENDERS))[where]
    assert operation["summary"]
    assert operation["description"]
    assert all(parameter["description"] for parameter in operation.get("parameters", ()))


def test_every_field_is_described() -> None:
    missing = [
        f"{name}.{field}"
        for name, schema in LENDERS["components"]["schemas"].items()
        for field, member in schema.get("properties", {}).items()
        if not member.get("description")
    ]
    assert missing == []


def test_request_bodies_are_named() -> None:
    bodies = [operation["requestBody"] for _, operation in operations(LENDERS) if "requestBody" in operation]
    assert len(bodies) == 5
    for body in bodies:
        reference = body["content"]["application/json"]["schema"]["$ref"]
        assert reference.removeprefix("#/components/schemas/") in LENDERS["components"]["schemas"]


def test_a_request_id_is_text_and_is_called_a_key_only_where_it_is_one() -> None:
    with_key = set()
    for _, operation in operations(LENDERS):
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "X-Request-ID":
                assert parameter["schema"].keys() == {"type", "pattern"}
                assert re.search(parameter["schema"]["pattern"], parameter["example"])
                if "is the idempotency key" in parameter["description"]:
                    with_key.add(operation["operationId"])
    assert with_key == WITH_KEY


@pytest.mark.parametrize("where", OPERATION_IDS)
def test_a_400_names_a_field_of_its_own_endpoint(where: str) -> None:
    operation = dict(operations(LENDERS))[where]
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "requestBody" in operation:
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        names |= LENDERS["components"]["schemas"][reference.rsplit("/", 1)[-1]]["properties"].keys()
    examples = operation["responses"].get("400", {"content": {"application/problem+json": {"examples": {}}}})
    for example in examples["content"]["application/problem+json"]["examples"].values():
        for error in example["value"].get("errors", ()):
            assert error["field"].split(".")[0] in names


def test_the_type_of_every_problem_is_the_page_of_its_code() -> None:
    types = {
        (code, example["value"]["type"])
        for _, operation in operations(LENDERS)
        for response in operation["responses"].values()
        for code, example in response.get("content", {}).get("application/problem+json", {}).get("examples", {}).items()
    }
    assert len(types) > 10
    assert types == {(code, PROBLEM_TYPES + code) for code, _ in types}
