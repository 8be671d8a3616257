"""Prometheus beside the local stack, on loopback: its targets are made from the table of processes."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from altscore_local.files import PUBLIC, write_file
from altscore_local.layout import LOOPBACK, Layout
from altscore_local.observability.paths import DASHBOARDS, OBSERVABILITY, RULES
from altscore_local.observability.programs import ensure_program
from altscore_local.probes import answers
from altscore_local.process import SYSTEM_ENVIRONMENT, Process, StackError, Supervisor
from altscore_local.services import TABLE

PROMETHEUS, GRAFANA = "prometheus", "grafana"
RETENTION = "7d"


def targets_of(layout: Layout, host: str = LOOPBACK) -> list[dict[str, object]]:
    """The internal ports of all processes of ours, as Prometheus's file discovery reads them.

    Args:
        layout: of the stack.
        host: where a process is asked; `{process}` stands for its name.
    """
    return [
        {
            "targets": [f"{host.format(process=service.name)}:{layout.shifted(service.internal_port)}"],
            "labels": {"process": service.name, "service": service.owner},
        }
        for service in TABLE
    ]


def write_configuration(layout: Layout, host: str = LOOPBACK) -> Path:
    """Writes what Prometheus reads below var/run/observability; returns the file to start it with."""
    folder = layout.run / "observability"
    write_file(folder / "targets" / "altscore.json", json.dumps(targets_of(layout, host), indent=1), mode=PUBLIC)
    for rules in RULES.glob("*.yml"):
        write_file(folder / "rules" / rules.name, rules.read_bytes(), mode=PUBLIC)
    configuration = folder / "prometheus.yml"
    write_file(configuration, (OBSERVABILITY / "prometheus.yml").read_bytes(), mode=PUBLIC)
    return configuration


def prometheus_process(layout: Layout, program: Path) -> Process:
    """How Prometheus is started in this clone."""
    configuration, data, port = write_configuration(layout), layout.data / PROMETHEUS, layout.port(PROMETHEUS)
    data.mkdir(parents=True, exist_ok=True)
    return Process(
        name=PROMETHEUS,
        group="observability",
        argv=[
            str(program),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={data}",
            f"--storage.tsdb.retention.time={RETENTION}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ],
        env=SYSTEM_ENVIRONMENT,
        port=port,
        ready=lambda: answers(f"http://127.0.0.1:{port}/-/ready"),
        cwd=data,
    )


def grafana_process(layout: Layout, program: Path) -> Process:
    """How Grafana is started in this clone, with our dashboards and without a sign-in, on loopback."""
    data, port, home = layout.data / GRAFANA, layout.port(GRAFANA), program.resolve().parents[1]
    data.mkdir(parents=True, exist_ok=True)
    return Process(
        name=GRAFANA,
        group="observability",
        argv=[str(program), "server", f"--homepath={home}"],
        env={
            "PATH": "/usr/bin:/bin",
            "GF_PATHS_DATA": str(data),
            "GF_PATHS_PROVISIONING": str(OBSERVABILITY / "grafana" / "provisioning"),
            "GF_SERVER_HTTP_ADDR": "127.0.0.1",
            "GF_SERVER_HTTP_PORT": str(port),
            "GF_AUTH_ANONYMOUS_ENABLED": "true",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "ALTSCORE_PROMETHEUS_URL": f"http://127.0.0.1:{layout.port(PROMETHEUS)}",
            "ALTSCORE_DASHBOARDS": str(DASHBOARDS),
        },
        port=port,
        ready=lambda: answers(f"http://127.0.0.1:{port}/api/health"),
        cwd=data,
    )


def start(layout: Layout, report: Callable[[str], None]) -> None:
    """Starts Prometheus, and Grafana where it is on the path.

    Raises:
        StackError: Prometheus cannot be had, or does not start.
    """
    program = ensure_program(PROMETHEUS)
    if program is None:
        raise StackError("Prometheus is not on the path and apt cannot fetch Debian's package `prometheus`")
    supervisor = Supervisor(layout)
    supervisor.ensure(prometheus_process(layout, program))
    report(f"  Prometheus  http://127.0.0.1:{layout.port(PROMETHEUS)}/alerts")
    grafana = shutil.which(GRAFANA, path=os.environ.get("PATH"))
    if grafana is None:
        report("  Grafana     is not on the path: left out; `make observe-pages` draws the same dashboards")
        return
    supervisor.ensure(grafana_process(layout, Path(grafana)))
    report(f"  Grafana     http://127.0.0.1:{layout.port(GRAFANA)}/dashboards")
