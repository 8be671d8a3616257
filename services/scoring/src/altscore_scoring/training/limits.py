"""What an evaluation does not show, in words: the limits that a model card and a validation pack state."""

from collections.abc import Mapping
from typing import Any

from altscore_scoring.guardrails import constants as c

MISUSES = (
    "Deciding on a retailer who gave no consent to this lender for this purpose, or who has withdrawn it.",
    "Deciding on anybody but the shop: its owner as a private person, family, employees, customers, tenants.",
    "Prices, credit terms or deliveries of a distributor, insurance, recruitment, marketing lists.",
    "Refusing by the score alone where the service blocks it for manual review: a block is no bad score.",
    "Loans whose size or term is unlike trade credit, without a validation of their own.",
    "Retailers outside the population above, or ledgers whose outcomes were labelled otherwise.",
)
_ALWAYS = (
    "The outcome is late payment of suppliers' invoices, not default on a loan; a lender must watch its own losses.",
    "Only distributors that send their ledgers are seen: debts to anybody else, bank or moneylender, are not.",
    "A retailer whom no connected distributor supplies has no score, and who gives no consent is in no run.",
    "Training sees what was learned of retailers who were supplied; whom distributors had refused before is not in it.",
)


def limits_of(report: Mapping[str, Any]) -> list[str]:
    """The limits of this evaluation, the most particular first."""
    return [
        *_of_routes(report),
        *_of_time(report),
        *_of_fairness(report["fairness"]),
        *_of_baseline(report["baseline"]),
        *_of_rules(report),
        *_ALWAYS,
    ]


def _of_routes(report: Mapping[str, Any]) -> list[str]:
    limits, croston = [], report["croston"]
    if report["untrained"]:
        limits.append(
            "The primary route had too few rows to train on: the Croston model scores every row, and the figures are "
            "those of all rows."
        )
    if not croston["is_judged"]:
        limits.append(
            f"The Croston route has {croston['bad_retailers']} retailers with a bad row and "
            f"{croston['good_retailers']} with a good one; below {c.CLASS_RETAILERS_MIN} of either nobody can "
            "judge it, and each of its scores is flagged (GR-6)."
        )
    return limits


def _of_time(report: Mapping[str, Any]) -> list[str]:
    days = [entry["snapshot_on"] for entry in report["stability"]]
    needed = report["power"]["auroc"]
    limits = []
    if days:
        limits.append(
            f"The test sees {len(days)} snapshots, {days[0]} to {days[-1]}: no other season, no other state of trade."
        )
    if None not in (needed, report["auroc"]) and report["auroc"] < needed:
        limits.append(
            f"The test is small for its bar: only a true AUROC of {needed:.3f} passes in four of five such samples."
        )
    return limits


def _of_fairness(groupings: Mapping[str, Any]) -> list[str]:
    limits = []
    for name, grouping in groupings.items():
        groups = grouping["groups"]
        unjudged = [group for group, entry in groups.items() if not entry["is_judged"]]
        if grouping["needed_retailers"] is None:
            if groups:
                limits.append(f"By {name}, there are no two groups with good bands to compare: nothing shows fairness.")
        elif unjudged:
            limits.append(
                f"By {name}, {len(unjudged)} of {len(groups)} groups have fewer than the "
                f"{grouping['needed_retailers']} retailers that a judgement needs; they are reported, and fail the "
                "model only where their interval lies wholly below the bar."
            )
    return limits


def _of_baseline(baseline: Mapping[str, Any] | None) -> list[str]:
    if baseline is None or baseline["gain_interval_95"] is None or baseline["gain_interval_95"][0] > 0:
        return []
    return [f"The test does not show that the model ranks better than {baseline['feature']} alone."]


def _of_rules(report: Mapping[str, Any]) -> list[str]:
    rows, counts = report["split"]["rows"]["test"], report["outcomes"]["counts"]
    blocked = rows - counts.get("computed", 0)
    if not blocked:
        return []
    return [f"{100 * blocked / rows:.0f} % of the test rows get no score: a rule blocks them, and people must decide."]
