"""Processes that may run only once: the chart holds them to one, and says why."""

import re

import yaml

from .conftest import ROOT

CHART = ROOT / "deploy/helm/altscore"
TEMPLATE = (CHART / "charts/altscore-lib/templates/_process.tpl").read_text(encoding="utf-8")


def single_processes() -> dict[str, dict[str, object]]:
    """Processes of the chart that have a reason to run once, by name."""
    owners = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((CHART / "services").glob("*.yaml"))]
    processes = {name: process for owner in owners for name, process in owner["processes"].items()}
    assert len(processes) > 10
    return {name: process for name, process in processes.items() if "single" in process}


def test_scoring_and_audit_workers_run_once_with_a_reason() -> None:
    singles = single_processes()
    assert set(singles) == {"audit-worker", "scoring-worker"}
    for name, process in singles.items():
        assert process["replicas"] == {"min": 1, "max": 1}, name
        assert len(str(process["single"]).split()) >= 5, name


def test_the_chart_refuses_more_and_never_runs_two_during_an_upgrade() -> None:
    guard = r'hasKey \$process "single"\) \(ne \(int \$process\.replicas\.max\) 1\).*fail'
    assert re.search(guard, TEMPLATE)
    once = re.search(r'hasKey \.process "single" \}\}\n\s+replicas: 1\n\s+strategy: \{type: Recreate\}', TEMPLATE)
    assert once


def test_the_readmes_say_so() -> None:
    for page in ("services/scoring/README.md", "services/audit/README.md"):
        assert "one worker" in (ROOT / page).read_text(encoding="utf-8").lower(), page
