"""Runs commands side by side and prints the whole output of each, unmixed, as it ends. Needs nothing but Python.

Usage: side_by_side.py <folder> <name=command> <name=command> …

The output of each is written to `<folder>/<name>.log` meanwhile. None is cut short when another fails. Ends with 0 only
when every command ended with 0; the last lines say how each ended. Interrupted, it interrupts all of them and waits
until they have cleaned up.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

TOLD_EVERY_S = 60.0
CLEAN_UP_S = 180.0


@dataclass
class Running:
    """A started command and the file that takes its output."""

    name: str
    log: Path
    process: "subprocess.Popen[bytes]"
    begun: float
    outcome: str | None = None

    def end(self) -> None:
        """Notes how it ended and prints what it wrote."""
        self.outcome = f"{self.name}: exit {self.process.returncode} after {time.monotonic() - self.begun:.0f} s"
        print(f"── {self.outcome} ──", flush=True)
        with self.log.open("rb") as written:
            shutil.copyfileobj(written, sys.stdout.buffer)
        sys.stdout.buffer.flush()

    def signal(self, number: int) -> None:
        """Sends a signal to the command and all that it started in its group, if it still runs."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def start(name: str, command: Sequence[str], folder: Path) -> Running:
    """Starts a command in a process group of its own, so that an interrupt reaches it once.

    Raises:
        OSError: it cannot be started.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, process_group=0
        )
    print(f"{name} runs; its output so far: {log}", flush=True)
    return Running(name=name, log=log, process=process, begun=time.monotonic())


def wait(started: Sequence[Running]) -> None:
    """Returns when all have ended; each is printed as it ends, and now and then a line says what still runs."""
    told = time.monotonic()
    while running := [each for each in started if each.outcome is None]:
        for each in running:
            if each.process.poll() is not None:
                each.end()
        if time.monotonic() - told >= TOLD_EVERY_S:
            told = time.monotonic()
            print("  … " + ", ".join(f"{each.name} {told - each.begun:.0f} s" for each in running), flush=True)
        time.sleep(0.1)


def clean_up(started: Sequence[Running]) -> None:
    """Interrupts what still runs, waits until it has cleaned up behind itself, and ends what does not."""
    for each in started:
        if each.process.poll() is None:
            each.signal(signal.SIGINT)
    end = time.monotonic() + CLEAN_UP_S
    for each in started:
        try:
            each.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            each.signal(signal.SIGKILL)
            each.process.wait()
        if each.outcome is None:
            each.end()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """0 when every command ended with 0, 1 when one did not, 130 after an interrupt."""
    folder, commands = Path(sys.argv[1]), [argument.partition("=") for argument in sys.argv[2:]]
    if not commands or not all(name and command for name, _, command in commands):
        print(__doc__, file=sys.stderr)
        return 2
    # SIGINT too: a shell's background job ignores it and would have the commands ignore it, a handler is not inherited.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    folder.mkdir(parents=True, exist_ok=True)
    started: list[Running] = []
    try:
        for name, _, command in commands:
            started.append(start(name, shlex.split(command), folder))  # a later one may not start
        wait(started)
    except KeyboardInterrupt:
        clean_up(started)
        return 130
    except OSError:
        clean_up(started)
        raise
    print("\n".join(f"{each.outcome}" for each in started), flush=True)
    return 1 if any(each.process.returncode for each in started) else 0


if __name__ == "__main__":
    sys.exit(main())
