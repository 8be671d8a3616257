"""The model card and the validation pack: what people read before they sign a promotion.

Both are made of the evaluation and the manifest alone, hold no instant, and so are the same bytes for the same model.
"""

from collections.abc import Mapping
from typing import Any

from altscore_scoring.digests import digest_of
from altscore_scoring.guardrails import constants as c
from altscore_scoring.training.explanations import is_explained
from altscore_scoring.training.limits import MISUSES, limits_of
from altscore_scoring.training.plots import draw_plots
from altscore_scoring.training.rendering import environment, format_figure, format_interval
from altscore_scoring.training.report import (
    BARS,
    CROSTON_BARS,
    baseline_rows,
    group_rows,
    measure_rows,
    ratio_rows,
    rows_of,
)

MODEL_NAME = "altscore-xgb"
CARD_MARKDOWN, CARD_HTML, PACK = "model_card.md", "model_card.html", "validation_pack.html"
ROUTES = ("primary", "croston")
PARTS = ("train", "calibration", "test")
DECILES = {
    **{"rows": "rows", "retailers": "retailers", "mean_pd": "mean PD", "observed": "observed share"},
    **{"low": "99 %, low", "high": "99 %, high", "beyond": "beyond"},
}
SNAPSHOTS = {
    **{"snapshot_on": "snapshot", "rows": "rows", "auroc": "AUROC", "mean_pd": "mean PD"},
    "observed": "observed share",
}
NO_BAR = "no bar"


def make_pages(report: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, str]:
    """File name → text of the model card (Markdown and HTML), the validation pack and every plot.

    Args:
        report: the evaluation in the bundle.
        manifest: of the bundle; its digest is the model's identity.
    """
    values = _values(report, manifest)
    html, markdown = environment(), environment(is_html=False)
    return {
        CARD_MARKDOWN: markdown.get_template("model_card.md.j2").render(values),
        CARD_HTML: html.get_template("model_card.html.j2").render(values),
        PACK: html.get_template("validation_pack.html.j2").render(values),
        **{f"plots/{name}.svg": plot.to_file() for name, plot in draw_plots(report).items()},
    }


def _values(report: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "report": report,
        "model_name": MODEL_NAME,
        "model_sha256": digest_of(manifest),
        "verdict": _verdict(report),
        "plots": draw_plots(report),
        "deciles": {
            route: rows_of(figures["calibration"], list(DECILES))
            for route, figures in (("primary", report), ("croston", report["croston"]))
        },
        "snapshots": rows_of(report["stability"], list(SNAPSHOTS)),
        "decile_head": list(DECILES.values()),
        "snapshot_head": list(SNAPSHOTS.values()),
        "data": _data_rows(report),
        "parts": _part_rows(report["split"]),
        "measures": measure_rows(report, BARS),
        "croston_measures": measure_rows(report["croston"], CROSTON_BARS),
        "baseline": baseline_rows(report["baseline"]),
        "fairness": [_fairness_row(name, grouping) for name, grouping in report["fairness"].items()],
        "groupings": {
            name: {"ratio": ratio_rows(item), "groups": group_rows(item)} for name, item in report["fairness"].items()
        },
        "judgements": _judgement_rows(report),
        "outcomes": _outcome_rows(report),
        "codes": list(report["outcomes"]["codes"].items()),
        "explanations": _explanation_rows(report),
        "limits": limits_of(report),
        "misuses": MISUSES,
        "versions": _version_rows(report, manifest),
        "air_min": c.AIR_MIN,
        "psi_max": c.PSI_MAX,
    }


def _verdict(report: Mapping[str, Any]) -> str:
    if report["failures"]:
        return f"Misses: {', '.join(report['failures'])}. It cannot be registered."
    return "Passes every bar of the quality check. Two people may promote it."


def _data_rows(report: Mapping[str, Any]) -> list[list[Any]]:
    split = report["split"]
    days = split["snapshots"]
    return [
        ["training set, SHA-256 of its manifest", report["training_set_sha256"]],
        ["snapshots", f"{len(days)}, {days[0]} to {days[-1]}"],
        ["trained until", split["train_until_on"]],
        ["tested from", split["test_from_on"]],
        ["days between, at least", split["embargo_days"]],
        ["an invoice is bad, days past due", split["label_days"]],
        ["retailers in the test, primary route", report["retailers"]],
        ["of them with a bad row", report["bad_retailers"]],
        ["retailers in the test, Croston route", report["croston"]["retailers"]],
        ["of them with a bad row", report["croston"]["bad_retailers"]],
    ]


