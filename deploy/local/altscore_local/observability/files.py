"""The files that are made: rules/slo.yml and Grafana's dashboards."""

from collections.abc import Mapping
from pathlib import Path

from altscore_local.observability.dashboards import dashboard_files
from altscore_local.observability.paths import DASHBOARDS, RULES
from altscore_local.observability.slo import rules_text


def generated_files() -> Mapping[Path, str]:
    """Path and content of every generated file."""
    dashboards = {DASHBOARDS / name: content for name, content in dashboard_files().items()}
    return {RULES / "slo.yml": rules_text(), **dashboards}


def write_files() -> list[Path]:
    """Writes those that differ; returns them."""
    changed = []
    for path, content in generated_files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            changed.append(path)
    return changed
