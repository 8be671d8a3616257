"""The whole stack: which processes there are, in which order they start and stop, and what `status` says."""

import fcntl
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from altscore_local import airflow, audit_witness, authority, backup, housekeeper, mlflow_server, restore
from altscore_local.description import write_stack_file
from altscore_local.environments import python_of, write_source_path
from altscore_local.expected import ExpectedProcesses
from altscore_local.files import Stamp, digest_of
from altscore_local.layout import Layout, keep_offset
from altscore_local.observability.server import probes as observed
from altscore_local.operators import operators_file
from altscore_local.pki import ensure_pki, renew_services
from altscore_local.probes import Probe, answers, probes_of
from altscore_local.process import Process, StackError, Supervisor, family_rss_mib
from altscore_local.program import run_program
from altscore_local.selection import GROUPS, Selection, check_names, parse_selection
from altscore_local.services import (
    MIGRATIONS,
    TABLE,
    TOOLS,
    Service,
    Stores,
    migration_environment,
    module_folder,
    s3_environment,
    service_environment,
    tool_environment,
    write_env_file,
)
from altscore_local.simulators import simulator_processes
from altscore_local.softhsm import ensure_tokens
from altscore_local.status import DOWN, NOT_READY, OFF, READY, Row
from altscore_local.tasks import Task, run_tasks

_STOP_LAST = ("registry", "kafka", "s3", "redis", "postgres")
_STORES = ("postgres", "redis", "kafka", "s3", "registry")