def _part_rows(split: Mapping[str, Any]) -> list[list[Any]]:
    return [
        [
            part,
            rows,
            split["bad_share"][part],
            *(f"{own['rows']}, {own['bad']} bad" for own in (split["routes"][part][route] for route in ROUTES)),
        ]
        for part, rows in ((part, split["rows"][part]) for part in PARTS)
    ]


def _fairness_row(name: str, grouping: Mapping[str, Any]) -> list[Any]:
    groups = grouping["groups"].values()
    judged = sum(entry["is_judged"] for entry in groups)
    interval = format_interval(grouping["interval_95"])
    return [name, grouping["air"], interval, grouping["low"], len(grouping["groups"]), judged]


def _judgement_rows(report: Mapping[str, Any]) -> list[list[Any]]:
    """Every check beside its bar; what has no bar is shown as well, and is not passed."""
    croston, missed = report["croston"], set(report["failures"])
    baseline = report["baseline"] or {"gain": None, "gain_interval_95": None}

    def judged(name: str) -> str:
        return "misses" if name in missed else "passes"

    limits, least = report["intervals"], c.CLASS_RETAILERS_MIN

    def judged_there(name: str) -> str:
        return judged(name) if croston["is_judged"] else "too few to judge"

    return [
        _line("AUROC", report["auroc"], limits["auroc"], f"low end at least {c.AUROC_MIN}", judged("auroc_low")),
        _line("KS", report["ks"], limits["ks"], f"low end at least {c.KS_MIN}", judged("ks_low")),
        _line(
            "mean PD less observed share",
            report["gap"],
            limits["gap"],
            f"within ±{c.CALIBRATION_POINTS_MAX}, and every decile",
            judged("calibration"),
        ),
        _line("retailers with a bad row", report["bad_retailers"], "", f"{least} at least", judged("bad_retailers")),
        _line("retailers with a good row", report["good_retailers"], "", f"{least} at least", judged("good_retailers")),
        _line("adverse impact ratio, low end", report["air_min"], "", f"{c.AIR_MIN} at least", judged("air_min")),
        _line(
            "AUROC, Croston route",
            croston["auroc"],
            croston["intervals"]["auroc"],
            f"low end at least {c.CROSTON_AUROC_MIN}, with {least} bad and good retailers",
            judged_there("croston_auroc_low"),
        ),
        _line(
            "mean PD less observed share, Croston route",
            croston["gap"],
            croston["intervals"]["gap"],
            f"not shown beyond ±{c.CALIBRATION_POINTS_MAX}",
            judged_there("croston_calibration"),
        ),
        _line("gain over the best single feature", baseline["gain"], baseline["gain_interval_95"], NO_BAR, "reported"),
        _line("PSI, training to test", report["psi_train_to_test"], report["psi_interval_95"], NO_BAR, "reported"),
        _line("Brier score", report["brier"], limits["brier"], NO_BAR, "reported"),
    ]


def _line(check: str, figure: Any, interval: Any, bar: str, judgement: str) -> list[Any]:
    return [check, figure, interval if interval == "" else format_interval(interval), bar, judgement]


def _outcome_rows(report: Mapping[str, Any]) -> list[list[Any]]:
    rows = report["split"]["rows"]["test"]
    return [[name, count, f"{100 * count / rows:.1f} %"] for name, count in report["outcomes"]["counts"].items()]


def _explanation_rows(report: Mapping[str, Any]) -> list[list[Any]]:
    lines = []
    for route in ROUTES:
        explanation = report["explanations"][route]
        if explanation is None:
            lines.append(["all", route, "no test row", "not measurable"])
            continue
        difference, moved = explanation["tables_difference_max"], explanation["monotone"]
        added = f"{explanation['additivity_max']:.2g} off at most"
        tables = "XGBoost explains, there are no tables" if difference is None else f"{difference:.2g} at most"
        lines += [
            ["contributions add up to the margin, log-odds", route, added, ""],
            ["tables of production less XGBoost, log-odds", route, tables, ""],
            ["PD against a feature's direction", route, f"{moved['violations']} of {moved['tried']} moves", ""],
            ["all of these", route, f"{explanation['rows']} rows", "holds" if is_explained(explanation) else "fails"],
        ]
    return lines


def _version_rows(report: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[list[Any]]:
    known = {name: value for name, value in report["recipe"].items() if value is not None}
    recipe = ", ".join(f"{name} {format_figure(value)}" for name, value in known.items())
    return [
        ["model", digest_of(manifest)],
        ["training set", report["training_set_sha256"]],
        ["taxonomy of reasons", manifest["taxonomy_digest"]],
        ["guardrail constants", manifest["guardrail_digest"]],
        ["recipe", recipe],
        *([name, version] for name, version in report["versions"].items()),
        *([name, digest] for name, digest in manifest["artifacts"].items()),
    ]
