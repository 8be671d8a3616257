"""An outside table is read as its mapping states, or refused by the name of a column and without a value."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from altscore_scoring.errors import TrainingSetUnusable
from altscore_scoring.training.dataset import split, split_by_customer
from altscore_scoring.training.outside_table import load_outside_table

from .outside_tables import MAPPING, WITHOUT_TIME, rows_of_cards, write_table

ROWS = rows_of_cards(customers=300, months=12)


def test_columns_are_what_the_mapping_says(tmp_path: Path) -> None:
    rows = [
        {"ID": "b", "MONTH": "2020-02", "LIMIT": 5, "PAY_0": "NA", "AGE": 1, "NOISE": " 2 ", "SEX": 2, "Y": "yes"},
        {"ID": "a", "MONTH": "2020-02", "LIMIT": 6, "PAY_0": 0.5, "AGE": 2, "NOISE": 3, "SEX": 1, "Y": "no"},
        {"ID": "a", "MONTH": "2020-01", "LIMIT": 7, "PAY_0": 1, "AGE": 3, "NOISE": 4, "SEX": "", "Y": "yes"},
        {"ID": "c", "MONTH": "2020-01", "LIMIT": 8, "PAY_0": 1, "AGE": 4, "NOISE": 5, "SEX": 1, "Y": ""},
    ]
    mapping = MAPPING | {"label": {"column": "Y", "bad": ["yes"]}, "delimiter": ";"}
    table = load_outside_table(*write_table(tmp_path, rows, mapping))
    assert table.unlabelled == 1
    assert table.data.frame.retailer_ids == ("a", "a", "b"), "by day and customer"
    assert table.data.snapshots == (date(2020, 1, 1), date(2020, 2, 1), date(2020, 2, 1))
    assert table.data.is_bad.tolist() == [1.0, 0.0, 1.0]
    assert table.data.frame.numbers["LIMIT"].tolist() == [7.0, 6.0, 5.0]
    assert np.isnan(table.data.frame.numbers["PAY_0"]).tolist() == [False, False, True]
    assert table.groups == {"SEX": (None, "1", "2")}
    assert {feature.name: feature.direction for feature in table.features} == MAPPING["features"]


def test_a_column_may_be_called_as_yaml_calls_a_truth(tmp_path: Path) -> None:
    files = write_table(tmp_path, ROWS[:20], MAPPING | {"features": {"LIMIT": -1}})
    files[0].write_text(files[0].read_text().replace("LIMIT", "No"))
    files[1].write_text(files[1].read_text().replace("LIMIT", "No"))
    assert [feature.name for feature in load_outside_table(*files).features] == ["No"]


def test_the_digest_names_the_bytes_of_table_and_mapping(tmp_path: Path) -> None:
    files = write_table(tmp_path, ROWS[:5], MAPPING)
    first = load_outside_table(*files).data.digest
    assert load_outside_table(*files).data.digest == first
    files[1].write_text(files[1].read_text().replace("cards", "loans"))
    assert load_outside_table(*files).data.digest != first


def test_a_table_with_time_is_split_as_ledgers_are(tmp_path: Path) -> None:
    data = load_outside_table(*write_table(tmp_path, ROWS, MAPPING)).data
    parts = split(data)
    assert parts.test_from_on == date(2019, 10, 1), "the latest quarter of the months"
    assert max(data.snapshots[row] for row in parts.train) <= date(2019, 8, 2), "sixty days before the first test row"
    with pytest.raises(TrainingSetUnusable, match="shorter than the 60 days"):
        split(data, embargo_days=59)


@pytest.mark.parametrize("mapping", [MAPPING, WITHOUT_TIME])
def test_no_customer_is_in_two_parts(tmp_path: Path, mapping: dict[str, Any]) -> None:
    data = load_outside_table(*write_table(tmp_path, ROWS, mapping)).data
    parts = split(data) if data.snapshots else split_by_customer(data)
    customers = [{data.frame.retailer_ids[row] for row in rows} for rows in parts.rows().values()]
    assert all(customers)
    assert sum(map(len, customers)) == len(set().union(*customers))
    if not data.snapshots:
        assert sum(map(len, parts.rows().values())) == len(data.frame), "without time no row is lost to an embargo"


def test_a_table_without_customers_takes_every_row_for_one(tmp_path: Path) -> None:
    mapping = {name: value for name, value in WITHOUT_TIME.items() if name != "customer"}
    data = load_outside_table(*write_table(tmp_path, ROWS[:50], mapping)).data
    assert len(set(data.frame.retailer_ids)) == 50


def test_a_table_without_a_head_is_read_by_the_names_of_the_mapping(tmp_path: Path) -> None:
    table, mapping = write_table(tmp_path, ROWS[:50], WITHOUT_TIME | {"names": list(ROWS[0])})
    table.write_text("\n".join(table.read_text().splitlines()[1:]))
    assert len(load_outside_table(table, mapping).data.frame) == 50


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a column that is not there": ({"groups": ["REGION"]}, "lacks a column"),
    "an outcome among the features": ({"features": {"default next month": 1}}, "are no features"),
    "a customer among the features": ({"features": {"ID": 0}}, "are no features"),
    "a direction that is none": ({"features": {"AGE": 2}}, "features.AGE"),
    "no feature": ({"features": {}}, "features"),
    "a text as a feature": ({"features": {"SEX": 0}, "groups": []}, "column SEX holds what is no number"),
    "another form of days": ({"time": {"column": "AGE", "outcome_days": 0}, "features": {"LIMIT": 0}}, "column AGE"),
    "an unknown key": ({"labels": {}}, "labels"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_used_is_named_without_a_value(tmp_path: Path, why: str) -> None:
    change, text = REFUSED[why]
    rows = [row | {"SEX": "m"} for row in ROWS[:5]]
    files = write_table(tmp_path, rows, MAPPING | change)
    with pytest.raises(TrainingSetUnusable, match=text) as caught:
        load_outside_table(*files)
    assert "c0001" not in str(caught.value)
    assert "2019-01" not in str(caught.value)


@pytest.mark.parametrize("blank", ["", " ", " NA", "NaN ", " ?"])
def test_an_outcome_that_is_unknown_behind_blanks_is_left_out_and_is_no_good_one(tmp_path: Path, blank: str) -> None:
    known = load_outside_table(*write_table(tmp_path, ROWS[:50], MAPPING)).data
    rows = [*ROWS[:50], ROWS[50] | {"default next month": blank}]
    assert len(load_outside_table(*write_table(tmp_path, rows, MAPPING)).data.frame) == len(known.frame)


@pytest.mark.parametrize("blank", [" ", " ?", " NA"])
def test_a_feature_that_is_unknown_behind_blanks_is_unknown(tmp_path: Path, blank: str) -> None:
    data = load_outside_table(*write_table(tmp_path, [ROWS[0] | {"LIMIT": blank}, ROWS[1]], MAPPING)).data
    assert np.isnan(data.frame.numbers["LIMIT"]).tolist() == [True, False]


@pytest.mark.parametrize("number", ["1e300", "-4e38"])
def test_a_number_that_the_learner_cannot_hold_is_refused(tmp_path: Path, number: str) -> None:
    with pytest.raises(TrainingSetUnusable, match="too large"):
        load_outside_table(*write_table(tmp_path, [ROWS[0] | {"LIMIT": number}], MAPPING))


def test_a_date_format_that_names_a_field_twice_is_refused(tmp_path: Path) -> None:
    time = MAPPING["time"] | {"format": "%Y-%Y"}
    with pytest.raises(TrainingSetUnusable):
        load_outside_table(*write_table(tmp_path, ROWS[:5], MAPPING | {"time": time}))


def test_an_infinite_number_and_a_file_that_is_no_table_are_refused(tmp_path: Path) -> None:
    files = write_table(tmp_path, [ROWS[0] | {"LIMIT": "inf"}], MAPPING)
    with pytest.raises(TrainingSetUnusable, match="LIMIT holds an infinite"):
        load_outside_table(*files)
    files[0].write_bytes(b"\xff\xfe\x00,\n1,2,3\n")
    with pytest.raises(TrainingSetUnusable):
        load_outside_table(*files)
    with pytest.raises(TrainingSetUnusable, match="cannot be read"):
        load_outside_table(tmp_path / "absent.csv", files[1])
