"""docs/architecture.md names files that exist, and its pictures are drawn from its own sources."""

import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .conftest import ROOT

PAGE = ROOT / "docs/architecture.md"
SOURCE = re.compile(r"<summary>(\w+)</summary>\n\n```mermaid\n(.*?)```", re.DOTALL)
BASE = re.compile(r"Paths are below `([^`]+)`")
FILE = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|lua|sql|yml|md)|[a-z_]+\.py)`")
PICTURES = ("overview", "score", "ingest", "consent")


def named_files() -> list[Path]:
    """Files that the page names, each below the folder that its section names."""
    files = []
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        base = BASE.search(section)
        folder = ROOT / base.group(1) if base else ROOT
        files += [folder / name for name in FILE.findall(section)]
    return files


def test_every_file_that_the_page_names_exists() -> None:
    files = named_files()
    assert len(files) > 60, "the page was not read"
    assert [str(path.relative_to(ROOT)) for path in files if not path.is_file()] == []


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_from_the_source_on_the_page(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"(architecture/{name}.svg)" in text, "the page does not show it"
    digest = hashlib.sha256(dict(SOURCE.findall(text))[name].encode()).hexdigest()
    picture = (ROOT / f"docs/architecture/{name}.svg").read_text(encoding="utf-8")
    assert picture.startswith(f"<!-- source sha256 {digest} -->\n"), "draw it anew: docs/architecture/render.py"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_valid_svg_without_a_machines_paths(name: str) -> None:
    picture = (ROOT / f"docs/architecture/{name}.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(picture.split("\n", 1)[1])  # noqa: S314  # a file of this repository
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert re.findall(r"file:|/(?:tmp|home|work|root)/", picture) == []
