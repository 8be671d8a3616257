"""The API as a whole: its document, and a permission on every route."""

import json
from pathlib import Path

from altscore_admin.app import create_app


def test_every_route_demands_a_permission_or_is_nobodys() -> None:
    app = create_app(None)
    assert len(app.openapi()["paths"]) >= 15
    permissions_by_path = {}
    for included in app.routes:
        for route in getattr(getattr(included, "original_router", None), "routes", [included]):
            calls = [item.call for item in getattr(getattr(route, "dependant", None), "dependencies", [])]
            permissions_by_path[route.path] = [
                call.altscore_permission for call in calls if hasattr(call, "altscore_permission")
            ]
    assert set(permissions_by_path) >= set(app.openapi()["paths"])
    assert all(len(permissions) == 1 for permissions in permissions_by_path.values())


def test_the_openapi_document_is_the_committed_one() -> None:
    committed = Path(__file__).parents[1] / "openapi.json"
    assert create_app(None).openapi() == json.loads(committed.read_text(encoding="utf-8"))
