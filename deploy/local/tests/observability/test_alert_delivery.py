"""An alert on its way, in the real programs: a process ends, Prometheus notices, Alertmanager tells the receiver."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from altscore_local.layout import Layout
from altscore_local.observability import receivers
from altscore_local.observability.programs import find_program
from altscore_local.observability.server import (
    ALERTMANAGER,
    PROMETHEUS,
    alertmanager_process,
    probes,
    prometheus_process,
)
from altscore_local.orchestrator import Stack
from altscore_local.process import Supervisor

PROGRAMS = {name: find_program(name) for name in (PROMETHEUS, ALERTMANAGER)}
pytestmark = pytest.mark.skipif(
    None in PROGRAMS.values(), reason="Prometheus or Alertmanager is not in the cache: `make observe` gets both"
)
LIMIT_S = 90.0
HURRY = {"scrape_interval: 15s": "1s", "scrape_timeout: 10s": "1s", "evaluation_interval: 15s": "1s"}


class Process(BaseHTTPRequestHandler):
    """The internal port of a process of ours, without figures."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Webhook(ThreadingHTTPServer):
    """A receiver's webhook, which keeps what it was told."""

    def __init__(self) -> None:
        told: list[dict[str, Any]] = []

        class Handler(Process):
            def do_POST(self) -> None:
                told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.do_GET()

        super().__init__(("127.0.0.1", 0), Handler)
        self.told = told


@pytest.fixture
def moved(tmp_path: Path) -> Layout:
    """A clone on ports that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        ports = {ALERTMANAGER: first.getsockname()[1], PROMETHEUS: second.getsockname()[1]}

    class Moved(Layout):
        def port(self, name: str) -> int:
            return ports[name] if name in ports else super().port(name)

    layout = Moved(tmp_path)
    for folder in (layout.secrets, layout.run, layout.data, layout.logs):
        folder.mkdir(parents=True)
    return layout


@pytest.fixture
def supervisor(moved: Layout) -> Iterator[Supervisor]:
    """Ends what a test started."""
    own = Supervisor(moved)
    yield own
    for name in own.names():
        own.stop(name, timeout_s=20)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A receiver that listens."""
    server = Webhook()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def read(url: str) -> Any:
    return httpx.get(url, timeout=10).raise_for_status().json()


def until(what: str, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def give_address(layout: Layout, name: str, server: ThreadingHTTPServer) -> None:
    folder = receivers.addresses_folder(layout)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"http://127.0.0.1:{server.server_address[1]}/?token=x")


def start_alertmanager(layout: Layout, supervisor: Supervisor) -> str:
    program = PROGRAMS[ALERTMANAGER]
    assert program is not None
    supervisor.ensure(alertmanager_process(layout, program))
    return f"http://127.0.0.1:{layout.port(ALERTMANAGER)}/api/v2/alerts"


def start_prometheus(layout: Layout, supervisor: Supervisor, target: ThreadingHTTPServer) -> str:
    """As `make observe` does, but in a hurry and with one target."""
    program = PROGRAMS[PROMETHEUS]
    assert program is not None
    process = prometheus_process(layout, program)
    folder = layout.run / "observability"
    settings = (folder / "prometheus.yml").read_text()
    for slow, quick in HURRY.items():
        assert slow in settings
        settings = settings.replace(slow, f"{slow.split(':')[0]}: {quick}")
    (folder / "prometheus.yml").write_text(settings)
    rules = (folder / "rules" / "processes.yml").read_text()
    (folder / "rules" / "processes.yml").write_text(rules.replace("for: 1m", "for: 1s", 1))
    labels = {"process": "score-api", "service": "score"}
    targets = [{"targets": [f"127.0.0.1:{target.server_address[1]}"], "labels": labels}]
    (folder / "targets" / "altscore.json").write_text(json.dumps(targets))
    supervisor.ensure(process)
    return f"http://127.0.0.1:{layout.port(PROMETHEUS)}/api/v1"


