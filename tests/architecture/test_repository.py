"""What may not stand in the repository."""

import re
from pathlib import Path

import pytest

from .conftest import ROOT, tracked

TEXT = (
    ".py",
    ".md",
    ".yml",
    ".yaml",
    ".toml",
    ".txt",
    ".in",
    ".sh",
    ".xml",
    ".sql",
    ".json",
    ".properties",
    "Makefile",
    "Dockerfile",
    "run",
)
# Written in pieces, so that this file does not hold what it forbids.
FORBIDDEN = {
    "a registry host": re.compile(
        "|".join(
            (
                "pypi" + r"\.org",
                "pythonhosted" + r"\.org",
                "npmjs" + r"\.(org|com)",
                "repo1?" + r"\.maven",
                "proxy" + r"\.golang",
                "crates" + r"\.io",
            )
        )
    ),
    "a path of one machine": re.compile(r"(?<![\w.<~-])/(" + "|".join(("ro" + "ot", "wo" + "rk", "ho" + "me")) + r")/"),
    "an index line in a lock": re.compile(r"^--(extra-)?index-url|^--find-links", re.MULTILINE),
}
CAPTURES = ("captures/", "tests/data/", "/data/")


def texts() -> list[Path]:
    """Our own text files; captured fixtures keep their authors' words."""
    return [path for path in tracked(*TEXT) if not any(part in path.as_posix() for part in CAPTURES)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_in_the_repository_ties_it_to_a_machine_or_a_registry(what: str) -> None:
    offences = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in texts()
        if (match := FORBIDDEN[what].search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not offences


def test_nothing_is_left_unfinished() -> None:
    pattern = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    offences = [
        str(path.relative_to(ROOT))
        for path in texts()
        if pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not offences
