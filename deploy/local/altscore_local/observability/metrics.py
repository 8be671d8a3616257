"""The names of all metrics that the code makes, read from its syntax trees."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from altscore_local.layout import ROOT

_SUFFIXES = {
    "Counter": ("",),
    "Gauge": ("",),
    "Measure": ("",),
    "_counter": ("",),  # these two of the audit's verifier, which shares no library with the services
    "_gauge": ("",),
    "Histogram": ("_bucket", "_count", "_sum"),
}
# What Prometheus and its client library add to every target.
STANDARD = frozenset(
    {
        *("up", "scrape_duration_seconds", "process_start_time_seconds", "process_cpu_seconds_total"),
        *("process_resident_memory_bytes", "process_open_fds", "process_max_fds"),
    }
)


@cache
def defined_metrics(root: Path = ROOT) -> frozenset[str]:
    """Every series name that a service, library or pipeline can show."""
    files = [file for place in ("services", "libs", "pipelines") for file in (root / place).rglob("*.py")]
    sources = [file for file in files if "tests" not in file.parts and ".venv" not in file.parts]
    return frozenset(name for file in sources for name in _names_in(ast.parse(file.read_text(encoding="utf-8"))))


def _names_in(module: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and (node.args or node.keywords):
            kind = ast.unparse(node.func).rsplit(".", 1)[-1]
            named = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
            first = (*node.args, *named, None)[0]
            name = constants.get(first.id) if isinstance(first, ast.Name) else getattr(first, "value", None)
            if isinstance(name, str) and name.startswith("altscore_"):
                yield from (name + suffix for suffix in _suffixes(kind))


def _suffixes(kind: str) -> Iterable[str]:
    return _SUFFIXES.get(kind, ("",) if kind == "GaugeMetricFamily" else ())
