"""The plots of a compliance report as SVG; each has a text that says the same."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from altscore_admin.compliance import charts
from altscore_admin.compliance.charts import Series
from altscore_admin.compliance.domain import AIR_MIN
from altscore_admin.compliance.templating import label_of

RATIOS = ("air_district", "air_size_band")
MOST_BARS = 12
MOST_SERIES = len(charts.COLOURS)


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
    names = _names_of(series)
    if not names:
        return None
    svg = charts.stacked(
        [row["period"] for row in series],
        [Series(label_of(name), [float(row.get(name, 0)) for row in series]) for name in names],
        label="number",
    )
    parts = [f"{label_of(name)} {sum(int(row.get(name, 0)) for row in series):,}" for name in names]
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


def _ratios(runs: Sequence[Mapping[str, Any]]) -> Plot | None:
    measured = [row[name] for row in runs for name in RATIOS if row.get(name) is not None]
    if not measured:
        return None
    series = _lowest_by_month(runs)
    svg = charts.lines(
        [row["period"] for row in series],
        [Series(label_of(name), [row.get(name) for row in series]) for name in RATIOS],
        limit=AIR_MIN,
        limit_name=f"limit {AIR_MIN:.2f}",
        label="lowest ratio",
    )
    text = (
        f"The lowest ratio of each month. {len(runs)} runs, ratios from {min(measured):.3f} to {max(measured):.3f};"
        f" the limit is {AIR_MIN:.2f}."
    )
    return Plot(svg, text)


def _bars(numbers: Mapping[str, float]) -> Plot:
    svg = charts.bars({label_of(name): value for name, value in numbers.items()})
    text = ", ".join(f"{label_of(name)} {value:,.0f}" for name, value in numbers.items())
    return Plot(svg, f"{text}.")
