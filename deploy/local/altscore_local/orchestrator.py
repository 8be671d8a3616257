"""The whole stack: which processes there are, in which order they start and stop, and what `status` says."""

import fcntl
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from altscore_local import airflow, mlflow_server
from altscore_local.environments import write_source_path
from altscore_local.expected import ExpectedProcesses
from altscore_local.files import PRIVATE, Stamp, digest_of, write_file
from altscore_local.kafka import Kafka
from altscore_local.layout import OUR_DATABASES, Layout
from altscore_local.object_store import BUCKETS, REGION, RIGHTS, ObjectStore
from altscore_local.operators import operators_file
from altscore_local.pki import ensure_pki
from altscore_local.postgres import SUPERUSER, Postgres
from altscore_local.probes import Probe, answers, probes_of
from altscore_local.process import Process, StackError, Supervisor, family_rss_mib
from altscore_local.redis_server import Redis
from altscore_local.registry import Registry
from altscore_local.selection import GROUPS, Selection, check_names
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
from altscore_local.status import DOWN, NOT_READY, OFF, READY, Row
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
        self._expected = ExpectedProcesses(layout)
        postgres = Postgres(layout)
        self._stores = Stores(
            layout=layout,
            postgres=postgres,
            redis=Redis(layout),
            kafka=Kafka(layout),
            registry=Registry(layout, postgres),
            s3=ObjectStore(layout),
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time changes the stack of a clone."""
        layout = self._layout
        for folder in (layout.var, layout.run, layout.logs, layout.data):
            folder.mkdir(parents=True, exist_ok=True)
        layout.secrets.mkdir(exist_ok=True)
        layout.secrets.chmod(0o700)
        with (self._layout.run / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._report("  waiting for another command on this stack ...")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # --- up -------------------------------------------------------------------------------------------------

    def up(self, selection: Selection) -> None:
        """Starts what is missing; what runs is left alone.

        Raises:
            StackError: the selection names something unknown, or a store among what is left out; a step failed.
        """
        begun, probes = time.monotonic(), probes_of(self._stores)
        names = [probe.name for probe in probes]
        check_names(selection.only, [*GROUPS, *names])
        check_names(selection.without, [*GROUPS[1:], *(name for name in names if name not in _STORES)])
        write_source_path(self._layout)
        ensure_pki(self._layout)
        operators_file(self._layout)
        tasks = [*self._infra_tasks(), *self._service_tasks(selection), *self._tool_tasks(selection)]
        self.write_stack_file()
        self._expected.change(
            added={task.name for task in tasks}.intersection(names),
            left_out=[probe.name for probe in probes if {probe.group, probe.name} & selection.without],
            running=self._supervisor.names(),
        )
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
        for process in simulator_processes(self._stores):
            if selection.has("simulators", process.name):
                tasks.append(Task(process.name, partial(self._start, process)))
        if selection.has("mlflow"):
            tasks += mlflow_server.tasks(self._stores, self._start)
        left_out = {name for name in airflow.PARTS if not selection.has("airflow", name)}
        if left_out != airflow.PARTS.keys():
            tasks += [task for task in airflow.tasks(self._stores, self._start) if task.name not in left_out]
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

    def write_stack_file(self) -> None:
        """Writes var/stack.json: addresses and credentials, for the demo, for tests and for people."""
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
                "score": f"https://{layout.address('score')}",
                "admin": f"https://{layout.address('admin')}",
                "ingestion": f"https://{layout.address('ingestion')}",
                "webhook": f"https://{layout.address('webhook')}/webhooks/whatsapp",
                "airflow": f"https://{layout.address('airflow')}",
                "mlflow": f"https://{layout.address('mlflow')}",
                "tally-sim": f"http://{layout.address('tally-sim')}",
                "whatsapp-sim-control": f"http://{layout.address('whatsapp-sim-control')}",
                "sms-sim-control": f"http://{layout.address('sms-sim-control')}",
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
        self._expected.clear()
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
        """Ends some processes (for failure drills); `up` brings them back.

        Raises:
            StackError: a name is unknown; nothing was ended.
        """
        check_names(names, self.names())
        for name in names:
            self._report(f"  {name:<28} {self._stop(name) or 'was not running'}")

    def kill(self, names: Sequence[str]) -> None:
        """Kills some processes without warning (for failure drills).

        Raises:
            StackError: a name is unknown; nothing was killed.
        """
        check_names(names, self.names())
        for name in names:
            is_sent = self._supervisor.send(name, signal.SIGKILL)
            self._report(f"  {name:<28} {'killed' if is_sent else 'was not running'}")

    def names(self) -> set[str]:
        """Every process that can be in this stack, was, or should be."""
        possible = {probe.name for probe in probes_of(self._stores)}
        return possible | set(self._supervisor.names()) | (self._expected.names() or set())

    def status(self) -> list[Row]:
        """Every process, where any runs or should run. It only looks: no file is written, nothing is started."""
        probes = {probe.name: probe for probe in probes_of(self._stores)}
        expected = self._expected.names()
        if expected is None:
            expected = set(self._supervisor.names())
        rows = [
            self._row(name, probes.get(name), is_expected=name in expected) for name in sorted(self.names(), key=_order)
        ]
        return rows if any(row.health != OFF for row in rows) else []

    def _row(self, name: str, probe: Probe | None, *, is_expected: bool) -> Row:
        running, port = self._supervisor.find(name), probe.port if probe else None
        if running is None:
            return Row(name=name, pid=None, port=port, health=DOWN if is_expected else OFF, rss_mib=0, startup_s=None)
        return Row(
            name=name,
            pid=running.pid,
            port=port,
            health=READY if probe is None or probe.ready() else NOT_READY,
            rss_mib=family_rss_mib(running.pid),
            startup_s=running.startup_s,
        )

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
