"""Processes: started detached, known by pid and start time, stopped only when they are ours."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from altscore_local.files import PUBLIC, digest_of, write_file
from altscore_local.layout import Layout

READY_TIMEOUT_S = 90.0
POLL_S = 0.1
_STAT_STATE, _STAT_PARENT, _STAT_SESSION, _STAT_START = (
    0,
    1,
    3,
    19,
)  # positions after the command name in /proc/<pid>/stat


class StackError(Exception):
    """Something that the person at the terminal must know; printed without a traceback."""


@dataclass(frozen=True)
class Process:
    """What to start and how to know that it works.

    Args:
        name: of the pid file, log and environment file.
        group: infra, services, simulators, airflow or mlflow.
        argv: never holds a secret; secrets go by `env` or files.
        env: the whole environment, nothing is inherited.
        port: shown in `status`.
        ready: True once it serves.
        uid: run as this user (the caller must be root), None: as the caller.
        stop_signal: asks for a clean end.
        code: digest of its source, where that may change between two `up`.
    """

    name: str
    group: str
    argv: Sequence[str]
    env: Mapping[str, str]
    port: int | None
    ready: Callable[[], bool]
    cwd: Path
    uid: int | None = None
    gid: int | None = None
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: float = 30.0
    ready_timeout_s: float = READY_TIMEOUT_S
    code: str = ""

    def digest(self) -> str:
        """What it runs, with what: another digest means that a running process is out of date."""
        stable = [part for part in self.argv if not part.endswith(".jsa")]
        return digest_of([repr((stable, sorted(self.env.items()), self.code))])


@dataclass(frozen=True)
class Running:
    """A process of ours that is alive."""

    pid: int
    start_ticks: int
    startup_s: float | None
    digest: str


def start_ticks(pid: int) -> int | None:
    """Kernel start time of a live process (not a zombie); with the pid it names one process for ever."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if after_name[_STAT_STATE] in "ZX" else int(after_name[_STAT_START])


