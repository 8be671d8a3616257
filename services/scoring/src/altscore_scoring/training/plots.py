"""The plots of an evaluation as SVG: drawn once, shown in the report, in the validation pack and in MLflow."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from altscore_scoring.guardrails import constants as c
from altscore_scoring.training.rendering import environment, format_interval

WIDTH, HEIGHT, PAD = 360, 260, 34
LINE_HEIGHT, LABEL_WIDTH = 18, 150
EFFECT_LABEL_WIDTH, EFFECTS_SHOWN = 190, 20
TALLEST = 0.84  # of the height, where names of two series stand above the bars
AREA = {
    "width": WIDTH,
    "height": HEIGHT,
    "left": PAD,
    "right": WIDTH - PAD / 2,
    "top": PAD / 2,
    "bottom": HEIGHT - PAD,
}
NAMESPACE = '<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" '


class Plot(NamedTuple):
    """A picture with its caption; `svg` is markup of the templates, every text in it escaped."""

    caption: str
    svg: str

    def to_file(self) -> str:
        """The picture as a document of its own, on white."""
        return str(self.svg).replace("<svg ", NAMESPACE + 'style="background:#fff" ', 1)


def draw_plots(report: Mapping[str, Any]) -> dict[str, Plot]:
    """Every plot of a report by the name of its file; a route without figures has no curves."""
    pen = _Pen()
    plots = {"figures": pen.spans("Figures, 95 % intervals and bars", _quality_spans(report))}
    is_ledger = report["kind"] == "ledger"
    plots |= _route_plots(pen, report, "primary", where=", primary route" if is_ledger else "")
    if is_ledger:
        plots |= _route_plots(pen, report["croston"], "croston", where=", Croston route")
    plots["scores"] = pen.scores(report["scores"])
    plots["pds"] = pen.pairs("PD of good and of bad rows", _pd_pairs(report["pds"]), "PD in %, ranges", "share of rows")
    plots["psi"] = pen.pairs(
        "Margins of training and of test", _psi_pairs(report["psi_shares"]), "tenths of training", "share of rows"
    )
    for route, explanation in report["explanations"].items():
        if explanation is not None:
            where = f", {'Croston' if route == 'croston' else route} route" if is_ledger else ""
            plots[f"effects_{route}"] = pen.effects(f"What moves the score{where}", explanation["effects"])
    for name, grouping in report["fairness"].items():
        plots[f"fairness_{name}"] = pen.spans(f"Favourable share by {name}", _group_spans(grouping))
    return plots


def _route_plots(pen: "_Pen", figures: Mapping[str, Any], name: str, *, where: str) -> dict[str, Plot]:
    plots = {}
    if figures["auroc"] is not None:
        plots[f"roc_{name}"] = pen.roc(f"ROC{where}, AUROC {figures['auroc']:.3f}", figures["roc"])
        plots[f"ks_{name}"] = pen.ks(f"KS{where}, {figures['ks']:.3f}", figures["ks_curve"])
    plots[f"calibration_{name}"] = pen.reliability(f"Reliability{where}", figures["calibration"])
    return plots


class _Pen:
    """Writes plots with the macros of the template."""

    def __init__(self) -> None:
        templates = environment()
        templates.globals["area"] = AREA
        self._macros: Any = templates.get_template("plots.html.j2").module

    def roc(self, caption: str, curve: Mapping[str, Sequence[float]]) -> Plot:
        points, chance = _points(curve["false"], curve["true"]), _points((0, 1), (0, 1))
        return Plot(caption, self._macros.roc(caption, points, chance))

    def ks(self, caption: str, curve: Mapping[str, Sequence[float]]) -> Plot:
        xs = [(score - c.SCORE_MIN) / (c.SCORE_MAX - c.SCORE_MIN) for score in curve["scores"]]
        apart = [abs(bad - good) for good, bad in zip(curve["good"], curve["bad"], strict=True)]
        widest = max(range(len(apart)), key=apart.__getitem__)
        data = {
            "good": _points(xs, curve["good"]),
            "bad": _points(xs, curve["bad"]),
            "x": _x(xs[widest]),
            "low": _y(curve["good"][widest]),
            "high": _y(curve["bad"][widest]),
            "score": round(curve["scores"][widest]),
        }
        return Plot(caption, self._macros.ks(caption, data))

    def reliability(self, title: str, bins: Sequence[Mapping[str, float]]) -> Plot:
        data = _calibration(bins)
        caption = f"{title}, square roots to {data['top']:.2f}"
        return Plot(caption, self._macros.reliability(caption, data, _points((0, 1), (0, 1))))

    def scores(self, scores: Mapping[str, Any]) -> Plot:
        caption = f"Scores, {scores['edges'][0]} to {scores['edges'][-1]}"
        return Plot(caption, self._macros.histogram(caption, _scores(scores)))

    def pairs(self, caption: str, pairs: Mapping[str, Any], x_label: str, y_label: str) -> Plot:
        return Plot(caption, self._macros.pairs(caption, pairs, x_label, y_label))

    def spans(self, caption: str, spans: Sequence[Mapping[str, Any]]) -> Plot:
        return Plot(caption, self._macros.intervals(caption, _spans(spans)))

    def effects(self, caption: str, effects: Sequence[Mapping[str, Any]]) -> Plot:
        return Plot(caption, self._macros.effects(caption, _effects(effects[:EFFECTS_SHOWN])))


def _quality_spans(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    croston, baseline = report["croston"], report["baseline"]
    spans = [
        _span("AUROC", report["auroc"], report["intervals"]["auroc"], bar=c.AUROC_MIN),
        _span("KS", report["ks"], report["intervals"]["ks"], bar=c.KS_MIN),
    ]
    if report["kind"] == "ledger":
        bar = c.CROSTON_AUROC_MIN
        spans.append(_span("AUROC, Croston route", croston["auroc"], croston["intervals"]["auroc"], bar=bar))
    if baseline is not None:
        spans.append(_span("AUROC, best feature", baseline["auroc"], baseline["interval_95"], bar=None))
    for name, grouping in report["fairness"].items():
        spans.append(_span(f"AIR by {name}", grouping["air"], grouping["interval_95"], bar=c.AIR_MIN))
    return spans


def _group_spans(fairness: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        _span(group, entry["favourable"], entry["interval_95"], bar=None) for group, entry in fairness["groups"].items()
    ]


def _span(label: str, figure: float | None, interval: Sequence[float] | None, *, bar: float | None) -> dict[str, Any]:
    return {"label": label, "figure": figure, "interval": interval, "bar": bar}


def _spans(spans: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
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


def _effects(effects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Features as lines from the 5th to the 95th percentile of what they do to the score, around 0."""
    reach = max([max(abs(item["low"]), abs(item["high"])) for item in effects], default=0.0) or 1.0

    def across(points: float) -> float:
        return round(EFFECT_LABEL_WIDTH + (points / reach + 1) / 2 * (WIDTH - PAD), 2)

    lines = [
        {
            "label": item["feature"],
            "mean": f"{item['mean_points']:.1f}",
            "y": LINE_HEIGHT * (index + 1),
            "low": across(item["low"]),
            "high": across(item["high"]),
            "title": f"{item['feature']}: {item['low']:.1f} to {item['high']:.1f} points",
        }
        for index, item in enumerate(effects)
    ]
    height = LINE_HEIGHT * (len(lines) + 2)
    ticks = [{"x": across(side * reach), "text": f"{side * reach:+.0f}" if side else "0"} for side in (-1, 0, 1)]
    return {
        "lines": lines,
        "height": height,
        "width": EFFECT_LABEL_WIDTH + WIDTH + 30,
        "label_end": EFFECT_LABEL_WIDTH - 6,
        "zero": across(0.0),
        "mean_x": EFFECT_LABEL_WIDTH + WIDTH - PAD + 10,
        "ticks": ticks,
        "bottom": height - 22,
    }


