"""`report.html`: the evaluation as one self-contained page with SVG plots, for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from altscore_scoring.guardrails import constants as c
from altscore_scoring.training.plots import draw_plots
from altscore_scoring.training.rendering import environment, format_figure, format_interval

NO_TIME = "no time in these data"
COUNTS = ("rows", "retailers", "bad_retailers", "good_retailers", "mean_pd", "observed", "air_min")
MEASURES = {"auroc": "AUROC", "ks": "KS", "brier": "Brier score", "gap": "mean PD less observed"}
BARS = {
    "auroc": f"low end at least {c.AUROC_MIN}",
    "ks": f"low end at least {c.KS_MIN}",
    "brier": "",
    "gap": f"within ±{c.CALIBRATION_POINTS_MAX}",
}
CROSTON_BARS = BARS | {"auroc": f"low end at least {c.CROSTON_AUROC_MIN}", "ks": "", "gap": "not shown beyond ±0.02"}


def render_report(report: Mapping[str, Any]) -> str:
    """The page of one evaluation report; no script, no outside resource, and every value escaped."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            plots=draw_plots(report),
            rows_of=rows_of,
            figures=figure_rows(report),
            measures=measure_rows(report, BARS),
            croston_measures=measure_rows(report["croston"], CROSTON_BARS),
            baseline=baseline_rows(report["baseline"]),
            fairness={
                name: {"groups": group_rows(item), "ratio": ratio_rows(item)}
                for name, item in report["fairness"].items()
            },
            outcomes=[*report["outcomes"]["counts"].items(), *report["outcomes"]["codes"].items()],
        )
    )


def rows_of(entries: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> list[list[Any]]:
    """These values of each entry, as rows of a table."""
    return [[entry[key] for key in keys] for entry in entries]


def figure_rows(report: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Counts, splits and what would pass."""
    split = report["split"]
    return [
        *((name, report[name]) for name in COUNTS),
        ("psi_train_to_test", report["psi_train_to_test"]),
        ("PSI (95 %)", format_interval(report["psi_interval_95"])),
        ("AUROC that passes in four of five samples", report["power"]["auroc"]),
        ("KS that passes in four of five samples", report["power"]["ks"]),
        ("trained until", split["train_until_on"] or NO_TIME),
        ("tested from", split["test_from_on"] or NO_TIME),
        ("days between", NO_TIME if split["embargo_days"] is None else split["embargo_days"]),
        *([("label: days past due", split["label_days"])] if split["label_days"] is not None else []),
        *((f"{name} rows", count) for name, count in split["rows"].items()),
        *(
            (f"{name} rows, {route}", f"{entry['rows']}, {entry['bad']} of them bad")
            for name, routes in split["routes"].items()
            for route, entry in routes.items()
        ),
    ]


def measure_rows(route: Mapping[str, Any], bars: Mapping[str, str]) -> list[list[Any]]:
    """Each measure of a route with its interval and its bar."""
    return [
        [MEASURES[name], route[name], format_interval(route["intervals"][name]), bars[name] or "no bar"]
        for name in MEASURES
    ]


def baseline_rows(baseline: Mapping[str, Any] | None) -> list[list[Any]]:
    """The best single feature, what the model gains over it, and the next ones."""
    if baseline is None:
        return []
    return [
        [baseline["feature"], baseline["auroc"], format_interval(baseline["interval_95"])],
        ["the model beyond it", baseline["gain"], format_interval(baseline["gain_interval_95"])],
        *([entry["feature"], entry["auroc"], ""] for entry in baseline["next"]),
    ]


def group_rows(fairness: Mapping[str, Any]) -> list[list[Any]]:
    """Each group with its share and whether it is judged."""
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


def ratio_rows(fairness: Mapping[str, Any]) -> list[list[Any]]:
    """The adverse impact ratio of a grouping, and what is held against the bar."""
    needed = fairness["needed_retailers"]
    return [
        ["lowest over highest share", fairness["air"], format_interval(fairness["interval_95"])],
        ["its low end, groups that are judged", fairness["low"], f"{format_figure(needed)} retailers or more each"],
    ]
