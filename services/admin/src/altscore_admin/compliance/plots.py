"""The plots of a compliance report as SVG, drawn without a display; each has a text that says the same."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

RATIOS = ("air_district", "air_size_band")
MOST_BARS = 12
MOST_SERIES = 6
COLOURS = ("#1f4e79", "#b3541e", "#4b7f52", "#7a4b94", "#8a8d1c", "#5b5b5b")
HATCHES = ("", "//", "..", "xx", "\\\\", "--")  # so that a print without colour is read as well
_TEXTS_AS_PATHS: Any = {"svg.fonttype": "path", "svg.hashsalt": "altscore", "font.size": 9}


class Plot(NamedTuple):
    """A picture and what it shows, as text."""

    svg: str
    text: str


def plot_of(section: Mapping[str, Any]) -> Plot | None:
    """The plot of a section; None where there is nothing to draw."""
    name, series = section["name"], section["series"]
    if name == "guardrails" and len(series) > 1:  # beside the scores nobody would see the blocks
        return _stacked([{key: value for key, value in row.items() if key != "computed"} for row in series])
    if name in ("consents", "scores") and len(series) > 1:
        return _stacked(series)
    if name == "fairness" and series:
        return _ratios(series)
    if name in ("refusals", "grievances", "rights", "breaches", "guardrails") and any(_numbers(section).values()):
        return _bars(_numbers(section))
    return None


def _numbers(section: Mapping[str, Any]) -> dict[str, float]:
    figures = {name: value for name, value in section["figures"].items() if isinstance(value, int | float)}
    skipped = {"all", "filed", "received", "runs"}
    chosen = sorted(((v, n) for n, v in figures.items() if n not in skipped), reverse=True)[:MOST_BARS]
    return {name: value for value, name in chosen}


def _names_of(series: Sequence[Mapping[str, Any]]) -> list[str]:
    totals: dict[str, float] = {}
    for row in series:
        for name, value in row.items():
            if name != "period" and isinstance(value, int | float):
                totals[name] = totals.get(name, 0) + value
    return sorted(totals, key=lambda name: -totals[name])[:MOST_SERIES]


def _by_month(series: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same figures with one row a month: more bars than that are no picture."""
    months: dict[str, dict[str, Any]] = {}
    for row in series:
        month = months.setdefault(str(row["period"])[:7], {"period": str(row["period"])[:7]})
        for name, value in row.items():
            if isinstance(value, int | float):
                month[name] = month.get(name, 0) + value
    return list(months.values())


def _stacked(rows: Sequence[Mapping[str, Any]]) -> Plot | None:
    series = _by_month(rows)
    names, places = _names_of(series), range(len(series))
    if not names:
        return None
    with mpl.rc_context(_TEXTS_AS_PATHS):
        figure = Figure(figsize=(7.2, 2.7))
        axes = figure.add_subplot()
        bottoms = [0.0] * len(series)
        for index, name in enumerate(names):
            values = [float(row.get(name, 0)) for row in series]
            axes.bar(
                places,
                values,
                bottom=bottoms,
                label=_label(name),
                color=COLOURS[index],
                hatch=HATCHES[index],
                width=0.8,
            )
            bottoms = [bottom + value for bottom, value in zip(bottoms, values, strict=True)]
        step = max(1, len(series) // 12)
        axes.set_xticks(
            list(places)[::step], [str(row["period"])[:10] for row in series][::step], rotation=30, ha="right"
        )
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.set_ylabel("number")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
        svg = _svg(figure)
    parts = [f"{_label(name)} {sum(int(row.get(name, 0)) for row in series):,}" for name in names]
    text = f"Stacked by period, {series[0]['period']} to {series[-1]['period']}: {', '.join(parts)} in all."
    return Plot(svg, text)


def _lowest_by_month(series: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lowest ratio of each month: what fell below the limit stays to be seen."""
    months: dict[str, dict[str, Any]] = {}
    for row in series:
        month = months.setdefault(str(row["period"])[:7], {"period": str(row["period"])[:7]})
        for name in RATIOS:
            if row.get(name) is not None:
                month[name] = min(row[name], month.get(name, row[name]))
    return list(months.values())


def _ratios(runs: Sequence[Mapping[str, Any]]) -> Plot:
    series = _lowest_by_month(runs)
    with mpl.rc_context(_TEXTS_AS_PATHS):
        figure = Figure(figsize=(7.2, 2.7))
        axes = figure.add_subplot()
        for index, name in enumerate(RATIOS):
            points = [(place, row[name]) for place, row in enumerate(series) if row.get(name) is not None]
            axes.plot(
                [place for place, _ in points],
                [ratio for _, ratio in points],
                marker="os"[index],
                markersize=4,
                linewidth=1,
                color=COLOURS[index],
                label=_label(name),
            )
        axes.axhline(0.80, color="#a00000", linewidth=1, linestyle="--", label="limit 0.80")
        step = max(1, len(series) // 12)
        axes.set_xticks(
            range(0, len(series), step), [str(row["period"]) for row in series][::step], rotation=30, ha="right"
        )
        axes.set_ylabel("lowest ratio")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
        svg = _svg(figure)
    measured = [row[name] for row in runs for name in RATIOS if row.get(name) is not None]
    text = (
        f"The lowest ratio of each month. {len(runs)} runs, ratios from {min(measured):.3f} to {max(measured):.3f};"
        " the limit is 0.80."
    )
    return Plot(svg, text)


def _bars(numbers: Mapping[str, float]) -> Plot:
    names = list(numbers)[::-1]
    with mpl.rc_context(_TEXTS_AS_PATHS):
        figure = Figure(figsize=(7.2, 0.5 + 0.27 * len(names)))
        axes = figure.add_subplot()
        bars = axes.barh(range(len(names)), [numbers[name] for name in names], color=COLOURS[0], height=0.65)
        axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
        axes.set_yticks(range(len(names)), [_label(name) for name in names])
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.margins(x=0.12)
        svg = _svg(figure)
    text = ", ".join(f"{_label(name)} {value:,.0f}" for name, value in numbers.items())
    return Plot(svg, f"{text}.")


def _svg(figure: Figure) -> str:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    output = io.StringIO()
    figure.savefig(output, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    text = output.getvalue()
    return text[text.index("<svg") :]


def _label(name: str) -> str:
    return name.replace("_", " ")
