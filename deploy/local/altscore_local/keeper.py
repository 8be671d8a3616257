"""Runs a program and starts it again when it ends: `keeper.py program arguments…`; uses the standard library alone.

Airflow's scheduler, triggerer and dag-processor end when their database does. A signal that ends the keeper is passed
on, and the keeper then ends with the program.
"""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import FrameType

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
STEADY_S = 60.0


class Keeper:
    """Keeps one program running.

    Args:
        argv: of the program.
        first_wait_s: longest wait after it ended for the first time, doubled each time in a row.
        longest_wait_s: no wait is longer.
        steady_s: a program that ran for so long ended for the first time.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        first_wait_s: float = FIRST_WAIT_S,
        longest_wait_s: float = LONGEST_WAIT_S,
        steady_s: float = STEADY_S,
    ) -> None:
        self._argv = list(argv)
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._steady_s = steady_s
        self._stop_signal: int | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Runs the program until SIGTERM or SIGINT; its last exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        in_a_row = 0
        while True:
            begun = time.monotonic()
            self._child = subprocess.Popen(self._argv)
            if self._stop_signal is not None:  # it came while the program started
                self._child.send_signal(self._stop_signal)
            status = self._child.wait()
            if self._stop_signal is not None:
                return max(status, 0)
            in_a_row = 0 if time.monotonic() - begun >= self._steady_s else in_a_row + 1
            wait_s = min(self._first_wait_s * 2 ** max(in_a_row - 1, 0), self._longest_wait_s)
            self._rest(random.uniform(wait_s / 2, wait_s), status)
            if self._stop_signal is not None:
                return 0

    def _rest(self, wait_s: float, status: int) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        line = f"{now} keeper: the program ended with status {status}, starts again in {wait_s:.1f} s\n"
        sys.stderr.write(line)
        sys.stderr.flush()
        end = time.monotonic() + wait_s
        while self._stop_signal is None and time.monotonic() < end:
            time.sleep(0.1)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._stop_signal = number
        if self._child is not None and self._child.returncode is None:
            self._child.send_signal(number)


if __name__ == "__main__":
    sys.exit(Keeper(sys.argv[1:]).run())
