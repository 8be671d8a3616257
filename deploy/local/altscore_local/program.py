"""Programs that are run to their end while the stack is set up, copied or restored."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from altscore_local.process import StackError

LIMIT_S = 300.0
_TAIL_CHARS = 3_000


def run_program(
    command: Sequence[str],
    *,
    failure: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float = LIMIT_S,
) -> str:
    """Runs a program to its end; what it wrote to standard output.

    Args:
        command: program and arguments.
        failure: what is said when it fails, before the end of its output.
        env: its whole environment; by default this process's.
        cwd: by default this process's.
        timeout_s: longest duration, seconds.

    Raises:
        StackError: it failed, or took longer.
    """
    try:
        done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise StackError(f"{failure}: {Path(command[0]).name} did not end within {timeout_s:.0f} s") from error
    if done.returncode:
        raise StackError(f"{failure}\n{(done.stdout + done.stderr)[-_TAIL_CHARS:]}")
    return done.stdout