def _pd_pairs(pds: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    shares = {name: _shares(pds[name]) for name in ("good", "bad")}
    edges = [f"{edge * 100:g}" for edge in pds["edges"]]
    return _pairs({"good": shares["good"], "bad": shares["bad"]}, edges)


def _psi_pairs(shares: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    return _pairs({"training": shares["expected"], "test": shares["actual"]}, [])


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]


def _pairs(series: Mapping[str, Sequence[float]], edges: Sequence[str]) -> dict[str, Any]:
    """Two series as bars side by side; `edges` stand below the borders of the ranges."""
    (first, lefts), (second, rights) = series.items()
    top = max([*lefts, *rights], default=0.0) or 1.0
    axis = top / TALLEST
    step = 1.0 / max(1, len(lefts))
    width = round(step * (WIDTH - 1.5 * PAD) / 2 - 1, 2)
    bars = [
        {
            "is_second": is_second,
            "x": round(_x(index * step) + (width if is_second else 0.0) + 0.5, 2),
            "y": _y(share / axis),
            "height": round(_y(0) - _y(share / axis), 2),
            "title": f"{second if is_second else first}: {share:.3f}",
        }
        for is_second, shares in ((False, lefts), (True, rights))
        for index, share in enumerate(shares)
    ]
    ticks = [{"x": _x(index * step), "text": text} for index, text in enumerate(edges)]
    return {"bars": bars, "width": width, "ticks": ticks, "first": first, "second": second, "top": f"{top:.2f}"}


def _across(share: float) -> float:
    return round(LABEL_WIDTH + min(1.0, max(0.0, share)) * (WIDTH - PAD), 2)


def _x(share: float) -> float:
    return round(PAD + share * (WIDTH - 1.5 * PAD), 2)


def _y(share: float) -> float:
    return round(HEIGHT - PAD - share * (HEIGHT - 1.5 * PAD), 2)


def _points(xs: Iterable[float], ys: Iterable[float]) -> str:
    return " ".join(f"{_x(x)},{_y(y)}" for x, y in zip(xs, ys, strict=True))


def _calibration(bins: Sequence[Mapping[str, float]]) -> dict[str, Any]:
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


def _scores(scores: Mapping[str, Any]) -> dict[str, Any]:
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
        "ticks": [{"x": _x(index * step), "text": edge} for index, edge in enumerate(edges) if index % 5 == 0],
    }
