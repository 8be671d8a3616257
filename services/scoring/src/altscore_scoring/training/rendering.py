"""How pages and plots are written: one template environment, and figures as people read them."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

NOT_MEASURABLE = "not measurable"


def environment(*, is_html: bool = True) -> Environment:
    """The templates of this package; in HTML every value is escaped, and a missing one is an error in either."""
    templates = Environment(
        loader=PackageLoader("altscore_scoring.training"),
        autoescape=is_html,  # noqa: S701  # Markdown is escaped by its own filter
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["figure"] = format_figure
    templates.filters["interval"] = format_interval
    templates.filters["markdown"] = markdown_text
    return templates


def format_figure(value: Any) -> str:
    """A cell of a table: four digits of a float, and words for what could not be measured."""
    if value is None:
        return NOT_MEASURABLE
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def format_interval(interval: Sequence[float] | None) -> str:
    """Both ends of an interval, or words."""
    return NOT_MEASURABLE if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def markdown_text(value: Any) -> str:
    """A value inside a Markdown table or sentence: it opens no tag and ends no cell."""
    text = format_figure(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(text.replace("|", "&#124;").replace("`", "&#96;").split())
