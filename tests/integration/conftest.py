"""The real stack, started once per run beside other instances of this clone, the main job done on a small book."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from altscore_local.process import family

from demo.context import Demo

ROOT = Path(__file__).parents[2]
INSTANCE = "var-test"
OFFSET = 2_000


class Stack:
    """The local stack's command line, for this instance."""

    def __init__(self) -> None:
        offset = int(os.environ.get("ALTSCORE_PORT_OFFSET", "0")) + OFFSET
        self.environment = os.environ | {"ALTSCORE_VAR": INSTANCE, "ALTSCORE_PORT_OFFSET": str(offset)}

    def run(self, *arguments: str, limit_s: float = 600) -> str:
        """One command of the stack; its output."""
        command = [sys.executable, "deploy/local/stack.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=limit_s
        )
        assert done.returncode == 0, f"{arguments}: {(done.stdout + done.stderr)[-3000:]}"
        return done.stdout

    def demo(self) -> subprocess.CompletedProcess[str]:
        """The main job on a small book."""
        command = [sys.executable, "-m", "demo", "--var", str(ROOT / INSTANCE), "--size", "small"]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=1_500
        )


def eventually(what: str, probe: Callable[[], bool], limit_s: float, *, every_s: float = 0.25) -> None:
    """Polls until the probe holds."""
    end = time.monotonic() + limit_s
    while not probe():
        assert time.monotonic() < end, f"{what}: not within {limit_s} s"
        time.sleep(every_s)


@contextmanager
def hanging(demo: Demo, process: str) -> Iterator[None]:
    """The process and all that it started are stopped: connections stay, the kernel takes new ones, nobody answers."""
    pid_file = demo.var / "run" / "pids" / f"{process}.json"
    pids = sorted(family(json.loads(pid_file.read_text(encoding="utf-8"))["pid"]))
    assert pids
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A fresh instance; its data go when the run ends."""
    stack_ = Stack()
    stack_.run("clean")
    stack_.run("up")
    yield stack_
    stack_.run("clean")


@pytest.fixture
def healed(stack: Stack) -> Iterator[Stack]:
    """The stack; whatever the drill broke is started again."""
    yield stack
    stack.run("up")


@pytest.fixture(scope="session")
def demo(stack: Stack) -> Demo:
    """The main job, done once; every step checked itself."""
    done = stack.demo()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    demo_ = Demo(ROOT / INSTANCE, "small")
    demo_.recall()
    return demo_


@pytest.fixture(scope="session")
def summary(demo: Demo) -> dict[str, Any]:
    """What the main job recorded for machines."""
    recorded: dict[str, Any] = json.loads((demo.out / "summary.json").read_text(encoding="utf-8"))
    return recorded
