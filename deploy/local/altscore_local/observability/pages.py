"""The dashboards drawn from a running Prometheus, one SVG page each: what Grafana would show, without Grafana."""

import json
import math
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from altscore_local.layout import Layout
from altscore_local.observability.dashboards import dashboard_of, definitions
from altscore_local.observability.server import PROMETHEUS
from altscore_local.process import StackError

SPAN_S, STEPS = 1800, 120
_TIMEOUT_S = 20.0
_UNIT_PX, _ROW_PX, _GAP_PX, _TOP_PX = 50, 30, 8, 44
_COLOURS = (
    "#2f6fde",
    "#d9822b",
    "#2e9e5b",
    "#c23b4b",
    "#7a5cc7",
    "#1f9aa8",
    "#8a6d3b",
    "#d1559b",
    "#5b6770",
    "#a3a512",
)
_LEGENDS, _LEGEND_CHARACTERS = 4, 20


@dataclass(frozen=True)
class Line:
    """A series: its legend and its points (time, value)."""

    legend: str
    points: Sequence[tuple[float, float]]

    @property
    def newest(self) -> float:
        """The last value."""
        return self.points[-1][1]


def write_pages(layout: Layout) -> list[Path]:
    """Draws every dashboard over the last half hour into docs/operations.

    Raises:
        StackError: Prometheus does not answer.
    """
    folder = layout.root / "docs" / "operations"
    folder.mkdir(parents=True, exist_ok=True)
    base, now_s, written = f"http://127.0.0.1:{layout.port(PROMETHEUS)}", time.time(), []
    for definition in definitions():
        dashboard = dashboard_of(definition)
        path = folder / f"{definition['uid'].removeprefix('altscore-')}.svg"
        lines = [_lines_of(base, panel, now_s) for panel in dashboard["panels"]]
        path.write_text(page_of(dashboard, lines), encoding="utf-8")
        written.append(path)
    return written


def _lines_of(base: str, panel: Mapping[str, Any], now_s: float) -> list[Line]:
    lines = []
    for target in panel["targets"]:
        query = {"query": target["expr"], "start": now_s - SPAN_S, "end": now_s, "step": SPAN_S / STEPS}
        url = f"{base}/api/v1/query_range?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:  # noqa: S310  # loopback, our own URL
                result = json.load(response)["data"]["result"]
        except OSError as error:
            raise StackError(f"Prometheus does not answer ({error}): run `make observe` first") from error
        for series in result:
            points = [(float(at), float(value)) for at, value in series["values"] if math.isfinite(float(value))]
            if points:
                lines.append(Line(legend_of(target["legendFormat"], series["metric"]), points))
    return lines


def legend_of(template: str, labels: Mapping[str, str]) -> str:
    """A legend with the labels of its series."""
    for name, value in labels.items():
        template = template.replace("{{" + name + "}}", value)
    return template


def text_of(value: float, unit: str) -> str:
    """A value as people read it."""
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "bytes":
        return f"{value / 2**20:.0f} MiB"
    if unit == "s":
        return _duration(value)
    text = f"{value:.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"
    return f"{text}/s" if unit == "reqps" else text


def _duration(seconds: float) -> str:
    if abs(seconds) < 1:
        return f"{seconds * 1000:.3g} ms" if seconds else "0 s"
    for size, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.3g} s"


def page_of(dashboard: Mapping[str, Any], lines: Sequence[Sequence[Line]]) -> str:
    """A dashboard as an SVG document.

    Args:
        dashboard: as Grafana reads it.
        lines: of each panel, in their order.
    """
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    height = _TOP_PX + max(place["y"] + place["h"] for place in places) * _ROW_PX + _GAP_PX
    width = 24 * _UNIT_PX
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="DejaVu Sans, Arial, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#f4f5f7"/>',
        f'<text x="14" y="28" font-size="18" font-weight="bold">{escape(dashboard["title"])}</text>',
        f'<text x="{width - 14}" y="28" text-anchor="end" fill="#666">at most the last 30 minutes</text>',
    ]
    for panel, of_panel in zip(dashboard["panels"], lines, strict=True):
        shapes += _panel(panel, of_panel)
    return "\n".join([*shapes, "</svg>"]) + "\n"


