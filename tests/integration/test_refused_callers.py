"""Every operation of every service refuses callers it does not know."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from demo.context import Demo

ROOT = Path(__file__).parents[2]
# Pages of the lenders' reference; they are not in the document that they show.
REFERENCE = ("/docs", "/openapi.json", "/errors/TOKEN_MISSING", "/.well-known/security.txt")
# The only operations that take callers without credentials (decision 10).
PUBLIC = {
    ("score", "POST", "/v1/auth/token"),
    ("score", "GET", "/.well-known/jwks.json"),
    ("score", "GET", "/.well-known/audit-keys.json"),
    ("webhook", "GET", "/webhooks/whatsapp"),
    ("webhook", "POST", "/webhooks/whatsapp"),
    ("admin", "GET", "/v1/admin/saml/login"),
    ("admin", "GET", "/v1/admin/saml/metadata"),
    ("admin", "POST", "/v1/admin/saml/acs"),
    ("portal", "POST", "/v1/portal/otp"),
    ("portal", "POST", "/v1/portal/otp/verify"),
    ("portal", "GET", "/v1/portal/oidc/login"),
    ("portal", "GET", "/v1/portal/oidc/callback"),
    ("portal", "GET", "/v1/lender/oidc/login"),
    ("portal", "GET", "/v1/lender/oidc/callback"),
    ("portal", "GET", "/v1/lender/saml/{lender_id}/login"),
    ("portal", "GET", "/v1/lender/saml/{lender_id}/metadata"),
    ("portal", "POST", "/v1/lender/saml/{lender_id}/acs"),
}
DOCUMENTS = {
    "admin": "services/admin/openapi.json",
    "audit": "services/audit/openapi.json",
    "consent": "services/consent/openapi.json",
    "ingestion": "services/ingestion/openapi.json",
    "portal": "services/admin/openapi_portal.json",
    "score": "services/score/openapi.json",
    "vault": "services/ingestion/openapi_vault.json",
    "webhook": "services/webhook/openapi.json",
}
# Bodies are read before tokens, so a lender's call must be well formed to meet the check of the token.
WELL_FORMED = {
    "/v1/score": {"retailer_id": "ret_00000000000000ff", "purpose": "working_capital_loan"},
    "/v1/score/batch": {"retailer_ids": ["ret_00000000000000ff"], "purpose": "working_capital_loan"},
    "/v1/retailers/lookup": {"gst": "27AAACZ0000A1Z9"},
    "/v1/grievances": {
        "retailer_id": "ret_00000000000000ff",
        "score_id": "scr_" + "0" * 32,
        "grievance_type": "other",
        "description": "x",
    },
}
METHODS = ("get", "post", "put", "delete", "patch")
UNLISTED = "whatsapp-sim"  # a certificate of the same CA that no service lists


def documented(service: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Path and method of every operation of a service, each with the service's document."""
    document: dict[str, Any] = json.loads((ROOT / DOCUMENTS[service]).read_text(encoding="utf-8"))
    return [(path, method, document) for path, of in document["paths"].items() for method in of if method in METHODS]


def operations(service: str) -> list[tuple[str, str, str]]:
    """All operations of a service's document, path parameters filled in."""
    listed = [(service, method.upper(), path) for path, method, _ in documented(service)]
    assert listed, f"{service} declares no operation: the rule would hold over nothing"
    return listed


ALL = [operation for service in sorted(DOCUMENTS) for operation in operations(service)]


@pytest.mark.parametrize(("service", "method", "path"), [operation for operation in ALL if operation not in PUBLIC])
def test_a_caller_without_a_known_credential_is_refused(demo: Demo, service: str, method: str, path: str) -> None:
    place = "score-internal" if service == "score" and path.startswith("/internal") else service
    filled = path
    for name, value in {
        "retailer_id": "ret_00000000000000ff",
        "lender_id": "lender_x",
        "distributor_id": "dist_x",
        "grievance_id": "grv_" + "0" * 32,
    }.items():
        filled = filled.replace("{" + name + "}", value)
    filled = filled.replace("{", "").replace("}", "")
    with demo.http(place, identity=UNLISTED) as client:
        body: Any = WELL_FORMED.get(path, {})
        parameters = body if method == "GET" else None
        answer = client.request(method, filled, params=parameters, json=None if method == "GET" else body)
    assert answer.status_code in (401, 403), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("service", ["audit", "consent", "ingestion", "score-internal", "vault"])
def test_an_internal_listener_takes_no_connection_without_a_certificate(demo: Demo, service: str) -> None:
    with demo.http(service) as client, pytest.raises(httpx.HTTPError):
        client.get("/internal/anything")


def test_the_list_of_public_operations_names_existing_ones() -> None:
    assert set(ALL) >= PUBLIC


@pytest.mark.parametrize("path", REFERENCE)
def test_the_reference_is_open_to_everybody_and_shows_no_internal_route(demo: Demo, path: str) -> None:
    with demo.http("score") as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert "/internal/" not in answer.text


def test_nobody_changes_a_schema_of_the_running_stack(demo: Demo) -> None:
    with httpx.Client(base_url=f"{demo.stack['registry']['url']}/") as registry:
        subjects = registry.get("subjects").json()
        subject = quote(subjects[0], safe="")
        schema = registry.get(f"subjects/{subject}/versions/latest").json()["schema"]
        changes = [
            ("POST", "subjects/forged/versions", {"schema": '{"type":"string"}'}),
            ("POST", f"subjects/{subject}/versions", {"schema": '{"type":"string"}'}),
            ("PUT", "config", {"compatibility": "NONE"}),
            ("PUT", f"config/{subject}", {"compatibility": "NONE"}),
            ("DELETE", f"subjects/{subject}", None),
        ]
        for method, path, body in changes:
            assert registry.request(method, path, json=body).status_code >= 400, (method, path)
        assert registry.get("subjects").json() == subjects
        assert registry.get("config").json() == {"compatibilityLevel": "FULL_TRANSITIVE"}
        assert registry.post(f"subjects/{subject}", json={"schema": schema}).status_code == 200  # as relays ask
