"""Renders the reference pages once, from templates that escape everything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from altscore_libs.yaml_text import parse_yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from altscore_score.reference.domain import groups_of

_CODE = re.compile(r"`([^`]+)`")
SECURITY_TXT = """\
Contact: mailto:security@altscore.in
Expires: 2027-11-28T00:00:00Z
Preferred-Languages: en, hi
Canonical: https://api.altscore.in/.well-known/security.txt
"""


@dataclass(frozen=True)
class ErrorEntry:
    """One code of the catalogue."""

    status: int
    meaning: str
    action: str


def error_catalogue() -> dict[str, ErrorEntry]:
    """Every code that a lender may meet."""
    text = resources.files("altscore_score.reference").joinpath("errors.yml").read_text(encoding="utf-8")
    return {code: ErrorEntry(**entry) for code, entry in parse_yaml(text).items()}


def prose(text: str) -> Markup:
    """Escaped text, with what stands between backticks set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped in the same line


class ReferencePages:
    """The pages as bytes of HTML.

    Args:
        document: the lenders' OpenAPI document.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        environment = Environment(
            loader=PackageLoader("altscore_score.reference"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["prose"] = prose
        environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
        catalogue = error_catalogue()
        info = document["info"]
        self.reference = environment.get_template("reference.html.j2").render(
            title=info["title"],
            description=info.get("description", ""),
            servers=[server["url"] for server in document.get("servers", ())],
            groups=groups_of(document),
            codes=list(catalogue),
        )
        template = environment.get_template("error.html.j2")
        self._errors = {code: template.render(title=code, code=code, entry=entry) for code, entry in catalogue.items()}

    def error(self, code: str) -> str | None:
        """The page of a code, None for one that no lender meets."""
        return self._errors.get(code)
