"""Processes of dbt that begin where its start ends: most of the time of a run over a small ledger is dbt's start."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dbt_client

_SERVER = Path(__file__).with_name("dbt_server.py")


@contextmanager
def forked_dbt(folder: Path) -> Iterator[Path]:
    """A script to run in place of dbt_process.py; it is there while the context is open.

    Args:
        folder: an empty folder; its path must be short enough for a socket's name.
    """
    script = Path(shutil.copy(dbt_client.__file__, folder))
    path = os.pathsep.join(str(Path(place).resolve()) for place in sys.path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / dbt_client.SOCKET))
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-P", str(_SERVER), str(folder), str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env={**os.environ, "PYTHONPATH": path},
        )
    try:
        yield script
    finally:
        server.communicate()  # it ends with its input
