"""Only processes of ours are found, signalled and stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from altscore_local.layout import Layout
from altscore_local.process import (
    HUNG_AFTER_S,
    Process,
    StackError,
    Supervisor,
    age_s,
    family,
    is_listening,
    session_members,
    start_ticks,
)

Freeze = Callable[[Iterable[int]], None]
WAITS = "import sys; print('here', flush=True); sys.stdin.read(); import time; time.sleep(600)"


def process_of(layout: Layout, *, code: str = WAITS, port: int | None = None) -> Process:
    log = layout.logs / "one.log"
    return Process(
        name="one",
        group="services",
        argv=[sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"]},
        port=port,
        ready=lambda: log.exists() and "here" in log.read_text(),
        cwd=layout.root,
        ready_timeout_s=20,
    )


@pytest.fixture
def supervisor(clone: Layout) -> Iterator[Supervisor]:
    own = Supervisor(clone)
    yield own
    own.stop("one", timeout_s=5)


def pid_file(layout: Layout) -> Path:
    return layout.run / "pids" / "one.json"


def pid_of(supervisor: Supervisor) -> int:
    """Of the running process."""
    running = supervisor.find("one")
    assert running is not None
    return running.pid


def test_a_running_process_is_left_alone(clone: Layout, supervisor: Supervisor) -> None:
    assert supervisor.ensure(process_of(clone)) == "started"
    first = supervisor.find("one")

    assert not supervisor.ensure(process_of(clone))
    assert supervisor.find("one") == first


def test_a_killed_process_is_started_again(clone: Layout, supervisor: Supervisor) -> None:
    supervisor.ensure(process_of(clone))
    supervisor.send("one", signal.SIGKILL)
    subprocess.run(["sleep", "0.2"], check=True)

    assert supervisor.ensure(process_of(clone)) == "started"


def test_changed_code_or_settings_start_it_anew(clone: Layout, supervisor: Supervisor) -> None:
    supervisor.ensure(process_of(clone))

    assert supervisor.ensure(replace(process_of(clone), code="another")) == "restarted"
    assert supervisor.ensure(replace(process_of(clone), env={"PATH": "/bin"}, code="another"))


def test_a_reused_pid_is_not_ours(clone: Layout, supervisor: Supervisor) -> None:
    supervisor.ensure(process_of(clone))
    leader = pid_of(supervisor)
    foreign = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    kept = json.loads(pid_file(clone).read_text())
    pid_file(clone).write_text(json.dumps(kept | {"pid": foreign.pid, "start_ticks": kept["start_ticks"] - 1}))
    try:
        assert supervisor.find("one") is None
        assert not supervisor.send("one", signal.SIGKILL)
        assert not supervisor.stop("one")
        assert start_ticks(foreign.pid) is not None
    finally:
        foreign.kill()
        foreign.wait()
        os.killpg(leader, signal.SIGKILL)


def test_a_pid_of_an_earlier_boot_is_not_ours(clone: Layout, supervisor: Supervisor) -> None:
    supervisor.ensure(process_of(clone))
    leader = pid_of(supervisor)
    kept = json.loads(pid_file(clone).read_text())
    pid_file(clone).write_text(json.dumps(kept | {"boot_id": "another"}))

    assert supervisor.find("one") is None
    os.killpg(leader, signal.SIGKILL)


def test_what_a_killed_process_leaves_behind_is_ended_before_the_next_start(
    clone: Layout, supervisor: Supervisor
) -> None:
    child = "import subprocess, time; subprocess.Popen(['sleep', '600']); print('here', flush=True); time.sleep(600)"
    supervisor.ensure(process_of(clone, code=child))
    leader = pid_of(supervisor)
    supervisor.send("one", signal.SIGKILL)
    subprocess.run(["sleep", "0.2"], check=True)
    assert session_members(leader), "the child outlives its parent"

    supervisor.ensure(process_of(clone, code=child))

    assert not session_members(leader)


def test_a_port_of_another_program_is_refused_by_name(clone: Layout, supervisor: Supervisor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert is_listening(port)
        with pytest.raises(StackError, match="taken by another program"):
            supervisor.ensure(process_of(clone, port=port))


def test_a_process_that_ends_while_starting_shows_the_end_of_its_log(clone: Layout, supervisor: Supervisor) -> None:
    with pytest.raises(StackError, match="no luck today"):
        supervisor.ensure(process_of(clone, code="raise SystemExit('no luck today')"))


def test_a_child_that_left_the_session_is_counted_as_family(clone: Layout, supervisor: Supervisor) -> None:
    child = "import os, time; os.setsid(); print('here', flush=True); time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    supervisor.ensure(process_of(clone, code=parent))
    leader = pid_of(supervisor)

    outside = family(leader) - set(session_members(leader))

    assert len(outside) == 1
    os.kill(outside.pop(), signal.SIGKILL)


def test_a_frozen_process_is_replaced_at_once_with_its_children(
    clone: Layout, supervisor: Supervisor, freeze: Freeze
) -> None:
    child = "import subprocess, time; subprocess.Popen(['sleep', '600']); print('here', flush=True); time.sleep(600)"
    supervisor.ensure(process_of(clone, code=child))
    leader = pid_of(supervisor)
    former = family(leader)
    assert len(former) == 2
    freeze(former)
    begun = time.monotonic()

    assert supervisor.ensure(replace(process_of(clone, code=child), ready=lambda: True)) == "restarted"

    assert time.monotonic() - begun < HUNG_AFTER_S / 2
    assert not former & family(pid_of(supervisor))
    assert [pid for pid in former if start_ticks(pid) is not None] == []


def test_a_frozen_process_is_stopped_without_waiting_for_a_clean_end(
    clone: Layout, supervisor: Supervisor, freeze: Freeze
) -> None:
    supervisor.ensure(process_of(clone))
    freeze([pid_of(supervisor)])
    begun = time.monotonic()

    assert supervisor.stop("one", timeout_s=20)

    assert (supervisor.find("one"), time.monotonic() - begun < 10) == (None, True)


def test_a_process_that_lives_and_fails_its_health_check_is_replaced_after_a_while(
    clone: Layout, supervisor: Supervisor
) -> None:
    supervisor.ensure(process_of(clone))
    former = pid_of(supervisor)
    hung = replace(process_of(clone), hung_after_s=1.0, ready=lambda: pid_of(supervisor) != former)

    assert supervisor.ensure(hung) == "restarted"

    assert (pid_of(supervisor) != former, start_ticks(former)) == (True, None)


def test_a_process_that_fails_its_health_check_for_a_moment_is_left_alone(
    clone: Layout, supervisor: Supervisor
) -> None:
    supervisor.ensure(process_of(clone))
    former, answers = pid_of(supervisor), iter([False, False, True])

    assert supervisor.ensure(replace(process_of(clone), ready=lambda: next(answers))) is None

    assert pid_of(supervisor) == former


def test_a_process_that_was_still_ending_is_started_again_by_the_same_command(
    clone: Layout, supervisor: Supervisor
) -> None:
    """Airflow's scheduler takes seconds to end after its database went away."""
    supervisor.ensure(process_of(clone))
    former = pid_of(supervisor)
    threading.Timer(0.5, os.kill, (former, signal.SIGKILL)).start()

    def is_another() -> bool:
        running = supervisor.find("one")
        return running is not None and running.pid != former

    assert supervisor.ensure(replace(process_of(clone), ready=is_another)) == "restarted"
    assert pid_of(supervisor) != former


def test_the_age_of_a_process_is_that_of_the_kernel(clone: Layout, supervisor: Supervisor) -> None:
    begun = time.monotonic()
    supervisor.ensure(process_of(clone))
    running = supervisor.find("one")
    assert running is not None
    assert 0 <= age_s(running) <= time.monotonic() - begun + 0.1
