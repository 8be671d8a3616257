"""The housekeeper of a clone: rotates logs, removes scratch and old task logs, cleans Airflow's database, renews
certificates of services, says sizes.

`python -m altscore_local.housekeeping` runs until it is told to end; /livez, /readyz and /metrics are on loopback.
In a container (`--part airflow`) it sees the volumes of Airflow and of the pipeline's jobs alone: the engine rotates
what processes print, and the folders of the stores are not its to read.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from altscore_local.airflow_rows import KEPT_DAYS as AIRFLOW_KEPT_DAYS
from altscore_local.airflow_rows import command_of
from altscore_local.env_files import environment_of
from altscore_local.layout import LISTEN_VARIABLE, LOOPBACK, ROOT, Layout

EVERYTHING, AIRFLOW = "everything", "airflow"
TURN_S = 30.0
LOG_BYTES = 32 * 2**20
LOGS_KEPT = 3
WORK_KEPT_S = 24 * 3_600.0
TASK_LOGS_KEPT_S = 14 * 86_400.0
AIRFLOW_EVERY_S = 86_400.0
_AIRFLOW_LIMIT_S = 900
_CHUNK = 2**20


@dataclass(frozen=True)
class Rules:
    """What is kept.

    Args:
        log_bytes: a log is rotated when it is larger, bytes.
        logs_kept: former logs of a process.
        work_kept_s: a run's scratch folder goes when nobody touched it for so long, seconds.
        task_logs_kept_s: as for Airflow's logs of tasks.
        airflow_kept_days: rows of Airflow's own tables.
    """

    log_bytes: int = LOG_BYTES
    logs_kept: int = LOGS_KEPT
    work_kept_s: float = WORK_KEPT_S
    task_logs_kept_s: float = TASK_LOGS_KEPT_S
    airflow_kept_days: int = AIRFLOW_KEPT_DAYS


class Metrics:
    """What the housekeeper says of itself and of the sizes that it watches."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.bytes = Gauge(
            "altscore_folder_bytes", "Size of what grows in this clone, bytes.", ["folder"], registry=self.registry
        )
        self.removed = Counter(
            "altscore_housekeeping_removed_total", "Rotations and removals.", ["what"], registry=self.registry
        )
        self.failures = Counter(
            "altscore_housekeeping_failures_total", "Steps that failed; the next turn tries again.", ["step"],
            registry=self.registry,
        )  # fmt: skip
        self.last_turn = Gauge(
            "altscore_housekeeping_last_turn_seconds", "End of the last whole turn, Unix time.", registry=self.registry
        )


