"""Each alert is tested, leads to a runbook, and names only metrics that the code makes; so does each panel."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from altscore_local.layout import ROOT
from altscore_local.observability import rule_check
from altscore_local.observability.dashboards import dashboard_of, definitions
from altscore_local.observability.doctor import ALERTS, CHECKS
from altscore_local.observability.files import generated_files
from altscore_local.observability.metrics import STANDARD, defined_metrics
from altscore_local.observability.paths import OBSERVABILITY, RULE_TESTS, RULES, RUNBOOKS
from altscore_local.observability.programs import find_program
from altscore_local.observability.slo import BURNS, WINDOWS, objectives

PARTS = ("**Means.**", "**Felt.**", "**Look.**", "**Do.**")
METRIC = re.compile(r"\b(altscore[a-z_:]*[a-z0-9_:]+|process_[a-z_]+|scrape_[a-z_]+|up)(?=[\s{\[()]|$)")


@cache
def rules() -> list[dict[str, Any]]:
    """All rules of all files."""
    files = sorted(RULES.glob("*.yml"))
    assert len(files) >= 10
    return [
        rule
        for file in files
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


@cache
def alerts() -> dict[str, dict[str, Any]]:
    """The alerts by name."""
    by_name = [(rule["alert"], rule) for rule in rules() if "alert" in rule]
    assert [name for name, number in Counter(name for name, _ in by_name).items() if number > 1] == []
    assert len(by_name) > 50
    return dict(by_name)


@cache
def cases() -> list[tuple[str, bool]]:
    """The tests of the rules: the alert, and whether it must fire."""
    return [
        (expected["alertname"], bool(expected["exp_alerts"]))
        for file in RULE_TESTS.glob("*.yml")
        for case in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
        for expected in case["alert_rule_test"]
    ]


def expressions() -> list[tuple[str, str]]:
    """Where an expression stands, and the expression: of rules and panels."""
    panels = [
        (f"{definition['uid']}, {panel['title']}", target["expr"])
        for definition in definitions()
        for panel in dashboard_of(definition)["panels"]
        for target in panel["targets"]
    ]
    assert len(panels) > 50
    return [*((str(rule.get("alert") or rule.get("record")), rule["expr"]) for rule in rules()), *panels]


def headings(page: Path) -> dict[str, str]:
    """The text below each heading of a page, by the heading's anchor."""
    parts = re.split(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name.strip().lower(): text for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def test_what_is_made_from_tables_is_committed_as_it_is_made() -> None:
    files = generated_files()
    assert len(files) == 1 + len(definitions()) == 8
    assert [path.name for path, content in files.items() if path.read_text(encoding="utf-8") != content] == []


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_has_a_severity_a_summary_and_a_runbook(name: str) -> None:
    rule = alerts()[name]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor == name.lower()
    text = headings(ROOT / page)[anchor]
    assert [part for part in PARTS if part not in text] == []


def test_no_runbook_is_about_an_alert_that_does_not_exist() -> None:
    pages = [page for page in RUNBOOKS.glob("*.md") if page.name != "README.md"]
    assert len(pages) >= 10
    about = {anchor for page in pages for anchor in headings(page)}
    assert about - {name.lower() for name in alerts()} == set()
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in pages if f"({page.name})" not in index] == []


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_is_tested_where_it_must_fire_and_where_it_must_not(name: str) -> None:
    assert (name, True) in cases()
    assert (name, False) in cases()


def test_every_expression_names_only_metrics_that_exist() -> None:
    known = defined_metrics() | STANDARD | {str(rule["record"]) for rule in rules() if "record" in rule}
    assert len(known) > 80
    unknown, named = [], set()
    for place, expression in expressions():
        without_labels = re.sub(r'"[^"]*"', '""', expression)
        names = set(METRIC.findall(without_labels))
        named |= names
        unknown += [f"{place}: {name}" for name in sorted(names - known)]
    assert len(named) > 40, "the expressions were not read"
    assert unknown == []


def test_a_metric_that_no_code_makes_would_be_noticed() -> None:
    assert "altscore_http_requests_total" in defined_metrics()
    assert "altscore_outbox_oldest_age_seconds" in defined_metrics()
    assert "altscore_http_request_seconds_bucket" in defined_metrics()
    assert "altscore_http_request_seconds" not in defined_metrics()
    assert METRIC.findall("rate(altscore_nothing_total[5m])") == ["altscore_nothing_total"]


def test_every_objective_is_recorded_over_every_window_and_has_a_budget() -> None:
    recorded = Counter((rule["record"], rule["labels"]["slo"]) for rule in rules() if "record" in rule)
    names = [objective["name"] for objective in objectives()]
    assert len(names) == 8
    windows = [f"altscore:slo_errors:ratio_rate{window}" for window in WINDOWS]
    assert recorded == Counter((record, name) for record in ("altscore:slo_budget:ratio", *windows) for name in names)
    assert {burn.long for burn in BURNS} | {burn.short for burn in BURNS} <= set(WINDOWS)


@pytest.mark.parametrize("definition", definitions(), ids=lambda definition: str(definition["uid"]))
def test_a_dashboard_fits_the_part_of_grafanas_model_that_we_use(definition: dict[str, Any]) -> None:
    schema = json.loads((OBSERVABILITY / "grafana" / "dashboard.schema.json").read_text(encoding="utf-8"))
    dashboard = dashboard_of(definition)
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(dashboard)] == []
    cells = Counter(
        (x, y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    )
    assert max(cells.values()) == 1, "panels overlap"
    assert max(x for x, _ in cells) < 24
    broken = dashboard | {"panels": [panel | {"type": "pie"} for panel in dashboard["panels"]]}
    assert list(jsonschema_rs.validator_for(schema).iter_errors(broken))


def test_rules_and_panels_parse(tmp_path: Path) -> None:
    promtool = find_program("promtool")
    if promtool is None:
        pytest.skip("no promtool on the path or in the cache: `make check` fetches it where it can")
    assert rule_check.check_rules(promtool) >= 10
    panels = [{"record": f"panel:number:{place}", "expr": text} for place, (_, text) in enumerate(expressions())]
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": panels}]}))
    assert rule_check.check_rules(promtool, tmp_path) == 1
    (tmp_path / "panels.yml").write_text(
        json.dumps({"groups": [{"name": "g", "rules": [panels[0] | {"expr": "sum("}]}]})
    )
    with pytest.raises(rule_check.RulesFailed):
        rule_check.check_rules(promtool, tmp_path)


def test_rules_that_are_not_there_are_a_failure(tmp_path: Path) -> None:
    with pytest.raises(rule_check.RulesFailed):
        rule_check.check_rules(Path("promtool"), tmp_path)
    with pytest.raises(rule_check.RulesFailed):
        rule_check.run_rule_tests(Path("promtool"), [])


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.metric))
def test_a_check_of_the_doctor_reads_a_real_metric_and_names_the_runbook_of_an_alert_on_it(check: Any) -> None:
    assert check.metric in defined_metrics()
    page, _, anchor = check.runbook.partition("#")
    assert anchor in headings(ROOT / ALERTS / page)
    [rule] = [rule for name, rule in alerts().items() if name.lower() == anchor]
    assert check.metric in rule["expr"]
