"""How every process of the stack is asked whether it serves. Asking changes nothing: no file, no process."""

import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from altscore_local import airflow, mlflow_server, simulators
from altscore_local.process import is_listening
from altscore_local.services import TABLE, Stores, module_folder


@dataclass(frozen=True)
class Probe:
    """One process that can be in the stack.

    Args:
        name: of the process.
        group: infra, services, simulators, mlflow or airflow.
        port: its own port, shown in `status`; None for a worker.
        health_port: where `ready` asks.
        ready: True while it serves.
    """

    name: str
    group: str
    port: int | None
    health_port: int
    ready: Callable[[], bool]


def probes_of(stores: Stores) -> list[Probe]:
    """Every process that `up` can start in this clone, the stores first."""
    layout = stores.layout
    probes = [
        _served_on_its_port("postgres", "infra", stores.postgres.port, stores.postgres.is_ready),
        _served_on_its_port("redis", "infra", stores.redis.port, stores.redis.is_ready),
        _served_on_its_port("kafka", "infra", stores.kafka.port, stores.kafka.is_ready),
        _served_on_its_port("s3", "infra", stores.s3.port, stores.s3.is_ready),
        _served_on_its_port("registry", "infra", stores.registry.port, stores.registry.is_ready),
    ]
    keeper = layout.port("housekeeper")
    page = f"http://127.0.0.1:{keeper}/readyz"
    probes.append(Probe("housekeeper", "infra", port=None, health_port=keeper, ready=partial(answers, page)))
    for service in TABLE:
        if module_folder(layout, service.python_module) is not None:
            health = layout.shifted(service.internal_port)
            port = layout.port(service.api) if service.api else None
            ready = partial(answers, f"http://127.0.0.1:{health}/readyz")
            probes.append(Probe(name=service.name, group="services", port=port, health_port=health, ready=ready))
    witness = layout.port("audit-witness")
    page = f"http://127.0.0.1:{witness}/readyz"
    probes.append(Probe("audit-witness", "services", port=None, health_port=witness, ready=partial(answers, page)))
    for module, name in simulators.NAMES.items():
        if module_folder(layout, module) is not None:
            port = layout.port(name)
            probes.append(_served_on_its_port(name, "simulators", port, partial(is_listening, port)))
    probes.append(
        _served_on_its_port("mlflow", "mlflow", layout.port("mlflow"), partial(mlflow_server.is_ready, layout))
    )
    airflow_port = layout.port("airflow")
    for name in airflow.PARTS:  # the API answers for all four
        port_of_part = airflow_port if name == "airflow-api" else None
        ready = partial(airflow.is_healthy, layout, name)
        probes.append(Probe(name=name, group="airflow", port=port_of_part, health_port=airflow_port, ready=ready))
    return probes


def _served_on_its_port(name: str, group: str, port: int, ready: Callable[[], bool]) -> Probe:
    return Probe(name=name, group=group, port=port, health_port=port, ready=ready)


def answers(url: str) -> bool:
    """Whether a loopback health page says 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  # loopback, our own URL
            return bool(response.status == 200)
    except OSError:
        return False
