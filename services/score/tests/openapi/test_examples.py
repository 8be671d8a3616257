"""The OpenAPI document: every example fits its schema, and real replies are as declared."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from altscore_libs import parked_routes, strictjson, web
from altscore_libs.errors import AltScoreError
from altscore_score import errors
from altscore_score.access import schemas as access
from altscore_score.app import openapi_document
from altscore_score.audit_proofs import schemas as audit_proofs
from altscore_score.grievances import schemas as grievances
from altscore_score.history import schemas as history
from altscore_score.lender_accounts import schemas as lender_accounts
from altscore_score.portfolios import schemas as portfolios
from altscore_score.retailers import schemas as retailers
from altscore_score.rights import schemas as rights
from altscore_score.score_batches import schemas as score_batches
from altscore_score.score_views import schemas as score_views
from altscore_score.scores import schemas as scores
from altscore_score.switches import schemas as switches
from altscore_score.tokens import schemas as tokens
from pydantic import BaseModel

from ..world import GSTIN, LENDER, OTHER_RETAILER, PURPOSE, RETAILER, World

DOCUMENT = openapi_document()
MODELS: dict[str, type[BaseModel]] = {
    name: kind
    for module in (
        *(access, audit_proofs, grievances, history, lender_accounts, parked_routes, portfolios, retailers, rights),
        *(score_batches, score_views, scores, switches, tokens),
    )
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, BaseModel)
}


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation by its method and path."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every request and every good reply by its operation."""
    for name, operation in operations():
        if "requestBody" in operation:
            yield f"{name} request", operation["requestBody"]["content"]["application/json"]
        for status, response in operation["responses"].items():
            if "application/json" in response.get("content", {}):
                yield f"{name} {status}", response["content"]["application/json"]


