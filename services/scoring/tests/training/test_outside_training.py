"""A model of an outside table: trained and judged as ours, its report says what it is, and nobody can register it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from altscore_scoring.errors import ModelRefused, TrainingSetUnusable
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.training.fit import Recipe
from altscore_scoring.training.outside_table import load_outside_table
from altscore_scoring.training.outside_training import train_outside_table
from altscore_scoring.training.registry import register

from .outside_tables import MAPPING, WITHOUT_TIME, rows_of_cards, write_table

SMALL = Recipe(rounds=60)


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A model of a table with time: its folder and its report."""
    folder = tmp_path_factory.mktemp("cards")
    table = load_outside_table(*write_table(folder, rows_of_cards(), MAPPING))
    return folder / "out", train_outside_table(table, folder / "out", recipe=SMALL)


def test_it_is_judged_out_of_time_beside_the_best_single_feature(cards: tuple[Path, dict[str, Any]]) -> None:
    _, report = cards
    assert report["split"]["test_from_on"] == "2019-10-01"
    assert report["split"]["embargo_days"] == 60
    low, high = report["intervals"]["auroc"]
    assert 0.65 < low < report["auroc"] < high < 0.95
    assert report["baseline"]["feature"] == "PAY_0"
    assert report["baseline"]["gain"] > 0
    noise = [entry for entry in report["baseline"]["next"] if entry["feature"] == "NOISE"]
    assert noise[0]["auroc"] < 0.56
    assert [entry["snapshot_on"] for entry in report["stability"]] == ["2019-10", "2019-11", "2019-12"]
    assert set(report["fairness"]["SEX"]["groups"]) == {"1", "2"}
    assert report["explanations"]["primary"]["monotone"]["violations"] == 0


def test_its_page_says_that_it_is_not_the_products(cards: tuple[Path, dict[str, Any]]) -> None:
    page = (cards[0] / "report.html").read_text(encoding="utf-8")
    assert "its features are not the product&#39;s" in page or "its features are not the product's" in page
    assert "Generated credit cards" in page
    assert "Passes every bar" not in page
    assert "Croston" not in page
    captions = [caption.split(",")[0] for caption in re.findall(r"<figcaption>(.*?)</figcaption>", page)]
    assert captions == [
        *("Figures", "ROC", "Reliability", "Scores", "Favourable share by SEX", "What moves the score"),
    ]


def test_it_cannot_be_registered(cards: tuple[Path, dict[str, Any]], taxonomy: Taxonomy) -> None:
    assert not (cards[0] / "manifest.json").exists()
    with pytest.raises(ModelRefused):
        register(cards[0], tracking_uri="-", models_uri="-", taxonomy=taxonomy)


def test_the_same_table_gives_the_same_bytes(cards: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    table = load_outside_table(*write_table(tmp_path, rows_of_cards(), MAPPING))
    train_outside_table(table, tmp_path / "out", recipe=SMALL)
    for path in cards[0].iterdir():
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes(), path.name


def test_without_time_the_report_says_that_the_test_is_of_the_same_period(tmp_path: Path) -> None:
    table = load_outside_table(*write_table(tmp_path, rows_of_cards(months=3), WITHOUT_TIME))
    report = train_outside_table(table, tmp_path / "out", recipe=SMALL)
    assert report["split"]["test_from_on"] is None
    assert report["stability"] == []
    assert report["auroc"] > 0.7
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "Model evaluation, by customer" in page
    assert "of other customers of the same" in page
    assert "Stability by snapshot" not in page
    json.loads((tmp_path / "out/report.json").read_text())


def test_too_few_rows_of_a_class_are_refused_in_words(tmp_path: Path) -> None:
    table = load_outside_table(*write_table(tmp_path, rows_of_cards(customers=60, months=1), WITHOUT_TIME))
    with pytest.raises(TrainingSetUnusable, match="part has"):
        train_outside_table(table, tmp_path / "out", recipe=SMALL)
