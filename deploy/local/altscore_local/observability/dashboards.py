"""Grafana's dashboard files, made from dashboards.yml: every panel reads the data source that the page names."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from altscore_local.observability.paths import OBSERVABILITY

_COLUMNS = 24
_NUMBER = (6, 4)  # width and height in the grid
_PANEL = (12, 8)
_TYPES = {"lines": "timeseries", "number": "stat", "bars": "bargauge"}
_SOURCE = {"type": "prometheus", "uid": "${source}"}


def definitions() -> list[dict[str, Any]]:
    """The dashboards as dashboards.yml states them."""
    content: list[dict[str, Any]] = yaml.safe_load((OBSERVABILITY / "dashboards.yml").read_text(encoding="utf-8"))
    return content


def dashboard_files() -> dict[str, str]:
    """The content of each dashboard's file, by the name of the file."""
    return {f"{item['uid']}.json": json.dumps(dashboard_of(item), indent=1) + "\n" for item in definitions()}


def dashboard_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A dashboard as Grafana reads it."""
    return {
        "uid": definition["uid"],
        "title": f"AltScore: {definition['title']}",
        "tags": ["altscore"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "Asia/Kolkata",
        "templating": {"list": [{"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"}]},
        "panels": list(_panels(definition)),
    }


def _panels(definition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    x = y = row_height = 0
    for number, panel in enumerate(definition["panels"], start=1):
        kind = panel.get("kind", "lines")
        width, height = _NUMBER if kind == "number" else _PANEL
        if x + width > _COLUMNS or (x and height != row_height):
            x, y = 0, y + row_height
        yield {
            "id": number,
            "title": panel["title"],
            "type": _TYPES[kind],
            "datasource": _SOURCE,
            "gridPos": {"x": x, "y": y, "w": width, "h": height},
            "fieldConfig": {"defaults": {"unit": panel.get("unit", "short")}, "overrides": []},
            "targets": [
                {
                    "refId": chr(ord("A") + place),
                    "datasource": _SOURCE,
                    "expr": expression,
                    "legendFormat": legend,
                    "instant": kind != "lines",
                    "range": kind == "lines",
                }
                for place, (expression, legend) in enumerate(panel["queries"])
            ],
        }
        x, row_height = x + width, height
