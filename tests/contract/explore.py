"""Requests generated from a service's OpenAPI document, good and bad, and what every answer must be."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import requests
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

ROOT = Path(__file__).parents[2]
BASE_URL = "https://altscore.test"
EXAMPLES = 20
Send = Callable[[httpx.Request], Awaitable[httpx.Response]]
_METHODS = ("get", "put", "post", "delete", "patch")
_RULES = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_RUN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def explored(test: Any) -> Any:
    """Runs a test of `@given` with a fixed seed and a bounded number of examples: the same requests every time."""
    return _RUN(seed(20_260_520)(test))


class Operation(NamedTuple):
    """One method of one path of a committed document."""

    document: Path
    method: str
    path: str

    def __str__(self) -> str:
        """Its name in the test's report."""
        return f"{self.method.upper()} {self.path}"


def operations(document: str) -> list[Operation]:
    """Every operation of a committed document, `<service>/<file>`."""
    path = ROOT / "services" / document
    paths = json.loads(path.read_text(encoding="utf-8"))["paths"]
    all_operations = [
        Operation(path, method, name) for name, methods in paths.items() for method in methods if method in _METHODS
    ]
    assert all_operations, f"{document} has no operation: the rule would hold over nothing"
    return all_operations


@cache
def _schema(document: Path) -> Any:
    load_all_checks()
    return schemathesis.openapi.from_dict(json.loads(document.read_text(encoding="utf-8")))


@cache
def _cases(operation: Operation) -> st.SearchStrategy[Any]:
    whole = _schema(operation.document)[operation.path][operation.method.upper()]
    good: st.SearchStrategy[Any] = whole.as_strategy(GenerationMode.POSITIVE)
    if not (whole.path_parameters or whole.query or whole.headers or whole.body):
        return good
    return st.one_of(good, whole.as_strategy(GenerationMode.NEGATIVE))


def draw_case(data: st.DataObject, operation: Operation, known: Mapping[str, Any]) -> Any:
    """A request of the operation, two times in three with identifiers that exist."""
    is_known = data.draw(st.sampled_from([True, True, False]), label="with what exists")
    case = data.draw(_cases(operation))
    if is_known:
        for place in (case.path_parameters, case.query, case.body):
            if isinstance(place, dict):
                place.update({name: value for name, value in known.items() if name in place})
    return case


def request_of(case: Any, **headers: str) -> httpx.Request:
    """The request of a case as a client sends it, these headers added or replaced."""
    sent = requests.Request(**case.as_transport_kwargs(base_url=BASE_URL)).prepare()
    whole = {name.lower(): value for name, value in sent.headers.items()}
    whole |= {name.lower(): value for name, value in headers.items()}
    pairs = [(name.encode("latin-1"), _raw(value)) for name, value in whole.items()]
    body: Any = sent.body if sent.body is not None else b""  # bytes or text of a case, as requests encoded it
    return httpx.Request(str(sent.method), str(sent.url), headers=pairs, content=body)


def _raw(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


async def conforms(case: Any, request: httpx.Request, send: Send) -> httpx.Response:
    """Sends a request: the answer is declared, of its type and schema, no fault of ours, and a refusal is a problem."""
    response = await send(request)
    response.request = request
    told = f"{request.method} {request.url} answered {response.status_code}: {response.text[:500]}"
    assert response.status_code < 500, told
    assert response.headers["x-request-id"], told
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json", told
        body = response.json()
        assert (body["status"], body["request_id"]) == (response.status_code, response.headers["x-request-id"]), told
    declared = case.operation.definition.raw["responses"]
    assert str(response.status_code) in declared, f"only `default` declares it: {told}"
    case.validate_response(response, checks=[_rule(name) for name in _RULES])
    return response


@cache
def _rule(name: str) -> Any:
    return CHECKS.get_by_names([name])[0]


def caller_of(app: FastAPI, operation: Operation) -> str:
    """A service that the operation's router lets in."""
    for route in _routes(app):
        if (
            isinstance(route, APIRoute)
            and route.path == operation.path
            and operation.method.upper() in (route.methods or ())
        ):
            for dependency in route.dependant.dependencies:
                if callers := getattr(dependency.call, "altscore_callers", None):
                    return str(callers[0])
    raise LookupError(f"nobody may call {operation}")


def _routes(app: FastAPI) -> Iterator[Any]:
    for included in app.routes:
        yield from getattr(getattr(included, "original_router", None), "routes", [included])