def test_a_process_that_ends_is_told_to_the_receiver_of_pages(
    moved: Layout, supervisor: Supervisor, webhook: Webhook
) -> None:
    process = ThreadingHTTPServer(("127.0.0.1", 0), Process)
    threading.Thread(target=process.serve_forever, daemon=True).start()
    give_address(moved, "page-webhook-url", webhook)
    alerts = start_alertmanager(moved, supervisor)
    prometheus = start_prometheus(moved, supervisor, process)
    until(
        "Prometheus knows Alertmanager",
        lambda: bool(read(f"{prometheus}/alertmanagers")["data"]["activeAlertmanagers"]),
    )
    until(
        "the process is up",
        lambda: any(each["health"] == "up" for each in read(f"{prometheus}/targets")["data"]["activeTargets"]),
    )
    assert read(alerts) == []

    process.shutdown()
    process.server_close()

    until("Alertmanager has the alert", lambda: bool(read(alerts)))
    [alert] = read(alerts)
    assert alert["labels"]["alertname"] == "ProcessDown"
    assert alert["labels"]["process"] == "score-api"
    assert alert["receivers"] == [{"name": "pages"}]
    assert alert["annotations"]["runbook_url"] == "docs/runbooks/alerts/processes.md#processdown"
    until("the receiver was told", lambda: bool(webhook.told))
    assert webhook.told[0]["status"] == "firing"
    assert [each["annotations"]["summary"] for each in webhook.told[0]["alerts"]] == ["score-api does not answer"]


def post(url: str, *labels: dict[str, str]) -> None:
    httpx.post(url, json=[{"labels": each} for each in labels], timeout=10).raise_for_status()


def test_a_process_that_does_not_answer_has_one_message_and_a_page_needs_no_ticket(
    moved: Layout, supervisor: Supervisor
) -> None:
    url = start_alertmanager(moved, supervisor)
    post(
        url,
        {"alertname": "ProcessDown", "severity": "page", "process": "score-api", "service": "score"},
        {"alertname": "OutboxWaits", "severity": "page", "process": "score-api", "service": "score"},
        {"alertname": "OutboxWaits", "severity": "ticket", "process": "audit-api", "service": "score"},
        {"alertname": "OutboxWaits", "severity": "ticket", "process": "audit-api", "service": "audit"},
        {"alertname": "Unknown"},
    )

    def by_state() -> dict[tuple[str, str], tuple[str, str]]:
        return {
            (each["labels"]["alertname"], each["labels"].get("service", "") + each["labels"].get("severity", "")): (
                each["status"]["state"],
                each["receivers"][0]["name"],
            )
            for each in read(url)
        }

    until("all are processed", lambda: all(state != "unprocessed" for state, _ in by_state().values()))
    assert by_state() == {
        ("ProcessDown", "scorepage"): ("active", "pages"),
        ("OutboxWaits", "scorepage"): ("suppressed", "pages"),
        ("OutboxWaits", "scoreticket"): ("suppressed", "tickets"),
        ("OutboxWaits", "auditticket"): ("active", "tickets"),
        ("Unknown", ""): ("active", "tickets"),
    }


def test_status_asks_what_observes_and_a_change_of_addresses_starts_it_anew(
    moved: Layout, supervisor: Supervisor, webhook: Webhook
) -> None:
    start_alertmanager(moved, supervisor)
    [row] = [row for row in Stack(moved, print).status() if row.name == ALERTMANAGER]
    assert (row.health, row.port, row.health_port) == ("ready", moved.port(ALERTMANAGER), moved.port(ALERTMANAGER))
    assert {probe.name for probe in probes(moved)} == {"prometheus", "alertmanager", "grafana"}
    before = supervisor.find(ALERTMANAGER)
    start_alertmanager(moved, supervisor)
    assert supervisor.find(ALERTMANAGER) == before
    give_address(moved, "ticket-webhook-url", webhook)
    start_alertmanager(moved, supervisor)
    after = supervisor.find(ALERTMANAGER)
    assert before is not None
    assert after is not None
    assert after.pid != before.pid
