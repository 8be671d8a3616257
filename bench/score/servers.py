"""Throw-away servers of the benchmark: PostgreSQL with fsync on, Redis, consent-api, and the three score processes.

They are set up exactly as the local stack does it (TLS 1.3 everywhere, SoftHSM2 keys, roles without rights to spare),
in a folder and on ports of their own, so that no running stack is needed or touched.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import psycopg
from altscore_local.files import write_file
from altscore_local.layout import ROOT, Layout
from altscore_local.pki import ensure_pki
from altscore_local.postgres import SUPERUSER
from altscore_local.probes import answers
from altscore_local.process import Process, Supervisor, family, is_listening
from altscore_local.services import (
    MIGRATIONS,
    TABLE,
    Stores,
    migration_environment,
    service_environment,
)
from altscore_local.softhsm import ensure_tokens

INSTANCE = "var-bench"
PORT_OFFSET = 4_000
OWNERS = ("consent", "score")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PLAIN_PORTS = {"naive": 21_150, "limit": 21_151}
_HEALTH_TRIES_S = 30.0


class Servers:
    """Everything that is measured, and what it needs.

    Args:
        port_offset: of the ports, for two benchmarks side by side.
        instance: their folder.
        owners: whose databases are made.
    """

    def __init__(
        self, port_offset: int = PORT_OFFSET, *, instance: str = INSTANCE, owners: Sequence[str] = OWNERS
    ) -> None:
        self._owners = tuple(owners)
        self.layout = Layout(ROOT, port_offset, instance)
        for folder in (self.layout.var, self.layout.run, self.layout.logs, self.layout.data):
            folder.mkdir(parents=True, exist_ok=True)
        self._supervisor = Supervisor(self.layout)
        self.stores = Stores.of(self.layout)

    def start_stores(self) -> None:
        """Keys, an empty PostgreSQL and Redis, both services' schemas."""
        self.stop()
        shutil.rmtree(self.stores.postgres.home, ignore_errors=True)
        shutil.rmtree(self.layout.data, ignore_errors=True)
        self.layout.data.mkdir(parents=True)
        ensure_pki(self.layout)
        ensure_tokens(self.layout)
        self._supervisor.ensure(self.stores.postgres.prepare())
        self._supervisor.ensure(self.stores.redis.prepare())
        self.stores.postgres.bootstrap()
        for owner in self._owners:
            module, command = MIGRATIONS[owner]
            environment = migration_environment(self.stores, owner)
            subprocess.run([sys.executable, "-m", module, command], env=environment, cwd=ROOT, check=True)

    def start_service(self, name: str, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """A process of the table of services (consent-api, score-api); one with other settings is replaced."""
        service = next(candidate for candidate in TABLE if candidate.name == name)
        health = f"http://127.0.0.1:{self.layout.shifted(service.internal_port)}/readyz"
        argv = [sys.executable, "-m", service.python_module, service.command]
        environment = {**service_environment(self.stores, service), **settings}
        self._start(name, argv, environment, port=self.port(name), health=health)

    def start_plain(self, name: str) -> None:
        """`naive` or `limit`: a module of this folder that reads var-bench's settings of its own."""
        score = next(candidate for candidate in TABLE if candidate.name == "score-api")
        settings = {
            "port": self.port(name),
            "cert": str(self.layout.pki / "score.crt"),
            "key": str(self.layout.pki / "score.key"),
            "ca": str(self.layout.pki / "ca.pem"),
            "score": service_environment(self.stores, score),
        }
        file = self.layout.run / f"{name}.json"
        write_file(file, json.dumps(settings))
        argv = [sys.executable, "-m", f"bench.score.{name}", str(file)]
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        self._start(name, argv, environment, port=self.port(name), health=None)

    def _start(
        self, name: str, argv: list[str], environment: Mapping[str, str], *, port: int, health: str | None
    ) -> None:
        def is_ready() -> bool:
            return answers(health) if health is not None else is_listening(port)

        process = Process(
            name=name,
            group="services",
            argv=argv,
            env=environment,
            port=port,
            ready=is_ready,
            cwd=ROOT,
            ready_timeout_s=_HEALTH_TRIES_S,
        )
        self._supervisor.ensure(process)

    def port(self, name: str) -> int:
        """Of a listener."""
        if name in _PLAIN_PORTS:
            return self.layout.shifted(_PLAIN_PORTS[name])
        return self.layout.port(name.removesuffix("-api"))

    def pid(self, name: str) -> int:
        """Of a process."""
        running = self._supervisor.find(name)
        if running is None:
            raise RuntimeError(f"{name} does not run; see {self._supervisor.log_file(name)}")
        return running.pid

    def cpu_s(self, name: str) -> float:
        """Processor seconds of a process and its children until now."""
        return sum(_cpu_ticks(pid) for pid in family(self.pid(name))) / TICKS_PER_S

    def rss_mib(self, name: str) -> float:
        """Resident memory of a process, MiB."""
        lines = Path(f"/proc/{self.pid(name)}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024

    def superuser(self, database: str) -> psycopg.Connection:
        """A connection that row-level security does not bind, for the benchmark's own data."""
        return psycopg.connect(self.stores.postgres.dsn(SUPERUSER, database))

    def stop(self) -> None:
        """Ends every process of the benchmark, PostgreSQL last."""
        names = self._supervisor.names()
        for name in sorted(names, key=lambda process_name: process_name in ("postgres", "redis")):
            self._supervisor.stop(name)


def _cpu_ticks(pid: int) -> int:
    try:
        columns = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:  # ended meanwhile
        return 0
    return int(columns[11]) + int(columns[12])
