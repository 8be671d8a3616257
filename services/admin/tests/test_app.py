"""The API as a whole: its document, and a permission on every route."""

import json
from pathlib import Path
from typing import Any

from altscore_admin.app import create_app
from altscore_admin.portal.app import create_app as create_portal_app

# Whoever calls: the identity provider's browser is not signed in yet. Whoever is signed in, about their own session.
PUBLIC = {"/v1/admin/saml/login", "/v1/admin/saml/acs", "/v1/admin/saml/metadata"}
OWN_SESSION = {
    *("/v1/admin/session", "/v1/admin/session/challenge", "/v1/admin/session/token", "/v1/admin/session/logout"),
    *("/v1/admin/action-challenges", "/v1/admin/security-keys", "/v1/admin/security-keys/challenge"),
}


def routes() -> list[Any]:
    """Every route of the application."""
    all_routes = [
        route
        for included in create_app(None).routes
        for route in getattr(getattr(included, "original_router", None), "routes", [included])
    ]
    assert len(all_routes) >= 15
    return all_routes


def calls_of(route: Any) -> list[Any]:
    """What a route depends on."""
    return [item.call for item in getattr(getattr(route, "dependant", None), "dependencies", [])]


def test_every_route_demands_a_permission_or_is_nobodys() -> None:
    marks = {
        route.path: (
            [call.altscore_permission for call in calls_of(route) if hasattr(call, "altscore_permission")],
            any(hasattr(call, "altscore_own_session") for call in calls_of(route)),
            hasattr(route.endpoint, "altscore_public"),
        )
        for route in routes()
    }
    assert set(marks) >= set(create_app(None).openapi()["paths"])
    assert {path for path, (_, _, is_public) in marks.items() if is_public} == PUBLIC
    assert {path for path, (_, is_own, _) in marks.items() if is_own} == OWN_SESSION
    assert [
        path
        for path, (permissions, _, _) in marks.items()
        if len(permissions) != 1 and path not in PUBLIC | OWN_SESSION
    ] == []
    assert [path for path in PUBLIC | OWN_SESSION if marks[path][0]] == []


def test_the_openapi_document_is_the_committed_one() -> None:
    committed = Path(__file__).parents[1] / "openapi.json"
    assert create_app(None).openapi() == json.loads(committed.read_text(encoding="utf-8"))


def test_the_portals_document_is_the_committed_one() -> None:
    committed = Path(__file__).parents[1] / "openapi_portal.json"
    assert create_portal_app(None).openapi() == json.loads(committed.read_text(encoding="utf-8"))
