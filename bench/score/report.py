"""The figures for people: medians, a table, and a bar chart."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

_OPEN = {"open_83": ("ours", 83), "limit_83": ("limit", 83), "naive_83": ("naive", 83), "open_830": ("ours", 830)}
_KINDS = ("hit", "miss")
_COLOURS = {"ours": "#2a7f62", "naive": "#b5543c", "limit": "#6b7a8f"}


def show(figures: dict[str, Any]) -> None:
    """Tables on the terminal."""
    console = Console(width=140)
    console.print(figures["machine"])
    if "ours" in figures:
        console.print(_closed(figures))
        console.print("naive / ours, CPU per request:", figures["ratio_cpu"])
    if "open_83" in figures:
        console.print(_open(figures))
    for name, value in figures.items():
        if name not in ("ours", "naive", "limit", "machine", "ratio_cpu", *_OPEN):
            console.print(name, value)


def spoiled(figures: dict[str, Any]) -> list[str]:
    """Closed loops of which some calls were not answered with a score: a refusal costs less, so the figure flatters."""
    loops = [(variant, kind, figures[variant][kind]) for variant in _COLOURS if variant in figures for kind in _KINDS]
    return [
        f"{variant}, {kind}: {figure['errors']} answers were not a score (more --lenders have more quota)"
        for variant, kind, figure in loops
        if figure["errors"]
    ]


def _closed(figures: dict[str, Any]) -> Table:
    table = Table("variant", "kind", "CPU µs", "p50 ms", "p99 ms", "req/s", "errors", "consent µs", "PG µs", "Redis µs")
    for variant in ("ours", "naive", "limit"):
        for kind, figure in figures[variant].items():
            names = ("cpu_us", "p50_ms", "p99_ms", "requests_per_s", "errors")
            beside = ("consent_cpu_us", "postgres_cpu_us", "redis_cpu_us")
            table.add_row(variant, kind, *(str(figure[name]) for name in (*names, *beside)))
    return table


def _open(figures: dict[str, Any]) -> Table:
    table = Table("variant", "open loop, req/s", "p50 ms", "p99 ms", "errors", "CPU µs")
    for name, (variant, rate_per_s) in _OPEN.items():
        figure = figures[name]
        p50_ms, p99_ms = (f"{figure[each]:.2f}" for each in ("p50_ms", "p99_ms"))
        table.add_row(variant, str(rate_per_s), p50_ms, p99_ms, str(figure["errors"]), f"{figure['cpu_us']:.0f}")
    return table


def draw(figures: dict[str, Any], file: Path) -> None:
    """CPU per request as bars, in SVG."""
    if "ours" not in figures:
        return
    bars = [(variant, kind, figures[variant][kind]["cpu_us"]) for kind in _KINDS for variant in _COLOURS]
    widest = max(value for _, _, value in bars)
    rows = []
    for number, (variant, kind, value) in enumerate(bars):
        y, width = 40 + number * 28, round(value / widest * 480)
        rows.append(
            f'<rect x="130" y="{y}" width="{width}" height="20" fill="{_COLOURS[variant]}"/>'
            f'<text x="122" y="{y + 15}" text-anchor="end">{variant}, {kind}</text>'
            f'<text x="{136 + width}" y="{y + 15}">{value:.0f}</text>'
        )
    height = 50 + len(bars) * 28
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="700" height="{height}" font-family="sans-serif" '
        f'font-size="13">'
        f'<rect width="700" height="{height}" fill="white"/><text x="10" y="24" font-size="15">'
        f"Processor time of the score process per request, µs</text>{''.join(rows)}</svg>\n",
        encoding="utf-8",
    )