def rotate(log: Path, *, larger_than: int, kept: int) -> bool:
    """Moves a log's content to `<name>.log.1` while its process goes on writing to the same file.

    The process appends, so it goes on at the new beginning. A line that it writes within the microseconds between the
    last read and the truncation is lost.

    Args:
        log: an append-only file.
        larger_than: smaller logs are left alone, bytes.
        kept: former logs; older ones are removed.

    Returns:
        Whether it was rotated.
    """
    try:
        if log.stat().st_size <= larger_than:
            return False
    except FileNotFoundError:
        return False
    partial = log.with_name(f"{log.name}.partial")
    with log.open("r+b") as source, partial.open("wb") as target:
        os.fchmod(target.fileno(), log.stat().st_mode & 0o777)
        shutil.copyfileobj(source, target, _CHUNK)
        while rest := source.read(_CHUNK):
            target.write(rest)
        source.truncate(0)
    for number in range(kept, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if number == kept:
            older.unlink(missing_ok=True)
        elif older.exists():
            older.rename(log.with_name(f"{log.name}.{number + 1}"))
    partial.rename(log.with_name(f"{log.name}.1"))
    return True


def remove_untouched_folders(folder: Path, *, older_than_s: float, now: float) -> int:
    """Removes sub-folders in which nothing changed for so long; how many."""
    count = 0
    for entry in folder.iterdir() if folder.exists() else ():
        if entry.is_dir() and now - _newest(entry) > older_than_s:
            shutil.rmtree(entry, ignore_errors=True)
            count += 1
    return count


def remove_old_files(folder: Path, *, older_than_s: float, now: float) -> int:
    """Removes files that are older, and the folders that this leaves empty; how many files."""
    count = 0
    for base, _, names in os.walk(folder, topdown=False):
        for name in names:
            file = Path(base) / name
            with contextlib.suppress(FileNotFoundError):
                if now - file.lstat().st_mtime > older_than_s:
                    file.unlink()
                    count += 1
        if Path(base) != folder:
            with contextlib.suppress(OSError):
                Path(base).rmdir()
    return count


def _newest(folder: Path) -> float:
    newest = folder.lstat().st_mtime
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                newest = max(newest, (Path(base) / name).lstat().st_mtime)
    return newest


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; 0 for what is not there."""
    if path.is_file():
        return path.stat().st_size
    total = 0
    for base, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(base) / name).lstat().st_size
    return total


class Housekeeper:
    """One turn after the other.

    Args:
        layout: of the clone.
        metrics: of this process.
        rules: what is kept.
        part: EVERYTHING of a clone, or what AIRFLOW and the pipeline's jobs write.
    """

    def __init__(self, layout: Layout, metrics: Metrics, rules: Rules | None = None, *, part: str = EVERYTHING) -> None:
        self._layout = layout
        self._metrics = metrics
        self._rules = rules or Rules()
        self._part = part

    def turn(self) -> None:
        """Every rule once; a step that fails is counted and printed, the others still run."""
        for name, step in self._steps():
            try:
                step()
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                self._metrics.failures.labels(name).inc()
                print(f"{_instant()} {name} failed: {type(error).__name__}", flush=True)
        self._metrics.last_turn.set(time.time())

    def _steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "logs", self._rotate_logs
        yield "pipeline-work", self._remove_work
        yield "airflow-task-logs", self._remove_task_logs
        yield "airflow-database", self._clean_airflow
        yield "certificates", self._renew_certificates
        yield "sizes", self._measure

    def _note(self, what: str, count: int = 1) -> None:
        if count:
            self._metrics.removed.labels(what).inc(count)
            print(f"{_instant()} {what}: {count}", flush=True)

    def _rotate_logs(self) -> None:
        own = sorted(self._layout.logs.glob("*.log")) if self._part == EVERYTHING else []
        for log in [*own, self._layout.data / "airflow" / "openlineage.jsonl"]:
            if rotate(log, larger_than=self._rules.log_bytes, kept=self._rules.logs_kept):
                self._note(f"rotated {log.name}")

    def _remove_work(self) -> None:
        folder = self._layout.data / "pipeline-work"
        self._note(
            "removed run folders",
            remove_untouched_folders(folder, older_than_s=self._rules.work_kept_s, now=time.time()),
        )

    def _remove_task_logs(self) -> None:
        folder = self._layout.logs / "airflow"
        self._note(
            "removed task logs", remove_old_files(folder, older_than_s=self._rules.task_logs_kept_s, now=time.time())
        )

    def _clean_airflow(self) -> None:
        """Once a day: rows of runs, tasks and logs that Airflow itself would keep for ever."""
        stamp = self._layout.data / "airflow" / "cleaned"
        environment = environment_of(self._layout.env_files / "airflow.env")
        program = self._program_of_airflow()
        if environment is None or program is None or not stamp.parent.exists():
            return
        if stamp.exists() and time.time() - stamp.stat().st_mtime < AIRFLOW_EVERY_S:
            return
        command = command_of(program, kept_days=self._rules.airflow_kept_days, now=time.time())
        # A container's user has no name but the one that its image gives it, and Airflow does nothing for the nameless.
        user = {"USER": os.environ["USER"]} if "USER" in os.environ else {}
        subprocess.run(
            command,
            env=user | environment,
            cwd=stamp.parent,
            check=True,
            timeout=_AIRFLOW_LIMIT_S,
            stdout=subprocess.DEVNULL,
        )
        stamp.touch()
        self._note("cleaned Airflow's database")

    def _renew_certificates(self) -> None:
        """Those of the services, long before they end; in containers `up` does it, since the authority is not here."""
        if self._part != EVERYTHING or not (self._layout.pki / "ca.key").exists():
            return
        from altscore_local.pki import renew_services  # noqa: PLC0415  # its packages are not in every container

        self._note("renewed certificates", len(renew_services(self._layout)))

    def _program_of_airflow(self) -> str | None:
        kept = self._layout.run / "airflow" / "program"
        return kept.read_text() if kept.exists() else None

    def _measure(self) -> None:
        layout = self._layout
        folders = {
            "pipeline-work": layout.data / "pipeline-work",
            "openlineage": layout.data / "airflow" / "openlineage.jsonl",
        }
        if self._part == EVERYTHING:
            folders |= {
                "logs": layout.logs,
                "kafka": layout.data / "kafka",
                "s3": layout.data / "s3",
                "redis": layout.data / "redis",
                "backups": layout.var / "backups",
                "replaced": layout.var / "replaced",
            }
        else:
            folders["logs"] = layout.logs / "airflow"
        for name, path in folders.items():
            self._metrics.bytes.labels(name).set(size_of(path))


def _instant() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def serve(port: int, metrics: Metrics, host: str = LOOPBACK) -> ThreadingHTTPServer:
    """Health and metrics, on a thread of their own."""

    class Handler(BaseHTTPRequestHandler):
        """Three pages."""

        def do_GET(self) -> None:
            """Answers."""
            body = generate_latest(metrics.registry) if self.path == "/metrics" else b"{}"
            self.send_response(200 if self.path in ("/livez", "/readyz", "/metrics") else 404)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST if self.path == "/metrics" else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
            """Health checks are no news."""

    server = ThreadingHTTPServer((host, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main(arguments: list[str] | None = None) -> int:
    """Turns until SIGTERM."""
    parser = argparse.ArgumentParser(prog="housekeeping", description=__doc__)
    parser.add_argument("--instance", default="var", help="folder of the clone")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--part", choices=(EVERYTHING, AIRFLOW), default=EVERYTHING)
    options = parser.parse_args(arguments)
    stop, metrics = threading.Event(), Metrics()
    # Set by a thread: a handler that interrupts `wait` while it holds the event's lock would wait for itself.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stop.set).start())
    housekeeper = Housekeeper(Layout(ROOT, instance=options.instance), metrics, part=options.part)
    server = serve(options.port, metrics, os.environ.get(LISTEN_VARIABLE, LOOPBACK))
    while not stop.is_set():
        housekeeper.turn()
        end = time.monotonic() + TURN_S
        # Short waits: a signal that comes just before a wait begins is handled after that wait only.
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            stop.wait(min(left, 0.5))
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
