"""The templates of this package, for its page and its charts."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def label_of(name: str) -> str:
    """A name of the report as people read it."""
    return name.replace("_", " ")


@cache
def environment() -> Environment:
    """The templates; every value is escaped, and a missing one is an error."""
    templates = Environment(
        loader=PackageLoader("altscore_admin.compliance"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(figure=_figure, label=label_of)
    return templates


def _figure(value: Any) -> str:
    if value is None:
        return "not measurable"
    if isinstance(value, float):
        return f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
