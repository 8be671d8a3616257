"""A run's lineage as SVG: tables in layers from Bronze to Gold, with their rows, and what each is made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from html import escape
from typing import Any

_BOX_WIDTH, _BOX_HEIGHT = 190, 44
_GAP_X, _GAP_Y, _MARGIN, _TITLE = 90, 18, 24, 58
_COLOURS = {
    "bronze/": "#f3dfc8",
    "silver/plan/": "#e6e6e6",
    "silver/stage/": "#eef2f7",
    "silver/control/": "#f6dfe3",
    "silver/": "#d3dfec",
    "gold/": "#fbeeb5",
}
_OTHER = "#e3f0e3"
_NEAR, _FAR = "#5b6775", "#c3cbd4"  # lines that pass behind other tables are paler


@dataclass
class Graph:
    """Tables by name with what they are made of.

    Attributes:
        reads: names that each table is made of.
        rows: of the tables that say it.
        failed: tables whose model failed.
    """

    reads: dict[str, set[str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)


def graph_of(events: Iterable[Mapping[str, Any]]) -> Graph:
    """The graph of the models' events; the jobs around them would only repeat it."""
    graph = Graph()
    for event in events:
        if event["eventType"] not in ("COMPLETE", "FAIL") or "outputs" not in event:
            continue
        is_model = "." in event["job"]["name"]
        for written in event["outputs"]:
            name = written["name"]
            rows = written.get("outputFacets", {}).get("outputStatistics", {}).get("rowCount")
            if rows is not None:
                graph.rows[name] = rows
            if event["eventType"] == "FAIL":
                graph.failed.add(name)
            if is_model or event["job"]["name"] == "announce":
                reads = {read["name"] for read in event.get("inputs", ())} - {name}
                graph.reads.setdefault(name, set()).update(reads)
                for read in reads:
                    graph.reads.setdefault(read, set())
    return graph


def layers_of(graph: Graph) -> list[list[str]]:
    """Tables by their longest way from a source, each layer by name; a cycle stands in one last layer.

    A source stands just before the first table that is made of it.
    """
    try:
        order = list(TopologicalSorter(graph.reads).static_order())
    except CycleError:
        return [sorted(graph.reads)]
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = max((depth[read] + 1 for read in graph.reads[name]), default=0)
    for name in order:
        readers = [depth[other] for other, reads in graph.reads.items() if name in reads]
        if not graph.reads[name] and readers:
            depth[name] = min(readers) - 1
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in sorted(depth):
        layers[depth[name]].append(name)
    return _untangled(layers, graph)


def _untangled(layers: list[list[str]], graph: Graph) -> list[list[str]]:
    """Tables of a layer in the order of the mean place of what they are made of: fewer lines cross."""
    place: dict[str, float] = {}
    ordered = []
    for layer in layers:
        own = sorted(
            layer, key=lambda name: (_mean([place[read] for read in graph.reads[name] if read in place]), name)
        )
        place |= {name: index / max(1, len(own) - 1) for index, name in enumerate(own)}
        ordered.append(own)
    return ordered


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.5


def draw(graph: Graph, title: str) -> str:
    """The picture."""
    layers = layers_of(graph)
    tallest = max((len(layer) for layer in layers), default=0)
    height = _TITLE + tallest * (_BOX_HEIGHT + _GAP_Y) + _MARGIN
    width = 2 * _MARGIN + len(layers) * _BOX_WIDTH + max(0, len(layers) - 1) * _GAP_X
    corner: dict[str, tuple[float, float]] = {}
    for column, layer in enumerate(layers):
        top = _TITLE + (tallest - len(layer)) * (_BOX_HEIGHT + _GAP_Y) / 2
        for index, name in enumerate(layer):
            corner[name] = (_MARGIN + column * (_BOX_WIDTH + _GAP_X), top + index * (_BOX_HEIGHT + _GAP_Y))
    pairs = [(corner[read], corner[name]) for name, reads in graph.reads.items() for read in sorted(reads)]
    lines = [_line(start, end) for start, end in sorted(pairs, key=lambda pair: pair[0][0] - pair[1][0])]
    boxes = [_box(graph, name, corner[name]) for layer in layers for name in layer]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            f'<text x="{_MARGIN}" y="32" font-size="15">{escape(title)}</text>',
            *lines,
            *boxes,
            "</svg>",
            "",
        ]
    )


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    left, right = start[0] + _BOX_WIDTH, end[0]
    top, bottom = start[1] + _BOX_HEIGHT / 2, end[1] + _BOX_HEIGHT / 2
    bend = (left + right) / 2
    path = f"M{left:g},{top:g} C{bend:g},{top:g} {bend:g},{bottom:g} {right:g},{bottom:g}"
    colour = _NEAR if right - left <= _GAP_X else _FAR
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1"/>'


def _box(graph: Graph, name: str, corner: tuple[float, float]) -> str:
    x, y = corner
    colour = next((value for start, value in _COLOURS.items() if name.startswith(start)), _OTHER)
    rows = f"{graph.rows[name]:,} rows" if name in graph.rows else ""
    note = "failed" if name in graph.failed else rows
    edge = "#b00020" if name in graph.failed else "#5b6775"
    shown = name.rpartition("altscore.pipeline/")[2]
    reads = ", ".join(sorted(graph.reads[name])) or "nothing in this run"
    return (
        f"<g><title>{escape(name)} is made of {escape(reads)}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="5" fill="{colour}"'
        f' stroke="{edge}"/><text x="{x + 10:g}" y="{y + 18:g}">{escape(shown)}</text>'
        f'<text x="{x + 10:g}" y="{y + 35:g}" fill="#555">{note}</text></g>'
    )
