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
        port: shown in `status`.
        ready: True while it serves.
    """

    name: str
    group: str
    port: int | None
    ready: Callable[[], bool]


def probes_of(stores: Stores) -> list[Probe]:
    """Every process that `up` can start in this clone, the stores first."""
    layout = stores.layout
    probes = [
        Probe(name="postgres", group="infra", port=stores.postgres.port, ready=stores.postgres.is_ready),
        Probe(name="redis", group="infra", port=stores.redis.port, ready=stores.redis.is_ready),
        Probe(name="kafka", group="infra", port=stores.kafka.port, ready=stores.kafka.is_ready),
        Probe(name="s3", group="infra", port=stores.s3.port, ready=stores.s3.is_ready),
        Probe(name="registry", group="infra", port=stores.registry.port, ready=stores.registry.is_ready),
    ]
    for service in TABLE:
        if module_folder(layout, service.python_module) is not None:
            health = layout.shifted(service.internal_port)
            port = layout.port(service.api) if service.api else health
            ready = partial(answers, f"http://127.0.0.1:{health}/readyz")
            probes.append(Probe(name=service.name, group="services", port=port, ready=ready))
    for module, name in simulators.NAMES.items():
        if module_folder(layout, module) is not None:
            port = layout.port(name)
            probes.append(Probe(name=name, group="simulators", port=port, ready=partial(is_listening, port)))
    probes.append(
        Probe(
            name="mlflow",
            group="mlflow",
            port=layout.port("mlflow"),
            ready=partial(mlflow_server.is_ready, layout),
        )
    )
    for name in airflow.PARTS:
        served = layout.port("airflow") if name == "airflow-api" else None
        probes.append(Probe(name=name, group="airflow", port=served, ready=partial(airflow.is_healthy, layout, name)))
    return probes


def answers(url: str) -> bool:
    """Whether a loopback health page says 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  # loopback, our own URL
            return bool(response.status == 200)
    except OSError:
        return False
