"""A dashboard can be drawn without Grafana: every panel shows its values, or says that there are none."""

from xml.etree import ElementTree

import pytest
from altscore_local.observability.dashboards import dashboard_of, definitions
from altscore_local.observability.pages import Line, legend_of, page_of, text_of


def test_a_page_shows_each_panel_and_says_where_nothing_was_measured() -> None:
    dashboard = dashboard_of(definitions()[0])
    lines = [[Line("a < b", [(1000.0 + step, float(step)) for step in range(30)])] for _ in dashboard["panels"]]
    lines[-1] = []
    page = page_of(dashboard, lines)
    ElementTree.fromstring(page)  # noqa: S314  # our own text
    assert [panel["title"] for panel in dashboard["panels"] if panel["title"] not in page] == []
    assert page.count("no data") == 1
    assert "a &lt; b" in page


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.0312, "s", "31.2 ms"), (7200.0, "s", "2.0 h"), (0.051, "percentunit", "5.1 %"), (3.0, "short", "3")],
)
def test_values_are_written_with_their_unit(value: float, unit: str, text: str) -> None:
    assert text_of(value, unit) == text


def test_a_legend_names_the_labels_of_its_series() -> None:
    assert legend_of("{{process}} {{worker}}", {"process": "p", "worker": "w"}) == "p w"
