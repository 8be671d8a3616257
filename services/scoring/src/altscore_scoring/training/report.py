"""`report.html`: the evaluation as one self-contained page with SVG plots, for people."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from altscore_scoring.guardrails import constants as c

WIDTH, HEIGHT, PAD = 360, 260, 34
LINE_HEIGHT, LABEL_WIDTH = 18, 150
AREA = {
    "width": WIDTH,
    "height": HEIGHT,
    "left": PAD,
    "right": WIDTH - PAD / 2,
    "top": PAD / 2,
    "bottom": HEIGHT - PAD,
}
COUNTS = ("rows", "retailers", "bad_retailers", "good_retailers", "mean_pd", "observed", "air_min")
MEASURES = {"auroc": "AUROC", "ks": "KS", "brier": "Brier score", "gap": "mean PD less observed"}
BARS = {
    "auroc": f"low end at least {c.AUROC_MIN}",
    "ks": f"low end at least {c.KS_MIN}",
    "brier": "",
    "gap": f"within ±{c.CALIBRATION_POINTS_MAX}",
}
CROSTON_BARS = BARS | {"auroc": f"low end at least {c.CROSTON_AUROC_MIN}", "ks": "", "gap": "not shown beyond ±0.02"}


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
        measures=_measures(report, BARS),
        croston_measures=_measures(report["croston"], CROSTON_BARS),
        baseline=_baseline(report["baseline"]),
        spans=_spans(_quality_spans(report)),
        diagonal_points=_points((0, 1), (0, 1)),
        roc_points=_points(report["roc"]["false"], report["roc"]["true"]),
        calibration=_calibration(report["calibration"]),
        croston_calibration=_calibration(report["croston"]["calibration"]),
        scores=_scores(report["scores"]),
        fairness={
            name: {"groups": _fairness_rows(item), "ratio": _ratio_rows(item), "spans": _spans(_group_spans(item))}
            for name, item in report["fairness"].items()
        },
        outcomes=[*report["outcomes"]["counts"].items(), *report["outcomes"]["codes"].items()],
    )


def format_figure(value: Any) -> str:
    """A cell of a table: four digits of a float, and words for what could not be measured."""
    if value is None:
        return "not measurable"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def format_interval(interval: Sequence[float] | None) -> str:
    """Both ends of an interval, or words."""
    return "not measurable" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def _rows_of(entries: Iterable[dict[str, Any]], keys: Sequence[str]) -> list[list[Any]]:
    return [[entry[key] for key in keys] for entry in entries]


def _figures(report: dict[str, Any]) -> list[tuple[str, Any]]:
    split = report["split"]
    return [
        *((name, report[name]) for name in COUNTS),
        ("psi_train_to_test", report["psi_train_to_test"]),
        ("PSI (95 %)", format_interval(report["psi_interval_95"])),
        ("AUROC that passes in four of five samples", report["power"]["auroc"]),
        ("KS that passes in four of five samples", report["power"]["ks"]),
        ("trained until", split["train_until_on"]),
        ("tested from", split["test_from_on"]),
        ("days between", split["embargo_days"]),
        ("label: days past due", split["label_days"]),
        *((f"{name} rows", count) for name, count in split["rows"].items()),
        *(
            (f"{name} rows, {route}", f"{entry['rows']}, {entry['bad']} of them bad")
            for name, routes in split["routes"].items()
            for route, entry in routes.items()
        ),
    ]


def _measures(route: dict[str, Any], bars: dict[str, str]) -> list[list[Any]]:
    return [
        [MEASURES[name], route[name], format_interval(route["intervals"][name]), bars[name] or "no bar"]
        for name in MEASURES
    ]


def _baseline(baseline: dict[str, Any] | None) -> list[list[Any]]:
    if baseline is None:
        return []
    return [
        [baseline["feature"], baseline["auroc"], format_interval(baseline["interval_95"])],
        ["the model beyond it", baseline["gain"], format_interval(baseline["gain_interval_95"])],
        *([entry["feature"], entry["auroc"], ""] for entry in baseline["next"]),
    ]


def _fairness_rows(fairness: dict[str, Any]) -> list[list[Any]]:
    return [
        [
            group,
            entry["rows"],
            entry["favourable"],
            entry["retailers"],
            format_interval(entry["interval_95"]),
            "judged" if entry["is_judged"] else "too few to judge",
        ]
        for group, entry in fairness["groups"].items()
    ]


def _ratio_rows(fairness: dict[str, Any]) -> list[list[Any]]:
    needed = fairness["needed_retailers"]
    return [
        ["lowest over highest share", fairness["air"], format_interval(fairness["interval_95"])],
        ["its low end, groups that are judged", fairness["low"], f"{format_figure(needed)} retailers or more each"],
    ]


def _quality_spans(report: dict[str, Any]) -> list[dict[str, Any]]:
    croston, baseline = report["croston"], report["baseline"]
    spans = [
        _span("AUROC", report["auroc"], report["intervals"]["auroc"], bar=c.AUROC_MIN),
        _span("KS", report["ks"], report["intervals"]["ks"], bar=c.KS_MIN),
        _span("AUROC, Croston route", croston["auroc"], croston["intervals"]["auroc"], bar=c.CROSTON_AUROC_MIN),
    ]
    if baseline is not None:
        spans.append(_span("AUROC, best feature", baseline["auroc"], baseline["interval_95"], bar=None))
    for name, grouping in report["fairness"].items():
        spans.append(_span(f"AIR by {name}", grouping["air"], grouping["interval_95"], bar=c.AIR_MIN))
    return spans


def _group_spans(fairness: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _span(group, entry["favourable"], entry["interval_95"], bar=None) for group, entry in fairness["groups"].items()
    ]


def _span(label: str, figure: float | None, interval: Sequence[float] | None, *, bar: float | None) -> dict[str, Any]:
    return {"label": label, "figure": figure, "interval": interval, "bar": bar}


def _spans(spans: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Figures with their intervals as lines of a plot from 0 to 1; what could not be measured has no line."""
    lines = []
    for index, span in enumerate(spans):
        line = {"label": span["label"], "y": LINE_HEIGHT * (index + 1), "is_measured": span["figure"] is not None}
        if span["figure"] is not None:
            low, high = span["interval"] or (span["figure"], span["figure"])
            line |= {"x": _across(span["figure"]), "low": _across(low), "high": _across(high)}
            line["title"] = f"{span['label']}: {span['figure']:.3f}, {format_interval(span['interval'])}"
        line["bar"] = None if span["bar"] is None else _across(span["bar"])
        lines.append(line)
    height = LINE_HEIGHT * (len(lines) + 2)
    ticks = [{"x": _across(share / 5), "text": f"{share / 5:.1f}"} for share in range(6)]
    return {"lines": lines, "height": height, "width": LABEL_WIDTH + WIDTH, "ticks": ticks, "bottom": height - 22}


def _across(share: float) -> float:
    return round(LABEL_WIDTH + min(1.0, max(0.0, share)) * (WIDTH - PAD), 2)


def _x(share: float) -> float:
    return round(PAD + share * (WIDTH - 1.5 * PAD), 2)


def _y(share: float) -> float:
    return round(HEIGHT - PAD - share * (HEIGHT - 1.5 * PAD), 2)


def _points(xs: Iterable[float], ys: Iterable[float]) -> str:
    return " ".join(f"{_x(x)},{_y(y)}" for x, y in zip(xs, ys, strict=True))


def _calibration(bins: list[dict[str, float]]) -> dict[str, Any]:
    """Deciles on axes of square roots: most of them lie near 0, and the diagonal stays straight."""
    top = max((max(row["high"], row["mean_pd"]) for row in bins), default=1.0) or 1.0

    def root(share: float) -> float:
        return math.sqrt(max(0.0, share) / top)

    return {
        "top": top,
        "curve": _points((root(row["mean_pd"]) for row in bins), (root(row["observed"]) for row in bins)),
        "bins": [
            {
                "x": _x(root(row["mean_pd"])),
                "y": _y(root(row["observed"])),
                "low": _y(root(row["low"])),
                "high": _y(root(row["high"])),
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
