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

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
STEADY_S = 60.0
ENDS = (signal.SIGTERM, signal.SIGINT)


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

    def run(self) -> int:
        """Runs the program until SIGTERM or SIGINT; its last exit status."""
        signal.pthread_sigmask(signal.SIG_BLOCK, (*ENDS, signal.SIGCHLD))
        in_a_row = 0
        while True:
            begun = time.monotonic()
            status, is_told_to_end = self._run_once()
            if is_told_to_end:
                return max(status, 0)
            in_a_row = 0 if time.monotonic() - begun >= self._steady_s else in_a_row + 1
            wait_s = min(self._first_wait_s * 2 ** max(in_a_row - 1, 0), self._longest_wait_s)
            if _is_told_to_end_within(random.uniform(wait_s / 2, wait_s), status):
                return 0

    def _run_once(self) -> tuple[int, bool]:
        """The program's exit status, and whether the keeper was told to end meanwhile.

        Signals are waited for, never handled: one that comes at any instant, also while the program starts, is taken.
        """
        child = subprocess.Popen(self._argv, preexec_fn=_take_signals_again)  # noqa: PLW1509  # no other thread is here
        is_told_to_end = False
        while child.poll() is None:
            number = signal.sigwait((*ENDS, signal.SIGCHLD))
            if number in ENDS:
                is_told_to_end = True
                child.send_signal(number)
        return child.returncode, is_told_to_end


def _take_signals_again() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*ENDS, signal.SIGCHLD))


def _is_told_to_end_within(wait_s: float, status: int) -> bool:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    line = f"{now} keeper: the program ended with status {status}, starts again in {wait_s:.1f} s\n"
    sys.stderr.write(line)
    sys.stderr.flush()
    return signal.sigtimedwait(ENDS, wait_s) is not None


if __name__ == "__main__":
    sys.exit(Keeper(sys.argv[1:]).run())
