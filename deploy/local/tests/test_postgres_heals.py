"""A database server that hangs or was killed comes back by the next start, whatever it left behind."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import psycopg
import pytest
from altscore_libs.testing_postgres import HANG_S
from altscore_local.layout import Layout
from altscore_local.pki import ensure_pki
from altscore_local.postgres import SUPERUSER, Postgres
from altscore_local.process import Supervisor, family, processes_in, start_ticks

Freeze = Callable[[Iterable[int]], None]


@pytest.fixture
def server(clone: Layout) -> Iterator[tuple[Postgres, Supervisor]]:
    """A server of its own on a free port, with one open session."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        offset = free.getsockname()[1] - clone.port("postgres")
    layout = replace(clone, port_offset=offset)
    ensure_pki(layout)
    postgres, supervisor = Postgres(layout), Supervisor(layout)
    supervisor.ensure(postgres.prepare())
    with psycopg.connect(postgres.dsn(SUPERUSER, "postgres"), autocommit=True) as session:
        session.execute("CREATE TABLE kept AS SELECT 1 AS value")
        yield postgres, supervisor
    supervisor.stop("postgres", number=signal.SIGINT, timeout_s=10)
    if not postgres.home.is_relative_to(layout.var):
        shutil.rmtree(postgres.home.parent)


def pid_of(supervisor: Supervisor) -> int:
    running = supervisor.find("postgres")
    assert running is not None
    return running.pid


def kept_value(postgres: Postgres) -> int:
    with psycopg.connect(postgres.dsn(SUPERUSER, "postgres"), connect_timeout=int(HANG_S)) as connection:
        row = connection.execute("SELECT value FROM kept").fetchone()
    return int(row[0]) if row else 0


def test_a_frozen_server_is_replaced_with_all_its_backends(server: tuple[Postgres, Supervisor], freeze: Freeze) -> None:
    postgres, supervisor = server
    former = family(pid_of(supervisor))
    assert len(former) > 3, "a server, its workers and a session"
    freeze(former)

    assert supervisor.ensure(postgres.prepare()) == "restarted"

    assert [pid for pid in former if start_ticks(pid) is not None] == []
    assert kept_value(postgres) == 1


def test_a_killed_server_comes_back_though_a_backend_of_its_is_frozen(
    server: tuple[Postgres, Supervisor], freeze: Freeze
) -> None:
    postgres, supervisor = server
    leader = pid_of(supervisor)
    backends = [pid for pid in processes_in(postgres.home.resolve()) if pid != leader]
    assert backends
    freeze(backends)
    os.kill(leader, signal.SIGKILL)
    end = time.monotonic() + 5
    while supervisor.find("postgres") is not None and time.monotonic() < end:
        time.sleep(0.05)

    assert supervisor.ensure(postgres.prepare()) == "started"

    assert [pid for pid in backends if start_ticks(pid) is not None] == []
    assert kept_value(postgres) == 1
