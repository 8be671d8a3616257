"""Where the files of deploy/observability are."""

from altscore_local.layout import ROOT

OBSERVABILITY = ROOT / "deploy" / "observability"
RULES = OBSERVABILITY / "rules"
RULE_TESTS = OBSERVABILITY / "tests"
DASHBOARDS = OBSERVABILITY / "grafana" / "dashboards"
RUNBOOKS = ROOT / "docs" / "runbooks" / "alerts"
