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
HUNG_AFTER_S = 20.0
POLL_S = 0.1
_STAT_STATE, _STAT_PARENT, _STAT_SESSION, _STAT_START = (
    0,
    1,
    3,
    19,
)  # positions after the command name in /proc/<pid>/stat

SYSTEM_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
"""What every program of the stack gets; whatever else it needs is given by name."""


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
        ready_timeout_s: how long a start may take, seconds.
        hung_after_s: how long a process that has served may fail its health check before it is replaced, seconds.
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
    hung_after_s: float = HUNG_AFTER_S
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


def is_frozen(pid: int) -> bool:
    """Whether a process is stopped by a signal or a debugger: it takes no other signal than SIGCONT and SIGKILL."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[_STAT_STATE] in "Tt"
    except OSError:
        return False


def age_s(running: Running) -> float:
    """Seconds since a process started."""
    uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    return uptime_s - running.start_ticks / os.sysconf("SC_CLK_TCK")


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
        return Running(
            pid=kept["pid"],
            start_ticks=kept["start_ticks"],
            startup_s=kept.get("startup_s"),
            digest=kept.get("digest", ""),
        )

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
        running = Running(
            pid=child.pid, start_ticks=start_ticks(child.pid) or 0, startup_s=None, digest=process.digest()
        )
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

    def ensure(self, process: Process) -> str | None:
        """Starts the process unless it serves with the same settings and code, and waits until it is ready.

        One that is frozen, ends meanwhile, or fails its health check for `hung_after_s` is replaced.

        Returns:
            "started", "restarted" where another was ended for it, None where nothing was to be done.

        Raises:
            StackError: it ended, or was not ready in time; the message holds the end of its log.
        """
        former = self.find(process.name)
        if former is not None and former.digest != process.digest():
            self.stop(process.name, number=process.stop_signal, timeout_s=process.stop_timeout_s)
        elif former is not None and self._serves(process, former):
            return None
        self._end_orphans(process.name)
        self._refuse_foreign_port(process)
        begun = time.monotonic()
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
        seconds = round(time.monotonic() - begun, 1)
        self._keep(process.name, dataclasses.replace(running, startup_s=seconds))
        return "started" if former is None else "restarted"

    def _serves(self, process: Process, running: Running) -> bool:
        """Whether a live process serves, now or soon; one that hangs is ended."""
        patience_s = process.hung_after_s
        if running.startup_s is None:  # whoever started it did not wait for it
            patience_s = max(patience_s, process.ready_timeout_s - age_s(running))
        end = time.monotonic() + patience_s
        while not is_frozen(running.pid) and time.monotonic() < end:
            is_ready = process.ready()
            self._reap(running.pid)
            if start_ticks(running.pid) != running.start_ticks:
                return False
            if is_ready:
                return True
            time.sleep(POLL_S)
        self._kill_family(running)
        return False

    def _kill_family(self, running: Running) -> None:
        """Kills a process first, so that it starts nothing more, and then all that it started."""
        members = {pid: start_ticks(pid) for pid in family(running.pid) - {running.pid}}
        for pid in (running.pid, *members):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._wait_gone(running, 5.0)
        end = time.monotonic() + 5.0
        while any(ticks is not None and start_ticks(pid) == ticks for pid, ticks in members.items()):
            if time.monotonic() > end:
                raise StackError(f"processes {sorted(members)} that process {running.pid} started do not end")
            time.sleep(POLL_S / 10)

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
        """Ends a process and what it started; by force after `timeout_s`, at once where it is frozen.

        Returns:
            False when it was not running.
        """
        running = self.find(name)
        if running is not None:
            if not is_frozen(running.pid):
                os.kill(running.pid, number)
            if is_frozen(running.pid) or not self._wait_gone(running, timeout_s):
                self._kill_family(running)
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


def processes_in(folder: Path) -> list[int]:
    """Live processes whose working directory is that folder; those whose directory we may not see are left out."""
    pids = []
    for pid in _live():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cwd").readlink() == folder:
                pids.append(pid)
    return pids


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