def boot_id() -> str:
    """Identity of this boot: start times begin anew with each."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class Supervisor:
    """Starts, finds and stops processes of one clone by their pid files."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def _pid_file(self, name: str) -> Path:
        return self._layout.run / "pids" / f"{name}.json"

    def log_file(self, name: str) -> Path:
        """Where a process writes."""
        return self._layout.logs / f"{name}.log"

    def names(self) -> list[str]:
        """Every process that has a pid file, alive or not."""
        return sorted(file.stem for file in (self._layout.run / "pids").glob("*.json"))

    def find(self, name: str) -> Running | None:
        """The live process of that name; a reused pid, an old boot or a dead process is None."""
        try:
            kept = json.loads(self._pid_file(name).read_text())
        except (OSError, ValueError):
            return None
        same_boot = kept.get("boot_id") == boot_id()
        if not same_boot or start_ticks(kept["pid"]) != kept["start_ticks"]:
            return None
        return Running(kept["pid"], kept["start_ticks"], kept.get("startup_s"), kept.get("digest", ""))

    def spawn(self, process: Process) -> Running:
        """Starts a process in a session of its own, output appended to its log."""
        log = self.log_file(process.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            child = subprocess.Popen(
                process.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=process.cwd,
                env=dict(process.env),
                start_new_session=True,
                user=process.uid,
                group=process.gid,
                extra_groups=[] if process.uid is not None else None,
                umask=0o077,
            )
        self._children[child.pid] = child
        running = Running(child.pid, start_ticks(child.pid) or 0, None, process.digest())
        self._keep(process.name, running)
        return running

    def _keep(self, name: str, running: Running) -> None:
        content = {
            "pid": running.pid,
            "start_ticks": running.start_ticks,
            "boot_id": boot_id(),
            "startup_s": running.startup_s,
            "digest": running.digest,
        }
        write_file(self._pid_file(name), json.dumps(content), mode=PUBLIC)

    def ensure(self, process: Process) -> bool:
        """Starts the process unless it lives with the same settings and code, then waits until it is ready.

        Returns:
            True when it was started now.

        Raises:
            StackError: it ended, or was not ready in time; the message holds the end of its log.
        """
        running = self.find(process.name)
        if running is not None and running.digest != process.digest():
            self.stop(process.name, number=process.stop_signal, timeout_s=process.stop_timeout_s)
            running = None
        is_new = running is None
        begun = time.monotonic()
        if running is None:
            self._end_orphans(process.name)
            self._refuse_foreign_port(process)
            running = self.spawn(process)
        while not process.ready():
            self._reap(running.pid)
            if start_ticks(running.pid) != running.start_ticks:
                raise StackError(f"{process.name} ended while starting\n{self._tail(process.name)}")
            if time.monotonic() - begun > process.ready_timeout_s:
                raise StackError(
                    f"{process.name} is not ready after {process.ready_timeout_s:.0f} s\n{self._tail(process.name)}"
                )
            time.sleep(POLL_S)
        if is_new:
            seconds = round(time.monotonic() - begun, 1)
            self._keep(process.name, dataclasses.replace(running, startup_s=seconds))
        return is_new

    def _refuse_foreign_port(self, process: Process) -> None:
        """A foreign process on our port would answer our readiness check in place of ours."""
        if process.port is not None and is_listening(process.port):
            raise StackError(
                f"port {process.port} of {process.name} is taken by another program; "
                "stop that, or choose other ports with ALTSCORE_PORT_OFFSET"
            )

    def _reap(self, pid: int) -> None:
        child = self._children.get(pid)
        if child is not None:
            child.poll()

    def _tail(self, name: str, size: int = 3_000) -> str:
        log = self.log_file(name)
        text = log.read_text(errors="replace")[-size:] if log.exists() else ""
        return f"--- end of {log} ---\n{text}"

    def send(self, name: str, number: int) -> bool:
        """Sends a signal to a live process of ours; False when there is none."""
        running = self.find(name)
        if running is None:
            return False
        os.kill(running.pid, number)
        return True

    def stop(self, name: str, *, number: int = signal.SIGTERM, timeout_s: float = 30.0) -> bool:
        """Ends a process and what it started; by force after `timeout_s`. False when it was not running."""
        running = self.find(name)
        if running is not None:
            os.kill(running.pid, number)
            if not self._wait_gone(running, timeout_s):
                os.killpg(running.pid, signal.SIGKILL)
                self._wait_gone(running, 5.0)
        self._end_orphans(name)
        self._pid_file(name).unlink(missing_ok=True)
        return running is not None

    def _end_orphans(self, name: str) -> None:
        """Ends what a killed process left behind (PostgreSQL's backends hold its memory, a task its database)."""
        try:
            kept = json.loads(self._pid_file(name).read_text())
        except (OSError, ValueError):
            return
        self._reap(kept["pid"])
        if kept.get("boot_id") != boot_id() or start_ticks(kept["pid"]) is not None:
            return
        end = time.monotonic() + 5.0
        while orphans := session_members(kept["pid"], not_before=kept["start_ticks"]):
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > end:
                raise StackError(f"processes {orphans} of the former {name} do not end")
            time.sleep(0.05)

    def _wait_gone(self, running: Running, timeout_s: float) -> bool:
        end = time.monotonic() + timeout_s
        while start_ticks(running.pid) == running.start_ticks:
            self._reap(running.pid)
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


def is_listening(port: int) -> bool:
    """Whether anything listens on that TCP port of this machine (read from the kernel, nothing is sent)."""
    suffix = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        path = Path(table)
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        for line in lines:
            columns = line.split()
            if columns[1].endswith(suffix) and columns[3] == "0A":
                return True
    return False


def _live() -> dict[int, tuple[int, int, int]]:
    """Parent, session and start of every live process, by pid."""
    live = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            columns = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if columns[_STAT_STATE] not in "ZX":
            parent, session, start = (int(columns[at]) for at in (_STAT_PARENT, _STAT_SESSION, _STAT_START))
            live[int(folder.name)] = (parent, session, start)
    return live


def session_members(leader: int, *, not_before: int = 0) -> list[int]:
    """Live processes of the session that `leader` began; a pid is not given away while a session bears it."""
    return [pid for pid, (_, session, start) in _live().items() if session == leader and start >= not_before]


def family(leader: int) -> set[int]:
    """Live processes of the session of `leader` and all their descendants (a database's backends leave the session)."""
    live = _live()
    members = {pid for pid, (_, session, _) in live.items() if leader in (pid, session)}
    while grown := {pid for pid, (parent, _, _) in live.items() if parent in members} - members:
        members |= grown
    return members


def family_rss_mib(leader: int) -> int:
    """Memory of a process and its children, MiB: pages shared between them are divided (PSS) where that may be read."""
    return sum(_memory_kib(pid) for pid in family(leader)) // 1024


def _memory_kib(pid: int) -> int:
    for file, label in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        except OSError:
            continue
        return sum(int(line.split()[1]) for line in lines if line.startswith(label))
    return 0
