"""A process's page of metrics and its readiness, read without Prometheus."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Sample:
    """One value."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Page:
    """What a process told.

    Args:
        process: its name.
        is_up: False when it did not answer.
        failed: dependencies that /readyz names.
        samples: of /metrics.
    """

    process: str
    is_up: bool
    failed: Sequence[str] = ()
    samples: Sequence[Sample] = field(default=())


def samples_of(text: str) -> list[Sample]:
    """The values of a page in Prometheus's text format."""
    families = text_string_to_metric_families(text)
    return [Sample(sample.name, sample.labels, sample.value) for family in families for sample in family.samples]


def read_page(process: str, port: int) -> Page:
    """Asks a process on its internal port."""
    base = f"http://127.0.0.1:{port}"
    try:
        failed = _failed_dependencies(f"{base}/readyz")
        with urllib.request.urlopen(f"{base}/metrics", timeout=_TIMEOUT_S) as response:  # noqa: S310  # loopback
            text = response.read().decode()
    except (OSError, ValueError):
        return Page(process, is_up=False)
    return Page(process, is_up=True, failed=failed, samples=samples_of(text))


def _failed_dependencies(url: str) -> list[str]:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:  # noqa: S310  # loopback, our own URL
            body = response.read()
    except urllib.error.HTTPError as error:  # 503 says which
        body = error.read()
    return [str(name) for name in json.loads(body)["failed"]]
