"""docs/distributors/cases.md names a test for every case, and each of them exists under its name."""

import re

from .conftest import ROOT

PAGE = ROOT / "docs/distributors/cases.md"
LINK = re.compile(r"\[(\w+)\]\((\.\./\.\./[\w/.-]+\.py)\)")


def test_every_case_has_its_test_under_the_name_that_the_page_tells() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cases = [row for row in rows if row != "| case | held by |"]
    assert len(cases) > 90, "the page was not read"
    assert [row for row in cases if not LINK.search(row)] == []
    named = {(name, path) for row in cases for name, path in LINK.findall(row)}
    texts = {path: (PAGE.parent / path).read_text(encoding="utf-8") for _, path in named}
    missing = [name for name, path in named if not re.search(rf"^(?:async )?def test_{name}\(", texts[path], re.M)]
    assert missing == []
