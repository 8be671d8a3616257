"""A PostgreSQL cluster of a test run that can be killed, made to hang and thrown away; and free ports."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

CLUSTER_PREFIX = "altscore-pg-"
MEMORY_FOLDER_BYTES = 4 << 30  # several workers with a cluster each
ABANDONED_AFTER_S = 6 * 3_600.0  # longer than any run
HANG_S = 30.0  # what a test waits at most for something that is due at once; only one that hangs gets there
# Below the ephemeral range, whose connections would collide; above the ports of the integration suite's own stack.
_FIRST_PORT, _LAST_PORT = 23_500, 31_000


class PostgresServer:
    """A throw-away PostgreSQL cluster on a free port; not durable, since a test never restarts it.

    Args:
        in_memory: in the file system in memory where it has room: a database is made there in half of the time.
        is_durable: waits for the disk at each commit, as in production; for benchmarks.
    """

    def __init__(self, *, in_memory: bool = False, is_durable: bool = False) -> None:
        self._is_durable = is_durable
        self.folder = Path(tempfile.mkdtemp(prefix=CLUSTER_PREFIX, dir=_memory_folder() if in_memory else None))
        self.port = free_port()
        self._admin: psycopg.Connection[tuple[Any, ...]] | None = None
        self._is_killed = False
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name

    def start(self) -> None:
        """Initialises and starts the cluster."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, self._user)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c max_connections=200"
        if not self._is_durable:
            options += " -c fsync=off -c full_page_writes=off"
        self._run("pg_ctl", "-D", data, "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stops the cluster, unless it was killed, and removes its files."""
        if self._admin is not None:
            self._admin.close()
        if not self._is_killed:
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """Ends all processes of the cluster at once, as a crash of its machine would."""
        for pid in self._pids():
            os.kill(pid, signal.SIGKILL)
        self._is_killed = True

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """All processes are stopped: connections stay, new ones are taken by the kernel, and nobody answers."""
        pids = self._pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    def dsn(self, database: str, role: str = "postgres") -> str:
        """Connection string of a role."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        executable = shutil.which(program) or str(next(Path("/usr/lib/postgresql").glob(f"*/bin/{program}")))
        prefix = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"]
        command = [*(prefix if os.geteuid() == 0 else []), executable, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Runs one statement as superuser, outside a transaction."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, name: str, *, owner: str, template: str = "template1") -> None:
        """Makes a database as a copy of another one, to which nobody is connected.

        By files, which takes less than by pages through the log where no commit waits for a disk.
        """
        statement = f"CREATE DATABASE {name} TEMPLATE {template} OWNER {owner} STRATEGY file_copy"
        self._administrator().execute(statement.encode())

    def drop(self, name: str) -> None:
        """Ends the sessions of a database and removes it.

        Most tests leave a session. PostgreSQL ends it too, but looks only every 100 ms whether it is gone.

        Raises:
            TimeoutError: a session does not end.
        """
        administrator, end = self._administrator(), time.monotonic() + HANG_S
        ended = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        while administrator.execute(ended, (name,)).fetchall():
            if time.monotonic() > end:
                raise TimeoutError(f"a session of {name} does not end")
            time.sleep(0.002)
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def _administrator(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """One session for what every test needs, opened again when a test threw everybody out."""
        with suppress(psycopg.OperationalError):
            if self._admin is not None and self._admin.execute("SELECT"):
                return self._admin
        self._admin = psycopg.connect(self.dsn("postgres"), autocommit=True)
        return self._admin


def _memory_folder() -> Path | None:
    """The file system in memory, without what killed runs left there, or None where it has no room."""
    folder = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a folder that nobody else may enter
    with suppress(OSError):
        for cluster in folder.glob(f"{CLUSTER_PREFIX}*"):
            if cluster.stat().st_mtime < time.time() - ABANDONED_AFTER_S:
                shutil.rmtree(cluster, ignore_errors=True)
        if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= MEMORY_FOLDER_BYTES:
            return folder
    return None


def free_port() -> int:
    """A port that nobody listens on, below the ephemeral range."""
    for _ in range(200):
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port")
