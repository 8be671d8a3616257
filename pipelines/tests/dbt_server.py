"""Forks processes of dbt from one that has imported it and read the project.

Usage: dbt_server.py <scratch folder> <number of a listening socket>; it ends with its input. A forked process runs
dbt_process.py as it is. It reads the project too, with the variables of its task, but out of the syntax trees that this
process made: dbt keeps them by their text, for tests such as these.
"""

import gc
import importlib.util
import json
import os
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
from altscore_pipelines.hooks import dbt_process
from altscore_pipelines.hooks.dbt import PROJECT
from dbt.cli.main import dbtRunner
from dbt_common.tests import enable_test_caching


def read_project(folder: Path, target: str) -> None:
    """Reads the project, with the parser that keeps no threads; a fault in it is for the forked processes to tell."""
    places = {"--project-dir": PROJECT, "--profiles-dir": PROJECT, "--log-path": folder, "--target-path": folder}
    flat = [str(text) for pair in places.items() for text in pair]
    dbtRunner().invoke(["parse", "--quiet", "--no-static-parser", "--target", target, *flat])
    duckdb.default_connection().close()  # it has a thread


def prepare(folder: Path) -> None:
    """Reads the project for the engines that are here."""
    enable_test_caching()
    read_project(folder, "duckdb")
    if importlib.util.find_spec("pyspark"):
        read_project(folder, "spark")
    threads = os.listdir("/proc/self/task")
    if len(threads) != 1:
        raise RuntimeError(f"reading the project left {len(threads) - 1} threads that a fork would lose")
    gc.collect()
    gc.freeze()  # a forked process would write to all of it otherwise


def become(connection: socket.socket) -> None:
    """Takes the place of the process at the other end: its streams, its folder, its environment and no more."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    asked: dict[str, Any] = json.load(connection.makefile())
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])


def is_asked(listener: socket.socket) -> bool:
    """Waits for a connection; False when the input ends instead."""
    return sys.stdin not in select.select([listener, sys.stdin], [], [])[0]


def serve(listener: socket.socket) -> None:
    """Forks a process per connection, one at a time, and answers with its exit code."""
    while is_asked(listener):
        connection, _ = listener.accept()
        with connection:
            number = os.fork()
            if not number:
                become(connection)
                sys.exit(dbt_process.main())
            _, status = os.waitpid(number, 0)
            with suppress(ConnectionError):  # whoever asked has been killed, by the time limit of a test
                connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def main() -> None:
    """Prepares when it is first asked, and serves."""
    with socket.socket(fileno=int(sys.argv[2])) as listener:
        if is_asked(listener):
            prepare(Path(sys.argv[1]))
            serve(listener)


if __name__ == "__main__":
    main()
