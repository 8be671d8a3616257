"""The model card and the validation pack: complete, self-contained, escaped, the same bytes for the same model."""

import copy
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from altscore_scoring.digests import digest_of
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.training.pages import CARD_HTML, CARD_MARKDOWN, PACK, make_pages
from altscore_scoring.training.rendering import format_figure, format_interval

HOSTILE = "<script>alert(1)</script>|\n# x"
SECTIONS = [
    *("Judgement", "Data and labels", "Splits", "Discrimination", "Calibration", "Stability", "Fairness", "Baseline"),
    *("Rules that override the model", "Explanations", "Known limits", "How to make it again", "Decision"),
]
CARD_SECTIONS = [
    *("Purpose", "Verdict", "Data", "Population", "Labels", "Figures out of time", "Fairness", "Known limits"),
    *("What it must not be used for", "Versions and digests"),
]


@pytest.fixture(scope="module")
def report(trained: tuple[Bundle, Path]) -> dict[str, Any]:
    """A real evaluation."""
    document: dict[str, Any] = json.loads((trained[1] / "evaluation.json").read_text())
    return document


@pytest.fixture(scope="module")
def manifest(trained: tuple[Bundle, Path]) -> dict[str, Any]:
    """Its bundle's manifest."""
    document: dict[str, Any] = json.loads((trained[1] / "manifest.json").read_text())
    return document


def test_training_writes_the_pages_and_the_same_model_gives_the_same_bytes(
    trained: tuple[Bundle, Path], report: dict[str, Any], manifest: dict[str, Any]
) -> None:
    pages = make_pages(report, manifest)
    assert pages == make_pages(copy.deepcopy(report), copy.deepcopy(manifest))
    for name in (CARD_MARKDOWN, CARD_HTML, PACK):
        assert (trained[1] / name).read_text(encoding="utf-8") == pages[name]


def test_the_pack_has_every_section_and_loads_nothing(report: dict[str, Any], manifest: dict[str, Any]) -> None:
    page = make_pages(report, manifest)[PACK]
    assert re.findall(r"<h2>\d+\. (.*?)</h2>", page) == SECTIONS
    assert page.count("<svg") == page.count("</svg>") >= 9
    for forbidden in ("<script", "http:", "https:", "src=", "<link", "@import", "url("):
        assert forbidden not in page


def test_the_card_has_every_section_in_both_forms(report: dict[str, Any], manifest: dict[str, Any]) -> None:
    pages = make_pages(report, manifest)
    assert re.findall(r"<h2>(.*?)</h2>", pages[CARD_HTML]) == CARD_SECTIONS
    assert re.findall(r"^## (.*)$", pages[CARD_MARKDOWN], re.M) == CARD_SECTIONS
    for forbidden in ("<script", "http:", "https:", "src=", "<link"):
        assert forbidden not in pages[CARD_HTML]


def test_both_name_the_model_its_data_its_constants_and_every_artefact(
    report: dict[str, Any], manifest: dict[str, Any]
) -> None:
    pages = make_pages(report, manifest)
    digests = [digest_of(manifest), report["training_set_sha256"], manifest["guardrail_digest"]]
    digests += [manifest["taxonomy_digest"], *manifest["artifacts"].values()]
    for name in (CARD_MARKDOWN, CARD_HTML, PACK):
        assert [digest for digest in digests if digest not in pages[name]] == []
        assert report["versions"]["xgboost"] in pages[name]


def test_the_figures_of_the_pack_are_those_of_the_evaluation(report: dict[str, Any], manifest: dict[str, Any]) -> None:
    cells = re.findall(r"<td[^>]*>(.*?)</td>", make_pages(report, manifest)[PACK])
    for name, title in (("auroc", "AUROC"), ("ks", "KS"), ("gap", "mean PD less observed share")):
        place = cells.index(title)
        figures = [format_figure(report[name]), format_interval(report["intervals"][name])]
        assert cells[place + 1 : place + 3] == figures
        assert cells[place + 4] == "passes"
    place = cells.index("gain over the best single feature")
    assert cells[place + 1] == format_figure(report["baseline"]["gain"])
    assert cells[place + 4] == "reported", "what has no bar is not passed"
    for name, count in report["outcomes"]["counts"].items():
        assert cells[cells.index(name) + 1] == str(count)


def test_a_bar_that_is_missed_is_marked_where_it_stands(report: dict[str, Any], manifest: dict[str, Any]) -> None:
    pages = make_pages(report | {"failures": ["ks_low"]}, manifest)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", pages[PACK])
    assert [cells[cells.index(title) + 4] for title in ("AUROC", "KS")] == ["passes", "misses"]
    assert "It cannot be registered." in pages[CARD_MARKDOWN]
    assert '<p class="bad">Misses: ks_low.' in pages[PACK]


def test_values_are_escaped_in_every_form(report: dict[str, Any], manifest: dict[str, Any]) -> None:
    hostile = copy.deepcopy(report)
    hostile["fairness"]["district"]["groups"][HOSTILE] = {
        **{"rows": 40, "retailers": 35, "favourable": 0.5},
        **{"interval_95": [0.4, 0.6], "is_judged": False},
    }
    hostile["about"] = HOSTILE
    pages = make_pages(hostile, manifest)
    for name, page in pages.items():
        assert "<script" not in page, name
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#124; # x" in pages[CARD_MARKDOWN]
    assert "&lt;script&gt;" in pages["plots/fairness_district.svg"]


def test_every_plot_is_a_picture_of_its_own(report: dict[str, Any], manifest: dict[str, Any]) -> None:
    plots = {name: text for name, text in make_pages(report, manifest).items() if name.startswith("plots/")}
    assert {"plots/roc_primary.svg", "plots/ks_primary.svg", "plots/calibration_primary.svg"} < set(plots)
    assert {"plots/scores.svg", "plots/pds.svg", "plots/psi.svg", "plots/effects_primary.svg"} < set(plots)
    assert {"plots/fairness_district.svg", "plots/fairness_size_band.svg"} < set(plots)
    for name, text in plots.items():
        root = ElementTree.fromstring(text)  # noqa: S314  # our own picture
        assert root.tag == "{http://www.w3.org/2000/svg}svg", name
        assert float(root.attrib["width"]) > 0


def test_known_limits_follow_from_the_evaluation(report: dict[str, Any], manifest: dict[str, Any]) -> None:
    sound, changed = copy.deepcopy(report), copy.deepcopy(report)
    sound["baseline"]["gain_interval_95"] = [0.01, 0.02]
    changed["untrained"] = ["primary"]
    changed["baseline"]["gain_interval_95"] = [-0.01, 0.02]
    changed["fairness"]["district"]["groups"]["Kota"]["is_judged"] = False
    page, before = make_pages(changed, manifest)[PACK], make_pages(sound, manifest)[PACK]
    for text in (
        "too few rows to train on",
        f"does not show that the model ranks better than {report['baseline']['feature']} alone",
        "By district, 1 of 2 groups have fewer than",
    ):
        assert text in page
        assert text not in before
    assert "nobody can judge it" in before, "no synthetic retailer takes the Croston route"
