"""Throw-away servers of the benchmark: PostgreSQL with fsync on, object store, vault, ingestion and its baseline."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from altscore_local.files import write_file
from altscore_local.layout import ROOT
from altscore_local.pki import ensure_pki
from altscore_local.process import SYSTEM_ENVIRONMENT
from altscore_local.services import MIGRATIONS, migration_environment, s3_environment
from altscore_local.softhsm import ensure_tokens

from bench.score.servers import Servers

INSTANCE = "var-bench-ingest"
PORT_OFFSET = 6_000
OURS, NAIVE = "ingestion-api", "naive"
_NAIVE_PORT = 21_150
_SOURCES = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
"""A checkout other than the installed one is measured by naming its folders."""


class IngestServers(Servers):
    """Everything that is measured, and what it needs; in a folder and on ports of its own.

    Args:
        port_offset: of the ports, for two benchmarks side by side.
    """

    def __init__(self, port_offset: int = PORT_OFFSET) -> None:
        super().__init__(port_offset, instance=INSTANCE, owners=("ingestion", "vault"))

    def start_stores(self) -> None:
        """Keys, an empty PostgreSQL and object store, both schemas."""
        self.stop()
        shutil.rmtree(self.stores.postgres.home, ignore_errors=True)
        shutil.rmtree(self.layout.data, ignore_errors=True)
        self.layout.data.mkdir(parents=True)
        ensure_pki(self.layout)
        ensure_tokens(self.layout)
        self._supervisor.ensure(self.stores.postgres.prepare())
        self._supervisor.ensure(self.stores.s3.prepare())
        self.stores.postgres.bootstrap()
        self.stores.s3.bootstrap()
        for owner in self._owners:
            module, command = MIGRATIONS[owner]
            environment = migration_environment(self.stores, owner) | _SOURCES
            subprocess.run([sys.executable, "-m", module, command], env=environment, cwd=ROOT, check=True)

    def start_service(self, name: str, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """A process of the table of services."""
        super().start_service(name, {**settings, **_SOURCES})

    def start_naive(self) -> None:
        """The baseline, with the certificates, database and object store of ingestion."""
        pki = self.layout.pki
        both = self.layout.run / "both-ca.pem"
        write_file(both, (pki / "ca.pem").read_bytes() + (pki / "connector-ca.pem").read_bytes())
        settings = {
            "port": self.port(NAIVE),
            "cert": str(pki / "ingestion.crt"),
            "key": str(pki / "ingestion.key"),
            "ca": str(both),
            "services_ca": str(pki / "ca.pem"),
            "dsn": self.stores.postgres.dsn("ingestion_owner", "ingestion"),
            "vault": f"https://{self.layout.address('vault')}",
            "s3": s3_environment(self.stores, "ingestion"),
        }
        file = self.layout.run / f"{NAIVE}.json"
        write_file(file, json.dumps(settings))
        argv = [sys.executable, "-m", "bench.ingest.naive", str(file)]
        self._start(NAIVE, argv, SYSTEM_ENVIRONMENT | _SOURCES, port=self.port(NAIVE), health=None)

    def port(self, name: str) -> int:
        """Of a listener."""
        return self.layout.shifted(_NAIVE_PORT) if name == NAIVE else super().port(name)

    def forget_peak(self, name: str) -> None:
        """Lets the peak of a process's resident memory begin anew."""
        Path(f"/proc/{self.pid(name)}/clear_refs").write_text("5", encoding="ascii")

    def peak_mib(self, name: str) -> float:
        """Highest resident memory of a process since then, MiB."""
        lines = Path(f"/proc/{self.pid(name)}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
