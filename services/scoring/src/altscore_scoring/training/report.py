"""`report.html`: the evaluation as one self-contained page with SVG plots, for people."""

from collections.abc import Iterable
from html import escape
from typing import Any

WIDTH, HEIGHT, PAD = 360, 260, 34
STYLE = (
    "body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1180px;color:#1c2530}"
    "section{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0}figcaption{font-weight:600}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccd3da;padding:.2rem .6rem;text-align:right}"
    "th{background:#f2f5f8}.bad{color:#a3261d;font-weight:600}.good{color:#1c6b3c;font-weight:600}"
)


def render_report(report: dict[str, Any]) -> str:
    """The page of one evaluation report; no script, no outside resource."""
    failures = report["failures"]
    verdict = (
        f'<p class="bad">Misses: {escape(", ".join(failures))}. It cannot be registered.</p>'
        if failures
        else '<p class="good">Passes every bar of the quality gate.</p>'
    )
    plots = "".join((_roc_plot(report), _calibration_plot(report), _score_plot(report)))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>AltScore model evaluation</title>'
        f"<style>{STYLE}</style></head><body><h1>Model evaluation, out of time</h1>{verdict}"
        f"{_figures(report)}<section>{plots}</section>{_calibration_table(report)}{_fairness_tables(report)}"
        f"{_stability_table(report)}{_outcome_table(report)}</body></html>\n"
    )


def _number(value: Any) -> str:
    return "not measurable" if value is None else f"{value:.4g}" if isinstance(value, float) else escape(str(value))


def _table(title: str, head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    header = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{_number(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<h2>{escape(title)}</h2><table><tr>{header}</tr>{body}</table>"


def _figures(report: dict[str, Any]) -> str:
    rows = report["split"]["rows"]
    names = ("rows", "auroc", "ks", "brier", "mean_pd", "observed", "air_min", "psi_train_to_test")
    cells = [[name, report[name]] for name in names]
    cells += [["trained until", report["split"]["train_until_on"]], ["tested from", report["split"]["test_from_on"]]]
    cells += [[f"{name} rows", count] for name, count in rows.items()]
    return _table("Figures of the primary model", ("figure", "value"), cells)


def _calibration_table(report: dict[str, Any]) -> str:
    keys = ("rows", "mean_pd", "observed", "low", "high", "beyond")
    return _table("Calibration, ten bins", keys, ([row[key] for key in keys] for row in report["calibration"]))


def _fairness_tables(report: dict[str, Any]) -> str:
    pages = []
    for name, fairness in report["fairness"].items():
        interval = (
            "not measurable" if fairness["interval_95"] is None else "{:.3f} to {:.3f}".format(*fairness["interval_95"])
        )
        rows = [[group, entry["rows"], entry["favourable"]] for group, entry in fairness["groups"].items()]
        rows.append(["ratio (95 %)", _number(fairness["air"]), interval])
        pages.append(_table(f"Adverse impact by {name}", ("group", "rows", "favourable share"), rows))
    return "".join(pages)


def _stability_table(report: dict[str, Any]) -> str:
    keys = ("snapshot_on", "rows", "auroc", "mean_pd", "observed")
    return _table("Stability by snapshot", keys, ([row[key] for key in keys] for row in report["stability"]))


def _outcome_table(report: dict[str, Any]) -> str:
    outcomes = report["outcomes"]
    rows = [*outcomes["counts"].items(), *outcomes["codes"].items()]
    return _table("What the guardrails and codes would say of the test rows", ("outcome or code", "rows"), rows)


def _frame(caption: str, shapes: str, x_label: str, y_label: str) -> str:
    axes = (
        f'<path d="M{PAD} {PAD / 2}V{HEIGHT - PAD}H{WIDTH - PAD / 2}" fill="none" stroke="#5b6875"/>'
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle" font-size="11">{escape(x_label)}</text>'
        f'<text x="12" y="{HEIGHT / 2}" text-anchor="middle" font-size="11" '
        f'transform="rotate(-90 12 {HEIGHT / 2})">{escape(y_label)}</text>'
    )
    return (
        f"<figure><figcaption>{escape(caption)}</figcaption>"
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(caption)}">'
        f"{axes}{shapes}</svg></figure>"
    )


def _x(share: float) -> float:
    return round(PAD + share * (WIDTH - 1.5 * PAD), 2)


def _y(share: float) -> float:
    return round(HEIGHT - PAD - share * (HEIGHT - 1.5 * PAD), 2)


def _line(xs: Iterable[float], ys: Iterable[float], colour: str, *, dash: str = "") -> str:
    points = " ".join(f"{_x(x)},{_y(y)}" for x, y in zip(xs, ys, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'


def _roc_plot(report: dict[str, Any]) -> str:
    curve = _line(report["roc"]["false"], report["roc"]["true"], "#1f5fa8")
    shapes = _line((0, 1), (0, 1), "#b6bfc8", dash="4 4") + curve
    return _frame(f"ROC, AUROC {report['auroc']:.3f}", shapes, "good refused (share)", "bad caught (share)")


def _calibration_plot(report: dict[str, Any]) -> str:
    rows = report["calibration"]
    top = max(max(row["high"], row["mean_pd"]) for row in rows) or 1.0
    bars = "".join(
        f'<line x1="{_x(row["mean_pd"] / top)}" x2="{_x(row["mean_pd"] / top)}" y1="{_y(row["low"] / top)}" '
        f'y2="{_y(row["high"] / top)}" stroke="#8fb3d9" stroke-width="3"/>'
        f'<circle cx="{_x(row["mean_pd"] / top)}" cy="{_y(row["observed"] / top)}" r="4" fill="#1f5fa8"/>'
        for row in rows
    )
    shapes = _line((0, 1), (0, 1), "#b6bfc8", dash="4 4") + bars
    return _frame(f"Calibration, axes to {top:.2f}", shapes, "mean PD of the bin", "observed share")


def _score_plot(report: dict[str, Any]) -> str:
    counts, edges = report["scores"]["counts"], report["scores"]["edges"]
    top, step = max(counts) or 1, 1.0 / len(counts)
    width = round(step * (WIDTH - 1.5 * PAD) - 1, 2)
    bars = "".join(
        f'<rect x="{_x(i * step)}" y="{_y(n / top)}" width="{width}" height="{round(_y(0) - _y(n / top), 2)}" '
        f'fill="#1f5fa8"><title>{edges[i]}–{edges[i + 1]}: {n}</title></rect>'
        for i, n in enumerate(counts)
    )
    return _frame(f"Scores, {edges[0]} to {edges[-1]}", bars, "altscore", f"rows (top {top})")
