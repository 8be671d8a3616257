"""The doctor says in words what is wrong, names the runbook, and fails; it believes nothing that it did not read."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from altscore_local.layout import Layout
from altscore_local.observability import doctor
from altscore_local.observability.doctor import findings
from altscore_local.observability.scrape import Page, Sample, read_page, samples_of
from altscore_local.observability.server import ALERTMANAGER, PROMETHEUS, targets_of, write_configuration
from altscore_local.process import Process, Supervisor
from altscore_local.services import TABLE
from altscore_local.status import DOWN, NOT_READY, READY, Row

NOW_S = 1_800_000_000.0
PAGE = b"""\
# HELP altscore_parked_events Events that are set aside now.
# TYPE altscore_parked_events gauge
altscore_parked_events{topic="altscore.consent"} 2.0
altscore_outbox_oldest_age_seconds 3.0
"""


def row(name: str, health: str = READY) -> Row:
    return Row(name=name, pid=None if health == DOWN else 7, port=None, health=health, rss_mib=1, startup_s=1.0)


def page(process: str, *samples: tuple[str, float, dict[str, str]]) -> Page:
    return Page(process, is_up=True, samples=[Sample(name, labels, value) for name, value, labels in samples])


def reported(*pages: Page, rows: tuple[Row, ...] = ()) -> list[str]:
    return [finding.what for finding in findings(rows, pages, now_s=NOW_S)]


class Internal(BaseHTTPRequestHandler):
    """The internal port of a process whose database is away."""

    def do_GET(self) -> None:
        body, status = (PAGE, 200) if self.path == "/metrics" else (b'{"failed": ["database"]}', 503)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Prometheus(Internal):
    """Prometheus with one alert that fires and one that does not yet."""

    def do_GET(self) -> None:
        alert = {
            "labels": {"alertname": "RedisDown"},
            "annotations": {"summary": "gone", "runbook_url": "r.md#redisdown"},
        }
        body = json.dumps({"data": {"alerts": [alert | {"state": "firing"}, alert | {"state": "pending"}]}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def serving() -> Iterator[type[ThreadingHTTPServer]]:
    """Makes servers and ends them."""
    servers: list[ThreadingHTTPServer] = []

    class Server(ThreadingHTTPServer):
        def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
            super().__init__(("127.0.0.1", 0), handler)
            servers.append(self)
            threading.Thread(target=self.serve_forever, daemon=True).start()

    yield Server
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_process_tells_its_failed_dependencies_and_its_figures(serving: type[ThreadingHTTPServer]) -> None:
    server = serving(Internal)  # type: ignore[call-arg,arg-type]
    told = read_page("score-worker", server.server_address[1])
    assert (told.is_up, list(told.failed)) == (True, ["database"])
    assert reported(told) == [
        "score-worker cannot use its database",
        "2 events of altscore.consent are set aside in score-worker",
    ]


def test_a_process_that_does_not_answer_is_a_finding_of_its_own() -> None:
    told = read_page("score-api", 9)
    assert told == Page("score-api", is_up=False)
    assert reported(told, rows=(row("score-api"),)) == [
        "score-api does not answer on its internal port: its figures are not known"
    ]


def test_what_is_down_and_what_is_not_ready_is_said_once() -> None:
    rows = (row("redis", DOWN), row("kafka", NOT_READY), row("score-api"))
    told = reported(rows=rows)
    assert len(told) == 2
    assert "redis should run and does not" in told[0]
    assert "kafka runs (pid 7) and is not ready" in told[1]


def test_what_observes_is_started_by_a_command_of_its_own() -> None:
    told = reported(rows=(row(ALERTMANAGER, DOWN), row("redis", DOWN)))
    assert told[0] == "alertmanager should run and does not: `make observe`"
    assert told[1].endswith("`make up`")


@pytest.mark.parametrize("check", doctor.CHECKS, ids=lambda check: str(check.metric))
def test_a_check_speaks_at_a_bad_value_and_is_silent_at_a_good_one(check: doctor.Threshold) -> None:
    labels = dict.fromkeys(("file", "topic", "channel", "chain", "producer", "reason"), "x")
    is_time = check.metric.endswith("timestamp_seconds")
    bad = NOW_S - 10_000 if is_time else 0.0 if check.metric.endswith("_up") else 1e6
    good = NOW_S if check.metric.startswith("altscore_state") else NOW_S + 1e9 if is_time else 1.0 if bad == 0 else 0.0
    assert len(reported(page("p", (check.metric, bad, labels)))) == 1
    assert reported(page("p", (check.metric, good, labels))) == []


@pytest.mark.parametrize(
    ("batch_age_s", "gold_age_s", "is_late"),
    [(5 * 3600, 6 * 3600, True), (5 * 3600, None, True), (5 * 3600, 3600, False), (3600, 9 * 3600, False)],
)
def test_a_batch_may_wait_four_hours_for_gold(batch_age_s: int, gold_age_s: int | None, is_late: bool) -> None:
    pages = [page("ingestion-worker", ("altscore_ingest_newest_batch_timestamp_seconds", NOW_S - batch_age_s, {}))]
    if gold_age_s is not None:
        pages.append(page("scoring-worker", ("altscore_scoring_gold_timestamp_seconds", NOW_S - gold_age_s, {})))
    assert [what for what in reported(*pages) if "Gold" in what] == (
        ["a batch has waited 5.0 hours for a Gold run"] if is_late else []
    )


def test_samples_are_read_with_their_labels_and_comments_are_not() -> None:
    assert samples_of(PAGE.decode()) == [
        Sample("altscore_parked_events", {"topic": "altscore.consent"}, 2.0),
        Sample("altscore_outbox_oldest_age_seconds", {}, 3.0),
    ]


def test_a_killed_process_makes_the_doctor_fail_and_a_healthy_stack_does_not(clone: Layout) -> None:
    supervisor, told = Supervisor(clone), list[str]()
    waits = [sys.executable, "-c", "import time; time.sleep(600)"]
    supervisor.ensure(
        Process(name="thing", group="services", argv=waits, env={}, port=None, ready=lambda: True, cwd=clone.root)
    )
    alive = supervisor.find("thing")
    try:
        assert doctor.examine(clone, [row("thing")], told.append) == 0
        assert told[-1] == "nothing is wrong"
        assert "Prometheus is not running" in told[-2]
    finally:
        supervisor.send("thing", signal.SIGKILL)
    assert alive is not None
    assert doctor.examine(clone, [row("thing", DOWN)], told.append) == 1
    assert "thing should run and does not" in told[-3]
    assert "docs/runbooks/alerts/processes.md#processdown" in told[-3]


def test_nothing_at_all_running_is_not_health(clone: Layout) -> None:
    told: list[str] = []
    assert doctor.examine(clone, [], told.append) == 1
    assert told == ["nothing runs: `make up` starts the stack"]


def test_alerts_that_fire_are_findings_and_pending_ones_are_not(
    clone: Layout, serving: type[ThreadingHTTPServer]
) -> None:
    server = serving(Prometheus)  # type: ignore[call-arg,arg-type]
    moved = Layout(clone.root, server.server_address[1] - Layout(clone.root).port(PROMETHEUS))
    assert doctor.firing_alerts(moved) == [doctor.Finding("RedisDown: gone", "r.md#redisdown")]


def test_prometheus_reads_every_process_of_ours_and_all_rules(clone: Layout) -> None:
    targets = targets_of(clone)
    ours = {*(service.name for service in TABLE), "audit-witness"}
    assert {target["labels"]["process"] for target in targets} == ours  # type: ignore[index]
    configuration = write_configuration(clone)
    written = {path.relative_to(configuration.parent).as_posix() for path in configuration.parent.rglob("*.*")}
    assert {"prometheus.yml", "targets/altscore.json", "rules/slo.yml", "rules/consent.yml"} <= written
    told = json.loads((configuration.parent / "alertmanagers" / "altscore.json").read_text())
    assert told == [{"targets": [f"127.0.0.1:{clone.port(ALERTMANAGER)}"]}]