class Stack:
    """Every process of one clone."""

    def __init__(self, layout: Layout, report: Callable[[str], None]) -> None:
        self._layout = layout
        self._report = report
        self._supervisor = Supervisor(layout)
        self._expected = ExpectedProcesses(layout)
        self._stores = Stores.of(layout)

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
        keep_offset(self._layout)
        write_source_path(self._layout)
        ensure_pki(self._layout)
        operators_file(self._layout)
        tasks = self._tasks(selection)
        write_stack_file(self._stores)
        self._expected.change(
            added={task.name for task in tasks}.intersection(names),
            left_out=[probe.name for probe in probes if {probe.group, probe.name} & selection.without],
            running=self._supervisor.names(),
        )
        run_tasks(tasks, self._report)
        self._report(f"up after {time.monotonic() - begun:.1f} s; `make status` shows the parts")

    def _tasks(self, selection: Selection) -> list[Task]:
        return [*self._infra_tasks(), *self._service_tasks(selection), *self._tool_tasks(selection)]

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
            Task(housekeeper.NAME, lambda: start(housekeeper.process(self._layout))),
        ]

    def _start(self, process: Process) -> str | None:
        return self._supervisor.ensure(process)

    def _start_service(self, service: Service) -> str | None:
        return self._start(self._service_process(service))

    def _start_witness(self) -> str | None:
        state = self._start(audit_witness.process(self._stores))
        audit_witness.publish_key(self._layout)
        return state

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
        if selection.has("services", audit_witness.NAME):
            tasks.append(Task(audit_witness.NAME, self._start_witness, ("keys", "buckets", "migrate audit")))
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
        python = self._layout.venv_python
        if owner == "pipeline":  # its libraries are the lake's, and none of the services'
            python, environment = python_of(self._layout, "lake"), environment | airflow.pipeline_path(self._layout)
        argv = [str(python), "-m", module, command]
        run_program(argv, failure=f"migrations of {owner} failed", env=environment, cwd=self._layout.root)
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

    def restart(self, names: Sequence[str]) -> None:
        """Ends some processes, hung ones included, and starts them with today's code and settings.

        Raises:
            StackError: a name is unknown, or the stack was never started here; nothing was ended. Or a start failed.
        """
        check_names(names, self.names())
        if not (self._layout.var / "stack.json").exists():
            raise StackError("the stack was never started here: run `make up`")
        tasks = [task for task in self._tasks(parse_selection(names, [])) if task.name in names]
        if homeless := sorted(set(names) - {task.name for task in tasks}):
            raise StackError(f"this release does not start {', '.join(homeless)}")
        run_tasks([Task(name, partial(self._stop, name)) for name in names], self._report, at_once=12)
        self._expected.change(added=names, running=self._supervisor.names())
        run_tasks(tasks, self._report)

    def names(self) -> set[str]:
        """Every process that can be in this stack, was, or should be."""
        possible = {probe.name for probe in probes_of(self._stores)}
        return possible | set(self._supervisor.names()) | (self._expected.names() or set())

    def status(self) -> list[Row]:
        """Every process, where any runs or should run. It only looks: no file is written, nothing is started."""
        probes = {probe.name: probe for probe in (*probes_of(self._stores), *observed(self._layout))}
        expected = self._expected.names()
        if expected is None:
            expected = set(self._supervisor.names())
        rows = [
            self._row(name, probes.get(name), is_expected=name in expected) for name in sorted(self.names(), key=_order)
        ]
        return rows if any(row.health != OFF for row in rows) else []

    def _row(self, name: str, probe: Probe | None, *, is_expected: bool) -> Row:
        running = self._supervisor.find(name)
        port, health_port = (probe.port, probe.health_port) if probe else (None, None)
        if running is None:
            health = DOWN if is_expected else OFF
            return Row(
                name=name, pid=None, port=port, health=health, rss_mib=0, startup_s=None, health_port=health_port
            )
        return Row(
            name=name,
            pid=running.pid,
            port=port,
            health=READY if probe is None or probe.ready() else NOT_READY,
            rss_mib=family_rss_mib(running.pid),
            startup_s=running.startup_s,
            health_port=health_port,
        )

    def back_up(self, folder: Path | None) -> None:
        """Copies the state of the running stack to a folder, by default a new one of var/backups.

        Raises:
            StackError: nothing was copied.
        """
        target = folder or backup.default_folder(self._layout)
        expected = self._expected.names() or set(self._supervisor.names())
        failures: list[StackError] = []
        postgres, paused = self._stores.postgres, partial(self._paused, failures)
        backup.back_up(postgres, self._layout, target, expected=sorted(expected), paused=paused, report=self._report)
        gone = backup.prune(self._layout) if folder is None else []
        self._report("".join(f"  removed {old}\n" for old in gone) + f"backup {target}")
        if failures:
            raise failures[0]

    @contextmanager
    def _paused(self, failures: list[StackError], names: Sequence[str]) -> Iterator[None]:
        live = [name for name in names if self._supervisor.find(name) is not None]
        run_tasks([Task(name, partial(self._stop, name)) for name in live], self._report)
        try:
            yield
        finally:
            try:
                run_tasks([task for task in self._tasks(parse_selection(live, [])) if task.name in live], self._report)
            except StackError as error:  # what was copied meanwhile is whole nevertheless
                failures.append(error)

    def restore(self, folder: Path) -> None:
        """Puts a backup in the place of this clone's state, starts what ran when it was made, and proves it.

        Raises:
            StackError: the backup is damaged and nothing was changed; a step failed; or all of it is restored and runs,
                but Bronze holds what ingestion's database could not take in.
        """
        stores, layout = self._stores, self._layout
        manifest = restore.read_manifest(folder)
        self.down()
        restore.put_back(stores.postgres, layout, folder)
        self._supervisor.ensure(stores.postgres.prepare())
        self._report(f"  {'events':<28} {restore.send_again(stores.postgres)} are sent again")
        known = {probe.name for probe in probes_of(stores)} - set(_STORES)
        self.up(parse_selection(["infra"], []))
        # before any service runs, so that no connector states anything between
        gap = self._catch_up() if "ingestion-api" in manifest["expected"] else None
        self.up(parse_selection(sorted(known.intersection(manifest["expected"])) or ["infra"], []))
        restore.prove(stores.postgres, layout, s3_environment(stores, "audit"), self._report)
        restore.finish(layout)
        self._report(
            f"restored the state of {manifest['taken_at']}; the former one is in {layout.var / restore.REPLACED}"
        )
        if gap is not None:
            raise StackError(f"the state is restored and runs, but {gap}\nread docs/runbooks/backup-restore.md now")

    def _catch_up(self) -> str | None:
        """What ingestion's database does not know of Bronze afterwards; None when nothing is missing."""
        self._migrate("ingestion", *MIGRATIONS["ingestion"])
        return restore.catch_up(self._layout, tool_environment(self._stores, "ingestion-catch-up"), self._report)

    def change_authority(self, step: str) -> None:
        """One step towards another certificate authority; nothing is restarted.

        Args:
            step: trust, issue or retire.

        Raises:
            StackError: it is not this step's turn.
        """
        if not (self._layout.pki / authority.BUNDLE).exists():
            raise StackError("there is no certificate yet: run `make up`")
        authority.STEPS[step](self._layout)
        self._report(f"  {step}: docs/runbooks/certificate-authority.md says what to restart now")

    def renew_certificates(self) -> None:
        """Renews what is due of the services' certificates; running processes take it within half a minute.

        Raises:
            StackError: there is no authority yet.
        """
        if not (self._layout.pki / authority.KEY).exists():
            raise StackError("there is no certificate yet: run `make up`")
        renewed = renew_services(self._layout)
        self._report(f"  renewed: {', '.join(renewed) or 'nothing is due'}")

    def clean(self) -> None:
        """Stops everything and removes what it kept: data, secrets, certificates, logs."""
        self.down()
        home = self._stores.postgres.home
        if not home.is_relative_to(self._layout.var):
            shutil.rmtree(home.parent, ignore_errors=True)
        for folder in ("data", "run", "logs", "secrets", "pki", "demo", "witness", restore.REPLACED):
            shutil.rmtree(self._layout.var / folder, ignore_errors=True)
        (self._layout.var / "stack.json").unlink(missing_ok=True)
        self._report("clean")


def _order(name: str) -> tuple[int, str]:
    return (_STORES.index(name), "") if name in _STORES else (len(_STORES), name)
