"""Processes that may run only once: the chart holds them to one, and says why."""

import re

import yaml

from .conftest import ROOT

CHART = ROOT / "deploy/helm/altscore"
TEMPLATE = (CHART / "charts/altscore-lib/templates/_process.tpl").read_text(encoding="utf-8")


def processes() -> dict[str, dict[str, object]]:
    """All processes of the chart, by name."""
    owners = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((CHART / "services").glob("*.yaml"))]
    entries = {name: process for owner in owners for name, process in owner["processes"].items()}
    assert len(entries) > 10
    return entries


def test_the_audit_worker_runs_once_with_a_reason() -> None:
    singles = {name: process for name, process in processes().items() if "single" in process}
    assert set(singles) == {"audit-worker"}
    for name, process in singles.items():
        assert process["replicas"] == {"min": 1, "max": 1}, name
        assert len(str(process["single"]).split()) >= 5, name


def test_the_chart_refuses_more_and_never_runs_two_during_an_upgrade() -> None:
    guard = r'hasKey \$process "single"\) \(ne \(int \$process\.replicas\.max\) 1\).*fail'
    assert re.search(guard, TEMPLATE)
    once = re.search(r'hasKey \.process "single" \}\}\n\s+replicas: 1\n\s+strategy: \{type: Recreate\}', TEMPLATE)
    assert once


def test_several_scoring_workers_share_a_run() -> None:
    replicas = processes()["scoring-worker"]["replicas"]
    assert isinstance(replicas, dict)
    assert 2 <= replicas["min"] <= replicas["max"]


def test_the_readme_says_so() -> None:
    assert "one worker" in (ROOT / "services/audit/README.md").read_text(encoding="utf-8").lower()
