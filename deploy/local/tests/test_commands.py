"""Commands on a clone: ports that stay, restarts by name, logs as one stream."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from altscore_local.airflow import is_of_running
from altscore_local.cli import layout_for, parser, run_command
from altscore_local.expected import ExpectedProcesses
from altscore_local.layout import Layout, keep_offset
from altscore_local.logs import LogTail, instant_of, merged, show_logs
from altscore_local.process import Process, Supervisor

WAITS = [sys.executable, "-c", "import time; time.sleep(600)"]
ASKED = {"ALTSCORE_PORT_OFFSET": "3400"}


@pytest.fixture
def supervisor(clone: Layout) -> Iterator[Supervisor]:
    """Ends what a test started."""
    own = Supervisor(clone)
    yield own
    for name in own.names():
        own.stop(name, timeout_s=5)


@pytest.fixture
def opened(clone: Layout) -> Layout:
    """A clone that was started with its ports moved by 400."""
    layout = replace(clone, port_offset=400)
    keep_offset(layout)
    return layout


def start(supervisor: Supervisor, layout: Layout, name: str) -> None:
    """A process of that name, of which the stack knows nothing but that it runs."""
    supervisor.ensure(
        Process(name=name, group="services", argv=WAITS, env={}, port=None, ready=lambda: True, cwd=layout.root)
    )


def files(layout: Layout) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in layout.root.rglob("*")}


@pytest.mark.parametrize("command", ["status", "logs", "stop", "restart", "down", "backup"])
def test_a_command_uses_the_ports_that_run_whatever_the_environment_says_and_says_so(
    opened: Layout, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    before = files(opened)
    assert layout_for(command, opened.root, ASKED).port_offset == 400
    assert "ALTSCORE_PORT_OFFSET=400, which this command uses; 3400 is" in capsys.readouterr().err
    assert files(opened) == before


def test_up_refuses_to_move_the_ports_of_what_runs(opened: Layout, supervisor: Supervisor) -> None:
    start(supervisor, opened, "worker")
    before = files(opened)
    with pytest.raises(SystemExit, match="`make down` first"):
        layout_for("up", opened.root, ASKED)
    assert files(opened) == before


def test_up_moves_the_ports_of_a_clone_where_nothing_runs(opened: Layout) -> None:
    assert layout_for("up", opened.root, ASKED).port_offset == 3400
    assert layout_for("up", opened.root, {}).port_offset == 400


def test_a_restart_refuses_unknown_names_and_ends_nothing(
    clone: Layout, supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    start(supervisor, clone, "worker")
    assert run_command(parser().parse_args(["restart", "worker", "kafak"]), clone) == 1
    assert "unknown: kafak; known: " in capsys.readouterr().err
    (clone.var / "stack.json").write_text("{}")
    assert run_command(parser().parse_args(["restart", "worker"]), clone) == 1
    assert "this release does not start worker" in capsys.readouterr().err
    assert supervisor.find("worker") is not None


def test_a_restart_in_a_clone_that_never_started_is_refused(clone: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(parser().parse_args(["restart", "redis"]), clone) == 1
    assert "never started here" in capsys.readouterr().err
    assert ExpectedProcesses(clone).names() is None


def test_a_heartbeat_from_before_the_process_started_is_its_predecessors(clone: Layout, supervisor: Supervisor) -> None:
    assert not is_of_running(clone, "airflow-scheduler", datetime.now(UTC).isoformat())
    before = datetime.now(UTC) - timedelta(seconds=0.2)
    start(supervisor, clone, "airflow-scheduler")
    assert not is_of_running(clone, "airflow-scheduler", before.isoformat())
    later = (datetime.now(UTC) + timedelta(seconds=0.2)).isoformat().replace("+00:00", "Z")
    assert is_of_running(clone, "airflow-scheduler", later)


AT_ONE = datetime(2026, 11, 28, 1, 2, 3, 400_000, tzinfo=UTC).timestamp()
LOCAL_ONE = datetime.fromtimestamp(AT_ONE).strftime("%Y-%m-%d %H:%M:%S,400")  # noqa: DTZ006  # as Kafka writes
REDIS_ONE = datetime.fromtimestamp(AT_ONE).strftime("%d %b %Y %H:%M:%S.400")  # noqa: DTZ006  # as Redis writes


@pytest.mark.parametrize(
    "line",
    [
        '{"at": "2026-11-28T01:02:03.400+00:00", "message": "in 2025-01-01 00:00:00"}',
        '{"timestamp":"2026-11-28T06:32:03.400+05:30","level":"info"}',
        "2026-11-28 01:02:03.400 UTC [17] LOG:  ready",
        "2026-11-28T01:02:03.400000Z [info] started",
        f"{LOCAL_ONE} INFO started",
        f"17:M {REDIS_ONE} * Ready",
    ],
)
def test_the_instant_of_a_line_is_read_in_every_form_that_our_processes_write(line: str) -> None:
    assert instant_of(line) == pytest.approx(AT_ONE, abs=0.001)


def test_a_line_without_an_instant_has_none() -> None:
    assert [instant_of(line) for line in ("  at java.base", "{broken", "2026-99-99 00:00:00", "")] == [None] * 4


def line(second: int, text: str) -> str:
    return json.dumps({"at": f"2026-11-28T01:02:{second:02}.000+00:00", "message": text}) + "\n"


def test_logs_are_merged_by_time_and_a_traceback_stays_with_its_line(clone: Layout) -> None:
    (clone.logs / "a.log").write_text(line(1, "first") + "  frame\n" + line(4, "fourth"))
    (clone.logs / "b.log").write_text(line(2, "second") + line(3, "third"))
    printed: list[str] = []

    show_logs([clone.logs / "a.log", clone.logs / "b.log"], follow=False, write=printed.append)

    assert [(text.split()[0], text.split()[-1]) for text in printed] == [
        ("a", '"first"}'), ("a", "frame"), ("b", '"second"}'), ("b", '"third"}'), ("a", '"fourth"}')
    ]  # fmt: skip


def test_a_followed_log_goes_on_behind_a_rotation_and_shows_a_line_once(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    tail = LogTail(log)
    assert list(merged([tail])) == []
    log.write_text(line(1, "one") + '{"at": "2026-11')
    assert len(list(merged([tail]))) == 1
    with log.open("a") as file:
        file.write('-28T01:02:02.000+00:00"}\n')
    assert [text.split(maxsplit=1)[1] for text in merged([tail])] == ['{"at": "2026-11-28T01:02:02.000+00:00"}']
    os.truncate(log, 0)
    with log.open("a") as file:
        file.write(line(3, "three"))
    assert len(list(merged([tail]))) == 1
    assert list(merged([tail])) == []
