"""The report for people: every figure is on it, nothing is loaded from outside, every value is escaped."""

import copy
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.training.rendering import format_figure, format_interval
from altscore_scoring.training.report import MEASURES, render_report
from jinja2 import UndefinedError


@pytest.fixture(scope="module")
def report(trained: tuple[Bundle, Path]) -> dict[str, Any]:
    """A real evaluation."""
    document: dict[str, Any] = json.loads((trained[1] / "evaluation.json").read_text())
    return document


def cells(page: str) -> list[str]:
    """Text of every table cell."""
    return re.findall(r"<td>(.*?)</td>", page)


def test_the_page_is_the_one_that_training_writes(report: dict[str, Any], trained: tuple[Bundle, Path]) -> None:
    page = (trained[1] / "report.html").read_text(encoding="utf-8")
    assert sorted(cells(render_report(report))) == sorted(cells(page))


def test_it_shows_its_plots_and_no_outside_resource(report: dict[str, Any]) -> None:
    page = render_report(report)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert [caption.split(",")[0] for caption in captions] == [
        *("Figures", "ROC", "Reliability", "Reliability", "Scores"),
        *("Favourable share by district", "Favourable share by size_band"),
    ]
    assert page.count("<svg") == page.count("</svg>") == len(captions)
    assert page.lstrip().startswith("<!doctype html>")
    for forbidden in ("<script", "http://", "https://", "src="):
        assert forbidden not in page


def test_every_figure_group_code_and_snapshot_has_a_cell(report: dict[str, Any]) -> None:
    shown = cells(render_report(report))
    for name in ("rows", "bad_retailers", "mean_pd", "observed", "air_min", "psi_train_to_test"):
        assert shown[shown.index(name) + 1] == format_figure(report[name])
    for name, title in MEASURES.items():
        interval = format_interval(report["intervals"][name])
        assert shown[shown.index(title) + 1 : shown.index(title) + 3] == [format_figure(report[name]), interval]
    baseline = report["baseline"]
    place = shown.index(baseline["feature"])
    assert shown[place + 1 : place + 3] == [format_figure(baseline["auroc"]), format_interval(baseline["interval_95"])]
    assert shown[place + 4] == format_figure(baseline["gain"])
    for row in report["stability"]:
        assert (row["snapshot_on"], str(row["rows"])) in itertools.pairwise(shown)
    for name, count in [*report["outcomes"]["counts"].items(), *report["outcomes"]["codes"].items()]:
        assert shown[shown.index(name) + 1] == str(count)
    for fairness in report["fairness"].values():
        for group, entry in fairness["groups"].items():
            assert shown[shown.index(group) + 1 : shown.index(group) + 3] == [
                str(entry["rows"]),
                format_figure(entry["favourable"]),
            ]
            assert shown[shown.index(group) + 5] == ("judged" if entry["is_judged"] else "too few to judge")


def test_a_model_that_misses_a_bar_is_marked(report: dict[str, Any]) -> None:
    assert 'class="good"' in render_report(report)
    page = render_report(report | {"failures": ["auroc", "calibration"]})
    assert '<p class="bad">Misses: auroc, calibration. It cannot be registered.</p>' in page
    assert 'class="good"' not in page


def test_values_are_escaped(report: dict[str, Any]) -> None:
    hostile = copy.deepcopy(report)
    hostile["fairness"]["district"]["groups"]["<script>alert(1)</script>"] = {
        "rows": 40,
        "retailers": 35,
        "favourable": 0.5,
        "interval_95": [0.4, 0.6],
        "is_judged": False,
    }
    hostile["failures"] = ["<img src=x>"]
    page = render_report(hostile)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_what_could_not_be_measured_is_said_in_words(report: dict[str, Any]) -> None:
    unmeasured = copy.deepcopy(report)
    unmeasured["air_min"] = None
    unmeasured["fairness"]["district"] |= {"air": None, "interval_95": None}
    shown = cells(render_report(unmeasured))
    assert shown[shown.index("air_min") + 1] == "not measurable"
    place = shown.index("lowest over highest share")
    assert shown[place + 1 : place + 3] == ["not measurable", "not measurable"]


def test_a_croston_route_of_too_few_retailers_is_told_from_one_that_is_judged(report: dict[str, Any]) -> None:
    for is_judged, text in ((True, "It is held against its bar."), (False, "Too few to judge")):
        page = render_report(report | {"croston": report["croston"] | {"is_judged": is_judged}})
        assert (text in page) is True
        assert page.count("Too few to judge") == (not is_judged)


def test_an_interval_is_drawn_from_its_low_to_its_high_end_and_stays_on_the_plot(report: dict[str, Any]) -> None:
    changed = report | {"intervals": report["intervals"] | {"auroc": [0.25, 0.75], "ks": None}}
    page = render_report(changed)
    assert re.findall(r'<path d="M(\S+) \S+H(\S+)" [^>]*><title>AUROC: ', page) == [("231.5", "394.5")]
    assert re.search(r"<title>KS: [^<]*, not measurable</title>", page)
    spans = re.findall(r'<path d="M(\S+) \S+H(\S+)" [^>]*stroke-width="4"', page)
    assert len(spans) > 6
    assert all(150 <= float(low) <= float(high) <= 476 for low, high in spans)


def test_a_report_without_a_figure_is_an_error_not_an_empty_cell(report: dict[str, Any]) -> None:
    with pytest.raises((UndefinedError, KeyError)):
        render_report({name: value for name, value in report.items() if name != "auroc"})


@pytest.mark.parametrize(("value", "text"), [(0.123456, "0.1235"), (12, "12"), (None, "not measurable"), ("A", "A")])
def test_a_figure_has_four_digits(value: Any, text: str) -> None:
    assert format_figure(value) == text


def test_the_plots_stay_inside_their_area(report: dict[str, Any]) -> None:
    page = render_report(report)
    coordinates = [
        tuple(map(float, pair.split(",")))
        for points in re.findall(r'points="([^"]*)"', page)
        for pair in points.split()
    ]
    assert len(coordinates) > 50
    assert all(34 <= x <= 343 and 17 <= y <= 226 for x, y in coordinates)
    assert len(re.findall(r"<rect ", page)) == len(report["scores"]["counts"])
    deciles = len(report["calibration"]) + len(report["croston"]["calibration"])
    assert len(re.findall(r"<circle ", page)) == deciles >= 10