def _panel(panel: Mapping[str, Any], lines: Sequence[Line]) -> list[str]:
    place, unit = panel["gridPos"], panel["fieldConfig"]["defaults"]["unit"]
    x, y = place["x"] * _UNIT_PX + _GAP_PX / 2, place["y"] * _ROW_PX + _TOP_PX
    width, height = place["w"] * _UNIT_PX - _GAP_PX, place["h"] * _ROW_PX - _GAP_PX
    head = [
        f'<g transform="translate({x:g},{y:g})">',
        f'<rect width="{width}" height="{height}" rx="4" fill="#fff" stroke="#d5d8dc"/>',
        f'<text x="10" y="18" font-weight="bold">{escape(panel["title"])}</text>',
    ]
    if not lines:
        body = [f'<text x="{width / 2:g}" y="{height / 2:g}" text-anchor="middle" fill="#888">no data</text>']
    elif panel["type"] == "stat":
        body = _numbers(lines, unit, width)
    elif panel["type"] == "bargauge":
        body = _bars(lines, unit, width)
    else:
        body = _chart(lines, unit, (width, height))
    return [*head, *body, "</g>"]


def _numbers(lines: Sequence[Line], unit: str, width: float) -> list[str]:
    size = 30 if len(lines) <= 2 else 11
    if size == 30:
        text = " ".join(f"{text_of(line.newest, unit)} {line.legend}".strip() for line in lines)
        return [f'<text x="{width / 2:g}" y="72" text-anchor="middle" font-size="{size}">{escape(text)}</text>']
    texts = [f"{line.legend}: {text_of(line.newest, unit)}" for line in lines[:8]]
    return [
        f'<text x="10" y="{34 + 11 * place}" font-size="{size}">{escape(text)}</text>'
        for place, text in enumerate(texts)
    ]


def _bars(lines: Sequence[Line], unit: str, width: float) -> list[str]:
    shapes, longest = [], max(1e-9, *(line.newest for line in lines))
    for place, line in enumerate(sorted(lines, key=lambda line: -line.newest)[:10]):
        y, length = 30 + 19 * place, (width - 260) * max(line.newest, 0) / longest
        shapes.append(f'<text x="150" y="{y + 11}" text-anchor="end">{escape(line.legend)}</text>')
        shapes.append(f'<rect x="158" y="{y}" width="{length:.1f}" height="13" fill="{_COLOURS[0]}"/>')
        shapes.append(f'<text x="{164 + length:.1f}" y="{y + 11}">{text_of(line.newest, unit)}</text>')
    return shapes


def _chart(lines: Sequence[Line], unit: str, size: tuple[float, float]) -> list[str]:
    width, height = size
    left, right, top, bottom = 66, width - 14, 30, height - 40
    values = [value for line in lines for _, value in line.points]
    highest, lowest = max(values) or 1.0, min(0.0, *values)
    begin, end = min(line.points[0][0] for line in lines), max(line.points[-1][0] for line in lines)
    span_s = max(end - begin, 60.0)
    shapes = [
        f'<text x="{left}" y="{bottom + 14:g}" font-size="10" fill="#888">{_duration(end - begin)} ago</text>',
        f'<text x="{right:g}" y="{bottom + 14:g}" font-size="10" fill="#888" text-anchor="end">now</text>',
    ]
    for part in range(5):
        value = lowest + (highest - lowest) * part / 4
        y = bottom - (bottom - top) * part / 4
        shapes.append(f'<line x1="{left}" x2="{right:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eceef0"/>')
        shapes.append(
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{text_of(value, unit)}</text>'
        )
    ranked = sorted(lines, key=lambda line: -max(value for _, value in line.points))
    for place, line in enumerate(ranked):
        points = " ".join(
            f"{right - (right - left) * (end - at) / span_s:.1f},"
            f"{bottom - (bottom - top) * (value - lowest) / (highest - lowest):.1f}"
            for at, value in line.points
        )
        colour = _COLOURS[place % len(_COLOURS)]
        shapes.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if place < _LEGENDS:
            x = left + (right - left) * place / _LEGENDS
            shapes.append(f'<rect x="{x:.0f}" y="{bottom + 20:g}" width="9" height="9" fill="{colour}"/>')
            newest = text_of(line.newest, unit)
            legend = f"{line.legend[len(newest) - _LEGEND_CHARACTERS :]} {newest}"  # the end tells series apart
            shapes.append(f'<text x="{x + 12:.0f}" y="{bottom + 29:g}" font-size="10">{escape(legend)}</text>')
    return shapes