def problems() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every example of a problem with its place and its code."""
    for name, operation in operations():
        for status, response in operation["responses"].items():
            media = response.get("content", {}).get("application/problem+json", {"examples": {}})
            for code, example in media["examples"].items():
                yield f"{name} {status} {code}", code, example["value"]


def model_of(media: dict[str, Any]) -> type[BaseModel]:
    """The model that a body is made of."""
    schema = media["schema"]
    return MODELS[schema["$ref"].rsplit("/", 1)[-1] if "$ref" in schema else schema["title"]]


BODIES, PROBLEMS = dict(bodies()), {where: (code, example) for where, code, example in problems()}


def test_the_document_is_openapi_3_1_and_was_read() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert len(BODIES) >= 20
    assert len(PROBLEMS) >= 50


@pytest.mark.parametrize("where", BODIES)
def test_every_body_has_an_example_that_fits_its_schema(where: str) -> None:
    media = BODIES[where]
    raw = json.dumps(media["example"]).encode()
    model = model_of(media)
    if where.endswith("request"):
        model.model_validate(strictjson.loads(raw))  # as the API reads it
        return
    shown = model.model_validate_json(raw).model_dump(mode="json", exclude_unset=True)
    assert shown == json.loads(raw)  # nothing in it that the schema does not know


@pytest.mark.parametrize("where", PROBLEMS)
def test_every_problem_example_is_what_the_api_writes(where: str) -> None:
    code, example = PROBLEMS[where]
    error = AltScoreError(example.get("detail", ""))
    declared = where.split()[2]
    error.code, error.status = code, 405 if declared == "default" else int(declared)
    write = web.problem if "/internal/" in where else errors.problem
    written = json.loads(bytes(write(error, example["request_id"]).body))
    assert written == {name: value for name, value in example.items() if name != "errors"}
    scores.Problem.model_validate(example)


def test_every_code_of_the_contract_stands_under_its_own_status() -> None:
    known = {
        kind.code: kind.status
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, AltScoreError)
    }
    shown = {code: example["status"] for code, example in PROBLEMS.values()}
    assert {code for code in known if code not in shown} <= {"INTERNAL_ERROR"}
    assert {code: shown[code] for code in known if code in shown} == {
        code: status for code, status in known.items() if code in shown
    }


@pytest.mark.parametrize("where", [name for name, _ in operations()])
def test_every_reply_declares_its_headers_and_every_parameter_has_an_example(where: str) -> None:
    operation = dict(operations())[where]
    for status, response in operation["responses"].items():
        names = set(response["headers"])
        assert "X-Request-ID" in names
        assert ("X-RateLimit-Reset" in names) == ("/internal/" not in where and status != "431")
        assert status != "429" or "Retry-After" in names
        assert status != "401" or "WWW-Authenticate" in names
        assert status < "300" or response["content"]["application/problem+json"]["examples"]
    for parameter in operation.get("parameters", ()):
        pattern = parameter["schema"].get("pattern")
        assert pattern is None or re.search(pattern, str(parameter["example"]))
        assert "example" in parameter
    assert {"500"} <= operation["responses"].keys()


def check(reply: httpx.Response, where: str) -> None:
    """A reply has its status, its media type and its headers declared, and the declared headers are there."""
    declared = dict(operations())[where]["responses"][str(reply.status_code)]
    assert reply.headers["content-type"].split(";")[0] in declared["content"]
    missing = {name for name in declared["headers"] if name not in reply.headers}
    assert not missing, (where, reply.status_code, missing)
    if reply.status_code >= 400:
        assert reply.json()["code"] in declared["content"]["application/problem+json"]["examples"]
    else:
        media = declared["content"]["application/json"]
        shown = model_of(media).model_validate_json(reply.content).model_dump(mode="json", exclude_unset=True)
        assert shown.keys() == reply.json().keys()


async def test_real_replies_are_as_declared(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    world.neighbours.identities[GSTIN] = RETAILER
    client, headers = world.lenders, world.headers()
    body = {"retailer_id": RETAILER, "purpose": PURPOSE}
    path = "/v1/score/{retailer_id}/history"
    for retailer_id, more in [
        (RETAILER, {}), (OTHER_RETAILER, {}), ("ret_00000000000000aa", {}), ("ret_1", {}), (RETAILER, {"surplus": 1}),
    ]:  # fmt: skip
        check(await client.post("/v1/score", json={**body, "retailer_id": retailer_id, **more}, headers=headers),
              "POST /v1/score")  # fmt: skip
        check(await client.get(f"/v1/score/{retailer_id}/history", headers=headers), f"GET {path}")
    check(await client.post("/v1/score", json=body), "POST /v1/score")
    check(await client.post("/v1/score", content=b"{}", headers=headers), "POST /v1/score")
    many = {"retailer_ids": [RETAILER, OTHER_RETAILER], "purpose": PURPOSE}
    check(await client.post("/v1/score/batch", json=many, headers=headers), "POST /v1/score/batch")
    check(await client.post("/v1/score/batch", json={}, headers=headers), "POST /v1/score/batch")
    check(await client.get("/v1/retailers/lookup", params={"gst": GSTIN}, headers=headers), "GET /v1/retailers/lookup")
    check(await client.post("/v1/retailers/lookup", json={"gst": "x"}, headers=headers), "POST /v1/retailers/lookup")
    credentials = {"client_id": LENDER, "client_secret": "wrong"}
    check(await client.post("/v1/auth/token", json=credentials), "POST /v1/auth/token")
    check(await client.post("/v1/auth/token", json={}), "POST /v1/auth/token")
    check(await client.get("/.well-known/jwks.json"), "GET /.well-known/jwks.json")
    check(await client.get("/.well-known/audit-keys.json"), "GET /.well-known/audit-keys.json")
    lender = "PUT /internal/admin/lenders/{lender_id}"
    check(await world.admin.put("/internal/admin/lenders/lender_new", json={"name": "New"}), lender)
    check(await world.admin.put("/internal/admin/lenders/lender_new", json={"name": "New"}), lender)
    check(await world.admin.put("/internal/admin/lenders/x", json={"name": "New"}), lender)
    for _ in range(4):
        last = await client.post("/v1/score", json=body, headers=headers)
    check(last, "POST /v1/score")
    assert last.status_code == 429
    world.neighbours.is_down = True
    await world.later(120)
    check(await client.post("/v1/score", json=body, headers=headers), "POST /v1/score")


COMMITTED = json.loads((Path(__file__).parents[2] / "openapi.json").read_text(encoding="utf-8"))


def test_the_committed_document_is_the_generated_one() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == COMMITTED


def test_the_committed_document_has_every_endpoint_of_the_contract() -> None:
    assert {f"{method.upper()} {path}" for path, methods in COMMITTED["paths"].items() for method in methods} >= {
        "POST /v1/auth/token",
        "POST /v1/score",
        "POST /v1/score/batch",
        "GET /v1/score/{retailer_id}/history",
        "GET /v1/retailers/lookup",
        "POST /v1/retailers/lookup",
        "POST /v1/grievances",
        "GET /v1/grievances/{grievance_id}",
        "GET /v1/audit-proofs",
        "GET /.well-known/jwks.json",
        "GET /.well-known/audit-keys.json",
    }
