"""The whole stack: which processes there are, in which order they start and stop, and what `status` says."""

import fcntl
import json
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from altscore_local import airflow, mlflow_server
from altscore_local.environments import write_source_path
from altscore_local.files import PRIVATE, Stamp, digest_of, write_file
from altscore_local.kafka import Kafka
from altscore_local.layout import OUR_DATABASES, Layout
from altscore_local.object_store import BUCKETS, REGION, RIGHTS, ObjectStore
from altscore_local.operators import operators_file
from altscore_local.pki import ensure_pki
from altscore_local.postgres import SUPERUSER, Postgres
from altscore_local.process import Process, StackError, Supervisor, family_rss_mib
from altscore_local.redis_server import Redis
from altscore_local.registry import Registry
from altscore_local.selection import Selection
from altscore_local.services import (
    MIGRATIONS,
    PHONE_NUMBER_ID,
    TABLE,
    TOOLS,
    Service,
    Stores,
    migration_environment,
    module_folder,
    service_environment,
    tool_environment,
    write_env_file,
)
from altscore_local.simulators import simulator_processes
from altscore_local.softhsm import TOKENS, ensure_tokens, token_conf
from altscore_local.state_file import ports_of
from altscore_local.status import Row
from altscore_local.tasks import Task, run_tasks

_STOP_LAST = ("registry", "kafka", "s3", "redis", "postgres")
_STORES = ("postgres", "redis", "kafka", "s3", "registry")
_SELF = "up"


