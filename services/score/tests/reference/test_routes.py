"""The reference is served without credentials, and no internal route stands in it."""

import ast
from pathlib import Path
from typing import Any

import altscore_score
import pytest
from altscore_libs.testing import api_client
from altscore_score.app import create_internal_app, create_lenders_app, create_served_lenders_app
from altscore_score.errors import PROBLEM_TYPES
from altscore_score.reference.pages import error_catalogue
from fastapi.routing import APIRoute

from ..world import PURPOSE, RETAILER, World

PAGES = {"/docs", "/openapi.json", "/errors/{code}", "/.well-known/security.txt"}
PUBLIC = PAGES | {"/v1/auth/token", "/.well-known/jwks.json", "/.well-known/audit-keys.json"}


def public_paths(app: Any) -> set[str]:
    """Paths of the routes that are marked as public."""
    return {
        route.path
        for included in app.routes
        for route in getattr(getattr(included, "original_router", None), "routes", [included])
        if isinstance(route, APIRoute) and getattr(route.endpoint, "altscore_public", False)
    }


def test_no_other_path_takes_callers_without_credentials() -> None:
    assert public_paths(create_lenders_app(None)) == PUBLIC
    assert public_paths(create_internal_app(None)) == set()


async def test_the_document_is_served_as_it_is_held_and_without_internal_routes() -> None:
    app = create_lenders_app(None)
    async with api_client(app) as client:
        reply = await client.get("/openapi.json")
    assert reply.json() == app.openapi()
    assert not [path for path in reply.json()["paths"] if "internal" in path or path in PAGES]
    assert "internal" not in reply.text


@pytest.mark.parametrize("path", ["/docs", "/errors/TOKEN_EXPIRED", "/.well-known/security.txt"])
async def test_the_pages_are_served_and_run_nothing(path: str) -> None:
    async with api_client(create_lenders_app(None)) as client:
        reply = await client.get(path)
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "public, max-age=3600"
    assert "<script" not in reply.text
    if path != "/.well-known/security.txt":
        assert reply.headers["content-security-policy"].startswith("default-src 'none'")


async def test_an_unknown_code_has_no_page() -> None:
    async with api_client(create_lenders_app(None)) as client:
        reply = await client.get("/errors/NO_SUCH_CODE")
    assert (reply.status_code, reply.json()["code"]) == (404, "NOT_FOUND")


async def test_the_type_of_a_refusal_leads_to_its_page(world: World) -> None:
    client, body = world.lenders, {"retailer_id": RETAILER, "purpose": PURPOSE}
    headers = world.headers()
    replies = [
        await client.get("/nowhere"),
        await client.get("/v1/score"),
        await client.post("/v1/score", json=body),
        await client.post("/v1/score", json={}, headers=headers),
        await client.post("/v1/score", json={**body, "retailer_id": "ret_x"}, headers=headers),
        await client.post("/v1/score", json={**body, "retailer_id": "ret_" + "f" * 16}, headers=headers),
        await client.post("/v1/auth/token", json={}),
        await client.post("/v1/auth/token", json={"client_id": "lender_x", "client_secret": "wrong"}),
        await client.get("/v1/grievances/grv_x", headers=headers),
    ]
    batch = {"retailer_ids": ["ret_" + "f" * 16], "purpose": PURPOSE}
    batch_reply = await client.post("/v1/score/batch", json=batch, headers=headers)
    problems = [reply.json() for reply in replies] + [batch_reply.json()["results"][0]["problem"]]
    assert len({problem["code"] for problem in problems}) >= 7
    for problem in problems:
        assert problem["type"] == PROBLEM_TYPES + problem["code"]
        assert problem["code"] in error_catalogue()
        page = problem["type"].removeprefix("https://api.altscore.in")
        assert (await client.get(page)).status_code == 200


async def test_the_type_of_a_fault_of_ours_leads_to_its_page_and_an_internal_one_is_blank() -> None:
    for app, expected in (
        (create_served_lenders_app(None), f"{PROBLEM_TYPES}INTERNAL_ERROR"),
        (create_internal_app(None), "about:blank"),
    ):
        path = "/v1/score" if expected != "about:blank" else "/internal/admin/lenders/lender_x"
        async with api_client(app, "admin") as client:
            reply = await client.request("POST" if path == "/v1/score" else "PUT", path, json={"name": "x"})
        assert (reply.status_code, reply.json()["type"]) == (500, expected)


def test_problems_are_written_by_one_function() -> None:
    paths = sorted(Path(altscore_score.__file__).parent.rglob("*.py"))
    assert len(paths) > 50
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("altscore_libs.web"):
                assert "problem" not in {name.name for name in node.names}, path
