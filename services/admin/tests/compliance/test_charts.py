"""What a chart shows stands where its figures say, and no text is cut off."""

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from altscore_admin.compliance import charts
from altscore_admin.compliance.charts import COLOURS, Series, steps_of
from altscore_admin.compliance.plots import plot_of

SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str, tag: str, *, colour: str | None = None) -> list[dict[str, str]]:
    """The attributes of a kind of shape, in order."""
    shapes = ET.fromstring(svg).iter(f"{SVG}{tag}")  # noqa: S314  # our own text
    return [dict(item.attrib) for item in shapes if colour is None or item.get("fill") == colour]


def texts(svg: str) -> list[str]:
    """Everything that is written in it."""
    return [item.text or "" for item in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  # our own text


def test_the_parts_of_a_bar_are_as_tall_as_their_figures_and_stand_on_each_other() -> None:
    svg = charts.stacked(["2026-01"], [Series("granted", [300.0]), Series("revoked", [100.0])], label="number")
    granted, revoked = (drawn(svg, "rect", colour=COLOURS[part])[0] for part in (0, 1))  # the second one is the legend

    assert float(granted["height"]) == pytest.approx(3 * float(revoked["height"]), abs=0.05)
    assert float(granted["y"]) == pytest.approx(float(revoked["y"]) + float(revoked["height"]))
    assert float(granted["y"]) + float(granted["height"]) == pytest.approx(charts.BOTTOM)


def test_neighbours_of_a_bar_differ_without_colour() -> None:
    svg = charts.stacked(["2026-01"], [Series(str(part), [1.0]) for part in range(6)], label="number")
    hatches = [rect["fill"] for rect in drawn(svg, "rect") if rect["fill"].startswith("url")][:5]

    assert len(set(hatches)) == 5
    assert set(hatches) <= {f"url(#{pattern['id']})" for pattern in drawn(svg, "pattern")}
    assert len(charts.COLOURS) == len(set(charts.HATCHES))


def test_a_ratio_below_the_limit_is_drawn_below_the_line_of_the_limit() -> None:
    svg = charts.lines(
        ["2026-01", "2026-02", "2026-03"],
        [Series("air district", [0.81, 0.79, 0.95])],
        limit=0.80,
        limit_name="limit 0.80",
        label="lowest ratio",
    )
    [limit] = [
        p["d"] for p in drawn(svg, "path") if p.get("stroke-dasharray") and p["d"].startswith(f"M{charts.LEFT} ")
    ]
    place = float(limit.split()[1].split("H")[0])
    above, below, highest = (float(mark["cy"]) for mark in drawn(svg, "circle")[:3])

    assert highest < above < place < below, "downwards, places grow"


def test_a_month_without_a_ratio_has_no_mark_and_a_range_without_any_has_no_plot() -> None:
    known = {"period": "2026-01-01", "air_district": 0.9, "air_size_band": 0.85}
    unknown = {"period": "2026-02-01", "air_district": None, "air_size_band": None}

    plot = plot_of({"name": "fairness", "series": [known, unknown], "figures": {}})

    assert plot is not None
    assert len(drawn(plot.svg, "circle")) == 2, "one month and the legend"
    assert plot_of({"name": "fairness", "series": [unknown], "figures": {}}) is None


def test_horizontal_bars_end_with_their_figures_inside_of_the_picture() -> None:
    svg = charts.bars({"CONSENT NOT GRANTED": 1_234_567.0, "RATE LIMITED": 0.0})

    assert [text for text in texts(svg) if "," in text][-1] == "1,234,567"
    for text in drawn(svg, "text"):
        assert 0 <= float(text["x"]) <= charts.WIDTH
    longest, none = drawn(svg, "rect")
    assert float(none["width"]) == 0
    assert float(longest["x"]) - 6 >= charts.width_of("CONSENT NOT GRANTED")
    assert float(longest["x"]) + float(longest["width"]) + 4 + charts.width_of("1,234,567") <= charts.WIDTH


def test_of_many_periods_a_dozen_at_most_are_named() -> None:
    periods = [f"{2020 + month // 12}-{month % 12 + 1:02d}" for month in range(60)]
    svg = charts.stacked(periods, [Series("granted", [1.0] * 60)], label="number")

    named = [text for text in texts(svg) if text.startswith("20")]
    assert named == periods[::5]


@pytest.mark.parametrize(
    ("low", "high", "is_whole"),
    [(0, 1, True), (0, 7, True), (0, 123_456, True), (0.79, 0.93, False), (0.8, 0.8, False)],
)
def test_an_axis_has_few_round_steps_that_enclose_its_figures(low: float, high: float, is_whole: bool) -> None:
    steps = steps_of(low, high, is_whole=is_whole)

    assert steps[0] <= low
    assert steps[-1] >= high
    assert 2 <= len(steps) <= 7
    sizes = {round(after - before, 9) for before, after in pairwise(steps)}
    assert len(sizes) == 1
    assert not is_whole or all(step == int(step) for step in steps)


def test_a_name_is_no_markup() -> None:
    svg = charts.bars({"<script>": 1.0})

    assert "<script>" in texts(svg)
    assert "<script>" not in svg