class Stack:
    """Every process of one clone."""

    def __init__(self, layout: Layout, report: Callable[[str], None]) -> None:
        self._layout = layout
        self._report = report
        self._supervisor = Supervisor(layout)
        for folder in (layout.var, layout.run, layout.logs, layout.data):
            folder.mkdir(parents=True, exist_ok=True)
        layout.secrets.mkdir(exist_ok=True)
        layout.secrets.chmod(0o700)
        postgres = Postgres(layout)
        self._stores = Stores(
            layout, postgres, Redis(layout), Kafka(layout), Registry(layout, postgres), ObjectStore(layout)
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time changes the stack of a clone."""
        with (self._layout.run / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._report("  waiting for another command on this stack ...")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # --- up -------------------------------------------------------------------------------------------------

    def up(self, selection: Selection) -> None:
        """Starts what is missing; what runs is left alone."""
        begun = time.monotonic()
        write_source_path(self._layout)
        ensure_pki(self._layout)
        operators_file(self._layout)
        tasks = [*self._infra_tasks(), *self._service_tasks(selection), *self._tool_tasks(selection)]
        self._write_stack_file()
        run_tasks(tasks, self._report)
        self._report(f"up after {time.monotonic() - begun:.1f} s; `make status` shows the parts")

    def _infra_tasks(self) -> list[Task]:
        stores, start = self._stores, self._start
        return [
            Task("keys", lambda: ensure_tokens(self._layout)),
            Task("postgres", lambda: start(stores.postgres.prepare())),
            Task("kafka", lambda: start(stores.kafka.prepare())),
            Task("redis", lambda: start(stores.redis.prepare())),
            Task("s3", lambda: start(stores.s3.prepare())),
            Task("databases", stores.postgres.bootstrap, ("postgres",)),
            Task("registry", lambda: start(stores.registry.prepare()), ("databases",)),
            Task("buckets", stores.s3.bootstrap, ("s3",)),
            Task("topics", stores.kafka.bootstrap, ("kafka",)),
            Task("schemas", stores.registry.bootstrap, ("registry",)),
        ]

    def _start(self, process: Process) -> str | None:
        return "started" if self._supervisor.ensure(process) else None

    def _start_service(self, service: Service) -> str | None:
        return self._start(self._service_process(service))

    def _service_tasks(self, selection: Selection) -> list[Task]:
        tasks = []
        if selection.has("services"):
            for owner, (module, command) in MIGRATIONS.items():
                if self._is_written(module):
                    run = partial(self._migrate, owner, module, command)
                    tasks.append(Task(f"migrate {owner}", run, ("databases",)))
        needs = ("keys", "topics", "schemas", "buckets", "redis")
        for service in TABLE:
            if not selection.has("services", service.name):
                continue
            if not self._is_written(service.python_module):
                self._report(f"  {service.name:<28} skipped: {service.python_module} is not written yet")
                continue
            before = (*needs, f"migrate {service.owner}")
            tasks.append(Task(service.name, partial(self._start_service, service), before))
        return tasks

    def _tool_tasks(self, selection: Selection) -> list[Task]:
        tasks = []
        if selection.has("simulators"):
            for process in simulator_processes(self._stores):
                tasks.append(Task(process.name, partial(self._start, process)))
        if selection.has("mlflow"):
            tasks += mlflow_server.tasks(self._stores, self._start)
        if selection.has("airflow"):
            tasks += airflow.tasks(self._stores, self._start)
        return tasks

    def _is_written(self, module: str) -> bool:
        folder = module_folder(self._layout, module)
        return folder is not None and (folder / "main.py").exists()

    def _migrate(self, owner: str, module: str, command: str) -> str | None:
        folder = module_folder(self._layout, module)
        versions = sorted(folder.parents[1].glob("migrations*")) if folder else []
        cluster = (self._layout.data / "postgres.roles.stamp").read_text()
        stamp = Stamp(self._layout.data / f"migrated.{owner}.stamp", [cluster, command, *versions])
        if stamp.is_current():
            return None
        environment = migration_environment(self._stores, owner)
        write_env_file(self._layout, f"{owner}-migrate", environment)
        argv = [str(self._layout.venv_python), "-m", module, command]
        done = subprocess.run(
            argv, env=environment, cwd=self._layout.root, capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode:
            raise StackError(f"migrations of {owner} failed\n{(done.stdout + done.stderr)[-3_000:]}")
        stamp.set()
        return "migrated"

    def _service_process(self, service: Service) -> Process:
        for name, (owner, _, _) in TOOLS.items():
            if owner == service.owner:
                write_env_file(self._layout, name, tool_environment(self._stores, name))
        environment = service_environment(self._stores, service)
        write_env_file(self._layout, service.name, environment)
        health = self._layout.shifted(service.internal_port)
        source = module_folder(self._layout, service.python_module)
        return Process(
            name=service.name,
            group="services",
            argv=[str(self._layout.venv_python), "-m", service.python_module, service.command],
            env=environment,
            port=self._layout.port(service.api) if service.api else health,
            ready=lambda: answers(f"http://127.0.0.1:{health}/readyz"),
            cwd=self._layout.root,
            code=digest_of([folder for folder in (source, self._layout.root / "libs/altscore_libs/src") if folder]),
        )

    # --- the machine-readable description -------------------------------------------------------------------

    def _write_stack_file(self) -> None:
        layout, stores = self._layout, self._stores
        content: dict[str, Any] = {
            "root": str(layout.root),
            "port_offset": layout.port_offset,
            "ports": ports_of(layout),
            "internal_ports": {service.name: layout.shifted(service.internal_port) for service in TABLE},
            "paths": {
                "var": str(layout.var),
                "pki": str(layout.pki),
                "ca": str(layout.pki / "ca.pem"),
                "connector_ca": str(layout.pki / "connector-ca.pem"),
                "public_keys": str(layout.pki / "public"),
                "secrets": str(layout.secrets),
                "env": str(layout.env_files),
                "logs": str(layout.logs),
                "operators": str(layout.secrets / "operators.json"),
            },
            "urls": {
                "score": f"https://127.0.0.1:{layout.port('score')}",
                "admin": f"https://127.0.0.1:{layout.port('admin')}",
                "ingestion": f"https://127.0.0.1:{layout.port('ingestion')}",
                "webhook": f"https://127.0.0.1:{layout.port('webhook')}/webhooks/whatsapp",
                "airflow": f"https://127.0.0.1:{layout.port('airflow')}",
                "mlflow": f"https://127.0.0.1:{layout.port('mlflow')}",
                "tally-sim": f"http://127.0.0.1:{layout.port('tally-sim')}",
                "whatsapp-sim-control": f"http://127.0.0.1:{layout.port('whatsapp-sim-control')}",
                "sms-sim-control": f"http://127.0.0.1:{layout.port('sms-sim-control')}",
            },
            "postgres": {
                "superuser_dsn": stores.postgres.dsn(SUPERUSER, "postgres"),
                "dsns": {name: stores.postgres.dsn(name, name) for name in OUR_DATABASES},
                "owner_dsns": {name: stores.postgres.dsn(f"{name}_owner", name) for name in OUR_DATABASES},
            },
            "redis": {"url": stores.redis.url},
            "kafka": {"bootstrap": stores.kafka.bootstrap_servers, "superuser": "broker"},
            "registry": {"url": stores.registry.url},
            "s3": {
                "endpoint": stores.s3.endpoint,
                "region": REGION,
                "buckets": list(BUCKETS),
                "root": [stores.s3.root_access_key, stores.s3.root_secret_key],
                "users": {name: list(stores.s3.credentials(name)) for name in RIGHTS},
            },
            "whatsapp": {"phone_number_id": PHONE_NUMBER_ID},
            "airflow": airflow.describe(layout),
            "mlflow": mlflow_server.describe(stores),
            "pkcs11": {token: str(token_conf(layout, token)) for token in TOKENS},
        }
        # It holds connection strings: as private as the secrets themselves.
        write_file(layout.var / "stack.json", json.dumps(content, indent=1) + "\n", mode=PRIVATE)

    # --- everything else ------------------------------------------------------------------------------------

    def down(self) -> None:
        """Ends every process of this clone: ours first, the stores last."""
        names = self._supervisor.names()
        first = [name for name in names if name not in _STOP_LAST]
        tasks = [Task(name, partial(self._stop, name)) for name in first]
        before = tuple(first)
        for name in (store for store in _STOP_LAST if store in names):
            tasks.append(Task(name, partial(self._stop, name), before))
            before = (*before, name) if name == "registry" else before
        run_tasks(tasks, self._report, at_once=12)
        self._report("down")

    def _stop(self, name: str) -> str | None:
        number = signal.SIGINT if name == "postgres" else signal.SIGTERM
        return "stopped" if self._supervisor.stop(name, number=number) else None

    def stop(self, names: Sequence[str]) -> None:
        """Ends some processes (for failure drills); `up` brings them back."""
        for name in names:
            self._report(f"  {name:<28} {self._stop(name) or 'was not running'}")

    def kill(self, names: Sequence[str]) -> None:
        """Kills some processes without warning (for failure drills)."""
        for name in names:
            is_sent = self._supervisor.send(name, signal.SIGKILL)
            self._report(f"  {name:<28} {'killed' if is_sent else 'was not running'}")

    def status(self) -> list[Row]:
        """Every process that was ever started here, or could be."""
        known = {process.name: process for process in self._all_processes()}
        rows = []
        for name in sorted(set(known) | set(self._supervisor.names()), key=_order):
            running, process = self._supervisor.find(name), known.get(name)
            port = process.port if process else None
            if running is None:
                rows.append(Row(name, None, port, "down", 0, None))
                continue
            is_ready = process.ready() if process else True
            health = "ready" if is_ready else "NOT READY"
            rows.append(Row(name, running.pid, port, health, family_rss_mib(running.pid), running.startup_s))
        return rows

    def _all_processes(self) -> Iterator[Process]:
        stores = self._stores
        if (self._layout.pki / "ca.pem").exists() and self._supervisor.names():
            for store in (stores.postgres, stores.redis, stores.kafka, stores.s3, stores.registry):
                yield store.prepare()
            for service in TABLE:
                if self._is_written(service.python_module):
                    yield self._service_process(service)
            yield from simulator_processes(stores)
            yield from mlflow_server.processes(stores)
            yield from airflow.processes(stores)

    def clean(self) -> None:
        """Stops everything and removes what it kept: data, secrets, certificates, logs."""
        self.down()
        home = self._stores.postgres.home
        if not home.is_relative_to(self._layout.var):
            shutil.rmtree(home.parent, ignore_errors=True)
        for folder in ("data", "run", "logs", "secrets", "pki", "demo"):
            shutil.rmtree(self._layout.var / folder, ignore_errors=True)
        (self._layout.var / "stack.json").unlink(missing_ok=True)
        self._report("clean")


def _order(name: str) -> tuple[int, str]:
    return (_STORES.index(name), "") if name in _STORES else (len(_STORES), name)


def answers(url: str) -> bool:
    """Whether a loopback health page says 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  # loopback, our own URL
            return bool(response.status == 200)
    except OSError:
        return False
