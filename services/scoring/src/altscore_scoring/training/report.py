"""`report.html`: the evaluation as one self-contained page with SVG plots, for people."""

from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

WIDTH, HEIGHT, PAD = 360, 260, 34
AREA = {
    "width": WIDTH,
    "height": HEIGHT,
    "left": PAD,
    "right": WIDTH - PAD / 2,
    "top": PAD / 2,
    "bottom": HEIGHT - PAD,
}
FIGURES = ("rows", "auroc", "ks", "brier", "mean_pd", "observed", "air_min", "psi_train_to_test")


def render_report(report: dict[str, Any]) -> str:
    """The page of one evaluation report; no script, no outside resource, and every value escaped."""
    environment = Environment(
        loader=PackageLoader("altscore_scoring.training"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = format_figure
    return environment.get_template("report.html.j2").render(
        report=report,
        area=AREA,
        rows_of=_rows_of,
        figures=_figures(report),
        diagonal_points=_points((0, 1), (0, 1)),
        roc_points=_points(report["roc"]["false"], report["roc"]["true"]),
        calibration=_calibration(report["calibration"]),
        scores=_scores(report["scores"]),
        fairness={name: _fairness_rows(fairness) for name, fairness in report["fairness"].items()},
        outcomes=[*report["outcomes"]["counts"].items(), *report["outcomes"]["codes"].items()],
    )


def format_figure(value: Any) -> str:
    """A cell of a table: four digits of a float, and words for what could not be measured."""
    if value is None:
        return "not measurable"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _rows_of(entries: Iterable[dict[str, Any]], keys: Sequence[str]) -> list[list[Any]]:
    return [[entry[key] for key in keys] for entry in entries]


def _figures(report: dict[str, Any]) -> list[tuple[str, Any]]:
    split = report["split"]
    return [
        *((name, report[name]) for name in FIGURES),
        ("trained until", split["train_until_on"]),
        ("tested from", split["test_from_on"]),
        *((f"{name} rows", count) for name, count in split["rows"].items()),
    ]


def _fairness_rows(fairness: dict[str, Any]) -> list[list[Any]]:
    interval = fairness["interval_95"]
    text = "not measurable" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"
    rows = [[group, entry["rows"], entry["favourable"]] for group, entry in fairness["groups"].items()]
    return [*rows, ["ratio (95 %)", fairness["air"], text]]


def _x(share: float) -> float:
    return round(PAD + share * (WIDTH - 1.5 * PAD), 2)


def _y(share: float) -> float:
    return round(HEIGHT - PAD - share * (HEIGHT - 1.5 * PAD), 2)


def _points(xs: Iterable[float], ys: Iterable[float]) -> str:
    return " ".join(f"{_x(x)},{_y(y)}" for x, y in zip(xs, ys, strict=True))


def _calibration(bins: list[dict[str, float]]) -> dict[str, Any]:
    top = max(max(row["high"], row["mean_pd"]) for row in bins) or 1.0
    return {
        "top": top,
        "bins": [
            {
                "x": _x(row["mean_pd"] / top),
                "y": _y(row["observed"] / top),
                "low": _y(row["low"] / top),
                "high": _y(row["high"] / top),
            }
            for row in bins
        ],
    }


def _scores(scores: dict[str, Any]) -> dict[str, Any]:
    counts, edges = scores["counts"], scores["edges"]
    top, step = max(counts) or 1, 1.0 / len(counts)
    return {
        "top": top,
        "width": round(step * (WIDTH - 1.5 * PAD) - 1, 2),
        "bars": [
            {
                "x": _x(index * step),
                "y": _y(count / top),
                "height": round(_y(0) - _y(count / top), 2),
                "title": f"{edges[index]}–{edges[index + 1]}: {count}",
            }
            for index, count in enumerate(counts)
        ],
    }
