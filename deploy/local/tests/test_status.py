"""What should run and does not is named and fails the command; looking changes nothing; unknown names are refused."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from altscore_local.cli import parser, run_command
from altscore_local.expected import ExpectedProcesses
from altscore_local.layout import Layout
from altscore_local.orchestrator import Stack
from altscore_local.pki import ensure_pki
from altscore_local.process import Process, StackError, Supervisor
from altscore_local.selection import parse_selection

WAITS = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def supervisor(clone: Layout) -> Iterator[Supervisor]:
    """Ends what a test started."""
    own = Supervisor(clone)
    yield own
    for name in own.names():
        own.stop(name, timeout_s=5)


def start(supervisor: Supervisor, layout: Layout, name: str) -> None:
    """A process of that name, of which the stack knows nothing but that it runs."""
    supervisor.ensure(
        Process(name=name, group="services", argv=WAITS, env={}, port=None, ready=lambda: True, cwd=layout.root)
    )


def run(layout: Layout, *arguments: str) -> int:
    return run_command(parser().parse_args(arguments), layout)


def health(layout: Layout) -> dict[str, str]:
    return {row.name: row.health for row in Stack(layout, print).status()}


def test_a_clone_that_never_started_has_nothing_to_miss_and_stays_empty(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(tmp_path_factory.mktemp("clone"))
    assert run(layout, "status") == 0
    assert "nothing runs" in capsys.readouterr().out
    assert list(layout.root.iterdir()) == []


def test_a_process_that_should_run_and_is_down_is_named_and_fails_the_command(
    clone: Layout, supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    start(supervisor, clone, "worker")
    ExpectedProcesses(clone).change(added=["worker"])
    assert run(clone, "status") == 0
    supervisor.send("worker", signal.SIGKILL)
    subprocess.run(["sleep", "0.2"], check=True)
    assert run(clone, "status") == 1
    assert capsys.readouterr().err == "\nnot serving: worker (down)\n"


def test_a_stopped_process_is_missed_and_one_that_nobody_asked_for_is_not(
    clone: Layout, supervisor: Supervisor
) -> None:
    start(supervisor, clone, "worker")
    ExpectedProcesses(clone).change(added=["worker", "kafka"])
    states = health(clone)
    assert (states["worker"], states["kafka"], states["redis"]) == ("ready", "down", "off")
    Stack(clone, print).stop(["worker"])
    ExpectedProcesses(clone).change(added=["worker"], left_out=["kafka"])
    states = health(clone)
    assert (states.get("worker"), states["kafka"]) == ("down", "off")


def test_a_process_that_runs_and_does_not_answer_fails_the_command(
    clone: Layout, supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    start(supervisor, clone, "redis")
    ExpectedProcesses(clone).change(added=["redis"])
    ensure_pki(clone)
    assert run(clone, "status", "--json") == 1
    printed = capsys.readouterr()
    assert printed.err == "\nnot serving: redis (NOT READY)\n"
    assert {row["name"]: row["health"] for row in json.loads(printed.out)}["redis"] == "NOT READY"


def test_after_down_nothing_is_missed(clone: Layout, supervisor: Supervisor) -> None:
    start(supervisor, clone, "worker")
    ExpectedProcesses(clone).change(added=["worker"])
    assert run(clone, "down") == 0
    assert supervisor.find("worker") is None
    assert (health(clone), run(clone, "status")) == ({}, 0)


def test_a_clone_without_the_list_misses_whatever_it_once_started(clone: Layout, supervisor: Supervisor) -> None:
    start(supervisor, clone, "worker")
    supervisor.send("worker", signal.SIGKILL)
    subprocess.run(["sleep", "0.2"], check=True)
    assert health(clone)["worker"] == "down"


def test_looking_writes_no_file(clone: Layout, supervisor: Supervisor) -> None:
    start(supervisor, clone, "worker")
    ExpectedProcesses(clone).change(added=["worker", "postgres", "score-api"])

    def files() -> dict[str, int]:
        return {str(path): path.lstat().st_mtime_ns for path in clone.root.rglob("*")}

    before = files()
    assert run(clone, "status") == 1
    assert files() == before


@pytest.mark.parametrize("command", ["stop", "kill", "logs"])
def test_a_command_refuses_a_name_that_it_does_not_know_and_touches_nothing(
    clone: Layout, supervisor: Supervisor, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    start(supervisor, clone, "worker")
    arguments = ["worker", "kafak"] + (["--no-follow"] if command == "logs" else [])
    assert run(clone, command, *arguments) == 1
    assert "unknown: kafak; known: " in capsys.readouterr().err
    assert supervisor.find("worker") is not None


def test_a_log_of_a_process_that_never_ran_is_known_by_the_process(clone: Layout) -> None:
    (clone.logs / "redis.log").write_text("a line\n")
    assert run(clone, "logs", "--no-follow", "redis") == 0


@pytest.mark.parametrize(
    ("only", "without"), [(["servces"], []), (["score-ap"], []), ([], ["airflw"]), ([], ["kafka"]), ([], ["infra"])]
)
def test_up_refuses_unknown_names_and_to_leave_out_a_store(clone: Layout, only: list[str], without: list[str]) -> None:
    with pytest.raises(StackError, match="unknown: "):
        Stack(clone, print).up(parse_selection(only, without))
    assert not (clone.run / "expected.json").exists()
    assert not clone.pki.exists()


def test_what_ran_before_the_list_was_kept_is_still_expected(clone: Layout) -> None:
    expected = ExpectedProcesses(clone)
    expected.change(added=["score-api"], running=["kafka"])
    assert expected.names() == {"kafka", "score-api"}
    expected.change(added=["worker"], running=["redis"])
    assert expected.names() == {"kafka", "score-api", "worker"}
