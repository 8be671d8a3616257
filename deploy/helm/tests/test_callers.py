"""deploy/callers.yml says what the code does: routers' allow-lists, addresses in settings, stores that are opened."""

import ast
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from altscore_helm.chart import callers, edges
from altscore_local import audit_witness
from altscore_local.services import TABLE, Service
from altscore_local.settings_fields import fields_of
from fastapi import FastAPI
from fastapi.routing import APIRoute

CALLERS = callers()
# listener -> the factories of its applications
APPLICATIONS: dict[str, str] = {
    "score-api.admin": "altscore_score.app:create_internal_app",
    "consent-api.api": "altscore_consent.app:create_app",
    "ingestion-api.api": "altscore_ingestion.app:create_app",
    "vault.api": "altscore_ingestion.vault.app:create_app",
    "audit-api.api": "altscore_audit.app:create_app",
    "portal.admin": "altscore_admin.portal.app:create_internal_app",
    **{
        f"{owner}-worker.admin": "altscore_libs.parked_listener:create_parked_app"
        for owner in ("webhook", "notification", "scoring")
    },
}
# Listeners whose users are outside and prove themselves otherwise; of ours nobody calls them.
OUTSIDE = {"score-api.api", "webhook-api.api", "admin-api.api", "portal.api", "ingestion-sftp.sftp"}
# A field of a settings class -> what the process opens.
STORE_OF = {
    "database_url": "postgres",
    "relay_database_url": "postgres",
    "access_database_url": "postgres",
    "redis_url": "redis",
    "s3_endpoint": "s3",
    "pkcs11_module": "keys",
    "whatsapp_url": "whatsapp",
    "sms_url": "sms",
    "smtp_host": "smtp",
    "siem_host": "siem",
    "oidc_issuer": "oidc",
}
LISTENER_OF = {
    "consent_url": "consent-api.api",
    "vault_url": "vault.api",
    "ingestion_url": "ingestion-api.api",
    "score_url": "score-api.admin",
    "audit_url": "audit-api.api",
    "portal_url": "portal.admin",
    "webhook_url": "webhook-worker.admin",
    "notification_url": "notification-worker.admin",
    "scoring_url": "scoring-worker.admin",
}


def fields_of_process(name: str) -> frozenset[str]:
    if name == "housekeeping":  # no process of ours: Airflow's program, with Airflow's database
        return frozenset({"database_url"})
    if name == audit_witness.NAME:  # a program without a settings class: its option and its variable say what it opens
        source = inspect.getsource(audit_witness)
        named = {"--s3-endpoint": "s3_endpoint", "ALTSCORE_AUDIT_VERIFY_DSN": "database_url"}
        return frozenset(field for text, field in named.items() if text in source)
    if name == "pipeline":
        return fields_of("altscore_pipelines.settings", ("PipelineSettings",)).names
    [service] = [row for row in TABLE if row.name == name]
    return fields_of(service.settings_module, service.settings_classes).names


def routes_of(app: FastAPI) -> Iterator[APIRoute]:
    """Every route, those of included routers too."""

    def walk(routes: list[Any]) -> Iterator[APIRoute]:
        for route in routes:
            router = getattr(route, "original_router", route)
            if isinstance(route, APIRoute):
                yield route
            else:
                yield from walk(list(getattr(router, "routes", None) or []))

    yield from walk(list(app.routes))


def marks_of(dependant: Any) -> Iterator[tuple[str, ...]]:
    call: Callable[..., Any] | None = dependant.call
    marked = getattr(call, "altscore_callers", None)
    if marked is not None:
        yield tuple(marked)
    for dependency in dependant.dependencies:
        yield from marks_of(dependency)


def allowed_by(listener: str) -> set[str]:
    """Certificates that a listener's routers let in."""
    module, _, factory = APPLICATIONS[listener].partition(":")
    app = getattr(importlib.import_module(module), factory)(None)
    marks = [mark for route in routes_of(app) for mark in marks_of(route.dependant)]
    assert marks, f"{listener}: no route with an allow-list was seen"
    return {name for mark in marks for name in mark}


def test_every_process_of_the_stack_is_listed_once() -> None:
    assert set(CALLERS) == {service.name for service in TABLE} | {"pipeline", "housekeeping", audit_witness.NAME}
    for service in TABLE:
        assert CALLERS[service.name]["certificate"] == service.owner


def test_calls_go_to_listeners_that_exist() -> None:
    listeners = {f"{name}.{listener}" for name, entry in CALLERS.items() for listener in entry["listeners"]}
    called = {call for _, call in edges(CALLERS)}
    assert len(edges(CALLERS)) > 10
    assert called <= listeners
    assert listeners - called == OUTSIDE
    assert listeners - OUTSIDE == set(APPLICATIONS)


@pytest.mark.parametrize("listener", sorted(APPLICATIONS))
def test_the_routers_let_in_exactly_the_callers_of_the_list(listener: str) -> None:
    listed = {CALLERS[caller]["certificate"] for caller, call in edges(CALLERS) if call == listener}
    outside = {"distributor"} if listener == "ingestion-api.api" else set()
    assert allowed_by(listener) == listed | outside


@pytest.mark.parametrize("name", sorted(CALLERS))
def test_a_process_calls_whom_its_settings_name(name: str) -> None:
    named = {LISTENER_OF[field] for field in fields_of_process(name) if field in LISTENER_OF}
    assert set(CALLERS[name]["calls"]) == named
    addresses = {field for field in fields_of_process(name) if field.endswith("_url")}
    browsers = {"saml_idp_sso_url"}  # where a browser is sent: no connection of ours
    assert addresses <= {*LISTENER_OF, *STORE_OF, *browsers, "registry_url"}, "an address that this test does not know"


@pytest.mark.parametrize("name", sorted(CALLERS))
def test_a_process_opens_the_stores_that_its_settings_name(name: str) -> None:
    named = {STORE_OF[field] for field in fields_of_process(name) if field in STORE_OF}
    assert set(CALLERS[name]["stores"]) - {"kafka", "registry"} == named


def source_file(module: str) -> str:
    """A module's source, which is read and not imported: what runs a process is no part of a unit test's coverage."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")


def source_of_command(service: Service) -> str:
    """The code that runs a process: its own functions in main.py and what they name in a wiring module."""
    text = source_file(f"{service.python_module}.main")
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    (table,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "COMMANDS"
        and isinstance(node.value, ast.Dict)
    ]
    commands = {ast.unparse(key): value for key, value in zip(table.keys, table.values, strict=True) if key is not None}
    command = commands[repr(service.command)]
    assert isinstance(command, ast.Call)
    names = [node.id for node in ast.walk(command.args[0]) if isinstance(node, ast.Name) and node.id in functions]
    source = "".join(ast.get_source_segment(text, functions[name]) or "" for name in names)
    assert source, f"no function runs {service.name}"
    if "wiring import" in source:
        source += source_file(source.split("from ", 1)[1].split(" import", 1)[0])
    return source


@pytest.mark.parametrize("service", TABLE, ids=lambda service: service.name)
def test_only_processes_that_relay_or_consume_reach_kafka(service: Service) -> None:
    source = source_of_command(service)
    uses_kafka = any(name in source for name in ("open_relay(", "Consumer(", "create_relay", "run_relay"))
    stores = CALLERS[service.name]["stores"]
    assert ("kafka" in stores, "registry" in stores) == (uses_kafka, uses_kafka)
