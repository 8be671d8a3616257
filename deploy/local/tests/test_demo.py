"""The demo says what it waits for, also where its output is no terminal."""

import json
import time
from pathlib import Path

import pytest
from rich.console import Console

from demo.context import Demo, DemoFailedError


def demo_of(folder: Path) -> Demo:
    """A demo of an instance that holds nothing."""
    (folder / "stack.json").write_text(json.dumps({}), encoding="utf-8")
    return Demo(folder, console=Console(force_terminal=False))


def test_a_step_that_takes_long_is_heard_of_while_it_runs_and_not_afterwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with demo_of(tmp_path).progress("training", every_s=0.05):
        time.sleep(0.3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 2
    assert all("training: 0 s so far" in line for line in lines)
    time.sleep(0.15)
    assert capsys.readouterr().out == ""


def test_a_wait_that_fails_ends_its_voice_too(tmp_path: Path) -> None:
    with pytest.raises(DemoFailedError, match="nothing: not within"):
        demo_of(tmp_path).until("nothing", lambda: False, limit_s=0.05, every_s=0.01)
