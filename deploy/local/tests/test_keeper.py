"""The keeper of a program: it starts it again when it ends, with growing waits, and ends with it when told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from altscore_local.airflow import KEEPER

LIMIT_S = 15.0


def until(holds: Callable[[], bool]) -> None:
    """Polls until it holds."""
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def kept(script: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A keeper of a small program; its log is `keeper.log`."""
    with (folder / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen([sys.executable, str(KEEPER), "/bin/sh", "-c", script], cwd=folder, stderr=log)
        try:
            yield keeper
        finally:
            keeper.kill()
            keeper.wait()


def starts(folder: Path) -> list[int]:
    """The process ids of the program, one for each start."""
    file = folder / "starts"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_a_program_that_is_killed_is_started_again(tmp_path: Path) -> None:
    with kept("echo $$ >> starts; exec sleep 60", tmp_path) as keeper:
        until(lambda: len(starts(tmp_path)) == 1)
        os.kill(starts(tmp_path)[0], signal.SIGKILL)
        until(lambda: len(starts(tmp_path)) == 2)
        assert keeper.poll() is None
        assert b"ended with status -9" in (tmp_path / "keeper.log").read_bytes()
        os.kill(starts(tmp_path)[1], signal.SIGKILL)


def test_a_signal_reaches_the_program_and_ends_both(tmp_path: Path) -> None:
    script = "trap 'echo told > told; exit 3' TERM; echo $$ >> starts; while true; do sleep 0.05; done"
    with kept(script, tmp_path) as keeper:
        until(lambda: len(starts(tmp_path)) == 1)
        keeper.terminate()
        assert keeper.wait(LIMIT_S) == 3
        assert (tmp_path / "told").exists()
        assert len(starts(tmp_path)) == 1


def test_a_signal_that_comes_while_the_program_starts_ends_both(tmp_path: Path) -> None:
    for _ in range(20):
        with kept("echo $$ >> starts; exec sleep 60", tmp_path) as keeper:
            before = len(starts(tmp_path))
            until(lambda: has_child(keeper.pid))
            keeper.terminate()
            assert keeper.wait(LIMIT_S) in {0, 143}
            assert len(starts(tmp_path)) <= before + 1


def has_child(pid: int) -> bool:
    """Whether a process has started another one."""
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text())


def test_a_signal_during_a_wait_ends_the_keeper_without_another_start(tmp_path: Path) -> None:
    with kept("echo $$ >> starts; exit 1", tmp_path) as keeper:
        until(lambda: b"starts again" in (tmp_path / "keeper.log").read_bytes())
        before = len(starts(tmp_path))
        keeper.terminate()
        assert keeper.wait(LIMIT_S) == 0
        assert len(starts(tmp_path)) <= before + 1


def test_the_waits_grow_while_a_program_ends_at_once(tmp_path: Path) -> None:
    with kept("echo $$ >> starts; exit 1", tmp_path):
        until(lambda: (tmp_path / "keeper.log").read_bytes().count(b"starts again") >= 3)
    text = (tmp_path / "keeper.log").read_text()
    waits_s = [float(part.split(" s")[0]) for part in text.split("again in ")[1:]]
    assert 0.5 <= waits_s[0] <= 1.0
    assert 1.0 <= waits_s[1] <= 2.0
    assert 2.0 <= waits_s[2] <= 4.0
