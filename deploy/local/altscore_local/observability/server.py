"""Prometheus and Alertmanager beside the local stack, on loopback: the targets are those of the table of processes."""

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from altscore_local.audit_witness import NAME as WITNESS
from altscore_local.expected import ExpectedProcesses
from altscore_local.files import PUBLIC, digest_of, write_file
from altscore_local.layout import LOOPBACK, Layout
from altscore_local.observability import receivers
from altscore_local.observability.paths import DASHBOARDS, OBSERVABILITY, RULES
from altscore_local.observability.programs import ensure_program
from altscore_local.probes import Probe, answers
from altscore_local.process import SYSTEM_ENVIRONMENT, Process, StackError, Supervisor
from altscore_local.services import TABLE

PROMETHEUS, ALERTMANAGER, GRAFANA = "prometheus", "alertmanager", "grafana"
GROUP = "observability"
RETENTION = "7d"
_HEALTH = {PROMETHEUS: "/-/ready", ALERTMANAGER: "/-/ready", GRAFANA: "/api/health"}


def targets_of(layout: Layout, host: str = LOOPBACK) -> list[dict[str, object]]:
    """The internal ports of all processes of ours, as Prometheus's file discovery reads them.

    Args:
        layout: of the stack.
        host: where a process is asked; `{process}` stands for its name.
    """
    targets: list[dict[str, object]] = [
        {
            "targets": [f"{host.format(process=service.name)}:{layout.shifted(service.internal_port)}"],
            "labels": {"process": service.name, "service": service.owner},
        }
        for service in TABLE
    ]
    witness = f"{host.format(process=WITNESS)}:{layout.port(WITNESS)}"
    return [*targets, {"targets": [witness], "labels": {"process": WITNESS, "service": "audit"}}]


def write_configuration(layout: Layout, host: str = LOOPBACK) -> Path:
    """Writes what Prometheus reads below var/run/observability; returns the file to start it with."""
    folder = layout.run / "observability"
    write_file(folder / "targets" / "altscore.json", json.dumps(targets_of(layout, host), indent=1), mode=PUBLIC)
    for rules in RULES.glob("*.yml"):
        write_file(folder / "rules" / rules.name, rules.read_bytes(), mode=PUBLIC)
    configuration = folder / "prometheus.yml"
    write_file(configuration, (OBSERVABILITY / "prometheus.yml").read_bytes(), mode=PUBLIC)
    told = [{"targets": [f"{host.format(process=ALERTMANAGER)}:{layout.port(ALERTMANAGER)}"]}]
    write_file(folder / "alertmanagers" / "altscore.json", json.dumps(told, indent=1), mode=PUBLIC)
    return configuration


def probes(layout: Layout) -> list[Probe]:
    """How `status` asks what `make observe` starts."""
    ports = {name: layout.port(name) for name in _HEALTH}
    return [
        Probe(name, GROUP, port=port, health_port=port, ready=partial(answers, f"http://{LOOPBACK}:{port}{path}"))
        for (name, path), port in zip(_HEALTH.items(), ports.values(), strict=True)
    ]


def prometheus_process(layout: Layout, program: Path) -> Process:
    """How Prometheus is started in this clone."""
    configuration, data, port = write_configuration(layout), layout.data / PROMETHEUS, layout.port(PROMETHEUS)
    data.mkdir(parents=True, exist_ok=True)
    return Process(
        name=PROMETHEUS,
        group=GROUP,
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
        code=digest_of([configuration, configuration.parent / "rules"]),
    )


def alertmanager_process(layout: Layout, program: Path) -> Process:
    """How Alertmanager is started in this clone: alone, and with the receivers that have an address here."""
    configuration, data = receivers.write_settings(layout), layout.data / ALERTMANAGER
    port = layout.port(ALERTMANAGER)
    data.mkdir(parents=True, exist_ok=True)
    return Process(
        name=ALERTMANAGER,
        group=GROUP,
        argv=[
            str(program),
            f"--config.file={configuration}",
            f"--storage.path={data}",
            "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ],
        env=SYSTEM_ENVIRONMENT,
        port=port,
        ready=lambda: answers(f"http://127.0.0.1:{port}/-/ready"),
        cwd=data,
        code=digest_of([configuration]),
    )


def grafana_process(layout: Layout, program: Path) -> Process:
    """How Grafana is started in this clone, with our dashboards and without a sign-in, on loopback."""
    data, port, home = layout.data / GRAFANA, layout.port(GRAFANA), program.resolve().parents[1]
    data.mkdir(parents=True, exist_ok=True)
    return Process(
        name=GRAFANA,
        group=GROUP,
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
    """Starts Prometheus and Alertmanager, and Grafana where it is on the path.

    Raises:
        StackError: Prometheus or Alertmanager cannot be had, or does not start.
    """
    prometheus, alertmanager = ensure_program(PROMETHEUS), ensure_program(ALERTMANAGER)
    if prometheus is None:
        raise StackError("Prometheus is not on the path and apt cannot fetch Debian's package `prometheus`")
    if alertmanager is None:
        raise StackError("Alertmanager is not in the cache, and it takes Go and its module proxy to build it")
    processes = [alertmanager_process(layout, alertmanager), prometheus_process(layout, prometheus)]
    grafana = shutil.which(GRAFANA, path=os.environ.get("PATH"))
    if grafana is not None:
        processes.append(grafana_process(layout, Path(grafana)))
    supervisor = Supervisor(layout)
    names = {process.name for process in processes}
    ExpectedProcesses(layout).change(added=names, running=supervisor.names())
    for process in processes:
        supervisor.ensure(process)
    report(f"  Prometheus    http://127.0.0.1:{layout.port(PROMETHEUS)}/alerts")
    report(f"  Alertmanager  http://127.0.0.1:{layout.port(ALERTMANAGER)}/#/alerts")
    if silent := receivers.silent_receivers(layout):
        where = receivers.addresses_folder(layout).relative_to(layout.root)
        report(f"                tells nobody as {', '.join(silent)}: {where} holds no address (docs/operations.md)")
    if grafana is None:
        report("  Grafana       is not on the path: left out; `make observe-pages` draws the same dashboards")
    else:
        report(f"  Grafana       http://127.0.0.1:{layout.port(GRAFANA)}/dashboards")
