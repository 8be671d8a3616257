"""Commands side by side: each output whole, no failure lost, none cut short by another, all ended by an interrupt."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from altscore_libs.testing_postgres import HANG_S

PROGRAM = Path(__file__).resolve().parents[1] / "side_by_side.py"
CAREFUL = """
import pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
try:
    (folder / "began").touch()
    time.sleep(600)
except KeyboardInterrupt:
    print("cleaned up", flush=True)
"""


def python(text: str, *arguments: str) -> str:
    """A command line of a small program."""
    return shlex.join([sys.executable, "-c", text, *arguments])


def run(folder: Path, *commands: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(PROGRAM), str(folder / "logs"), *commands]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANG_S)


def until(path: Path) -> None:
    end = time.monotonic() + HANG_S
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} never came"
        time.sleep(0.02)


def test_commands_run_at_the_same_time(tmp_path: Path) -> None:
    meets = (
        "import pathlib,sys,time\na,b=map(pathlib.Path,sys.argv[1:])\na.touch()\nwhile not b.exists(): time.sleep(.02)"
    )
    mine, other = str(tmp_path / "1"), str(tmp_path / "2")
    done = run(tmp_path, f"first={python(meets, mine, other)}", f"second={python(meets, other, mine)}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_output_is_printed_whole_under_its_name_and_the_last_lines_say_how_each_ended(tmp_path: Path) -> None:
    speaks = (
        "import sys, time\n"
        "for n in range(3): print(sys.argv[1], n, flush=True); time.sleep(.1)\n"
        "sys.stderr.write('e\\n')"
    )
    done = run(tmp_path, f"first={python(speaks, 'a')}", f"second={python(speaks, 'b')}")
    assert "a 0\na 1\na 2\ne\n" in done.stdout
    assert "b 0\nb 1\nb 2\ne\n" in done.stdout
    assert (tmp_path / "logs" / "second.log").read_text() == "b 0\nb 1\nb 2\ne\n"
    last = done.stdout.splitlines()[-2:]
    assert [line.split(" after ")[0] for line in last] == ["first: exit 0", "second: exit 0"]


@pytest.mark.parametrize("failing", [0, 1])
def test_a_failure_of_any_is_a_failure_and_the_others_run_to_their_end(tmp_path: Path, failing: int) -> None:
    fails, writes = python("raise SystemExit(3)"), python("import time; time.sleep(.5); print('went on')")
    commands = [f"good={writes}"]
    commands.insert(failing, f"bad={fails}")
    done = run(tmp_path, *commands)
    assert done.returncode == 1
    assert "went on" in done.stdout
    assert "bad: exit 3 after" in done.stdout.splitlines()[-2 + failing]


def test_one_that_a_signal_ended_is_a_failure(tmp_path: Path) -> None:
    done = run(tmp_path, f"killed={python('import os; os.kill(os.getpid(), 9)')}", f"good={python('pass')}")
    assert done.returncode == 1
    assert "killed: exit -9" in done.stdout


def test_one_that_cannot_be_started_fails_and_leaves_none_behind(tmp_path: Path) -> None:
    done = run(tmp_path, f"careful={python(CAREFUL, str(tmp_path))}", "missing=/nowhere/program")
    assert done.returncode == 1
    assert "/nowhere/program" in done.stderr
    assert "careful: exit" in done.stdout


def test_without_a_command_it_says_how_it_is_used(tmp_path: Path) -> None:
    assert [run(tmp_path, *arguments).returncode for arguments in ([], ["no command"], ["empty="])] == [2, 2, 2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_reaches_all_and_waits_until_they_cleaned_up(tmp_path: Path, number: int) -> None:
    assert_cleaned_up(tmp_path, [], number)


def test_an_interrupt_reaches_them_where_a_shell_had_it_ignored_for_a_background_job(tmp_path: Path) -> None:
    assert_cleaned_up(tmp_path, ["bash", "-c", "trap '' INT; exec \"$@\"", "job"], signal.SIGINT)


def assert_cleaned_up(tmp_path: Path, shell: list[str], number: int) -> None:
    command = [sys.executable, str(PROGRAM), str(tmp_path), f"careful={python(CAREFUL, str(tmp_path))}"]
    process = subprocess.Popen([*shell, *command], stdout=subprocess.PIPE, text=True)
    until(tmp_path / "began")
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=HANG_S)
    assert process.returncode == 130
    assert "cleaned up" in output
